"""`python -m simulators.supabase PORT`: a double of a Supabase project, until it is ended.

With --tied it ends with its starter, too: when its standard input does.
"""

import argparse
import asyncio
import signal
import sys
import threading

from simulators.supabase.server import PUBLISHABLE, SECRET, serving


async def main(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if arguments.tied:
        # On its own thread: nothing else waits for what never comes.
        threading.Thread(
            target=_watch, args=(stop, asyncio.get_running_loop()), daemon=True
        ).start()
    async with serving(arguments.port, arguments.host, arguments.name) as double:
        double.auth.confirms = arguments.confirm
        sys.stdout.write(
            f"A double of Supabase serves at {double.url} "
            f"(publishable key: {PUBLISHABLE}, secret key: {SECRET}).\n"
        )
        sys.stdout.flush()
        await stop.wait()


def _watch(stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="simulators.supabase", description="A double of a Supabase project."
    )
    parser.add_argument("port", type=int, help="0: any free one")
    parser.add_argument("--host", default="127.0.0.1", help="the interface that it serves on")
    parser.add_argument("--name", default="", help="what its callers call this machine")
    parser.add_argument(
        "--confirm", action="store_true", help="who signs up follows a link of /double/mails first"
    )
    parser.add_argument("--tied", action="store_true", help="end when standard input does")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(parsed()))
