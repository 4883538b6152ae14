"""`python -m simulators.gemini PORT`: a simulated Gemini on this machine, until it is ended.

With --tied it ends with its starter, too: when its standard input does.
"""

import argparse
import asyncio
import signal
import sys
import threading

from simulators.gemini.server import KEY, serving


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
    async with serving(
        port=arguments.port, key=arguments.key, host=arguments.host, name=arguments.name
    ) as simulator:
        simulator.seconds = arguments.seconds
        simulator.quota.requests_a_minute = arguments.requests_a_minute
        sys.stdout.write(f"A simulated Gemini serves at {simulator.url} (key: {simulator.key}).\n")
        sys.stdout.flush()
        await stop.wait()


def _watch(stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="simulators.gemini", description="A simulated Gemini.")
    parser.add_argument("port", type=int, help="0: any free one")
    parser.add_argument("--host", default="127.0.0.1", help="the interface that it serves on")
    parser.add_argument("--name", default="", help="what its callers call this machine")
    parser.add_argument("--key", default=KEY, help="the only key that it takes")
    parser.add_argument("--seconds", type=float, default=0.2, help="that each answer takes")
    parser.add_argument("--requests-a-minute", type=int, help="none: any number")
    parser.add_argument("--tied", action="store_true", help="end when standard input does")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(parsed()))
