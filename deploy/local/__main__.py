"""`python -m deploy.local up|down|demo|status|tools|web|clean`: this clone's stack, in `.local/`.

Exit status: 0 done, 1 it could not be done (and why), 2 bad usage, 130 interrupted; `demo` gives
the docreel command's own, `status` 1 where no stack is ready.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from deploy.local import background, demo, stack, web
from deploy.local.background import TIE, Background
from deploy.local.container import ContainerNode
from deploy.local.guardian import Guardian
from deploy.local.packages import CHECKERS, Packages, install_tools
from deploy.local.processes import LocalServerError, outside_homes
from deploy.local.rabbitmq import is_installed
from deploy.local.service import KINDS
from deploy.local.stack import FIRST_PORT, Plan
from deploy.local.state import State

_SCALABLE = [kind.name for kind in KINDS if not kind.front]


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit status."""
    # Until a stack has its own handlers; so that a stop unwinds what was begun.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    chosen = _parser().parse_args(arguments)
    state = Plan().state
    commands: dict[str, Callable[[], int]] = {
        "up": lambda: stack.run(Plan(scale=dict(chosen.scale), port=chosen.port), chosen.tie),
        "down": lambda: _down(state),
        "demo": lambda: demo.run(state, chosen.engine, chosen.supabase, stays=chosen.ui),
        "status": lambda: _status(state),
        "tools": lambda: _tools(state),
        "web": lambda: _web(state),
        "clean": lambda: _clean(state),
    }
    try:
        if chosen.command == "up" and chosen.detach:
            return _detached(state, arguments)
        return commands[chosen.command]()
    except LocalServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _down(state: State) -> int:
    told = "Stopped." if background.stop(state) else "No stack runs."
    sys.stdout.write(told + "\n")
    return 0


def _status(state: State) -> int:
    lines, ready = background.status(state)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if ready else 1


def _detached(state: State, arguments: Sequence[str]) -> int:
    again = [each for each in arguments if each != "--detach"]
    with Background(state, [sys.executable, "-m", "deploy.local", *again]) as started:
        facts = started.await_ready()
        if started.process is None:
            sys.stdout.write(f"A stack of this clone already serves at {facts.gateway}.\n")
        started.untie()
    return 0


def _tools(state: State) -> int:
    lock = state.lock()
    if lock is None:
        sys.stdout.write("A stack of this clone runs: it has installed what there is.\n")
        return 0
    guardian = Guardian(state, lock)
    try:
        state.logs.mkdir(parents=True, exist_ok=True)
        packages = Packages(state.logs / "apt.log", lambda text: print(text, flush=True), guardian)  # noqa: T201 - the command's voice
        install_tools(packages)
        if not is_installed() and packages.can_install():
            packages.install(["rabbitmq-server"])
        missing = packages.missing(CHECKERS)
        if missing and packages.can_install():
            packages.install(missing)
    finally:
        guardian.end()
    return 0


def _web(state: State) -> int:
    # A page that cannot be built is told, and ends nothing that was to follow.
    web.build(state.logs / "web.log", web.told)
    return 0


def _clean(state: State) -> int:
    background.stop(state)
    if (state.folder / "rabbitmq" / "container.ports").exists():
        ContainerNode(state.folder / "rabbitmq").forget()
    for folder in (*outside_homes(state.folder), state.folder):
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy.local", description="The stack of this clone.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it")
    up.add_argument("--detach", action="store_true", help="return once all is ready")
    up.add_argument(
        "--scale",
        type=_scale,
        action="append",
        default=[],
        metavar="SERVICE=COUNT",
        help=f"start more of one of {', '.join(_SCALABLE)}",
    )
    up.add_argument(
        "--port", type=_port, default=FIRST_PORT, help="serve here or on the next free one; 0: any"
    )
    up.add_argument(TIE, type=int, help=argparse.SUPPRESS)
    commands.add_parser("down", help="stop it")
    shown = commands.add_parser("demo", help="process the sample video")
    shown.add_argument("--ui", action="store_true", help="serve the results until interrupted")
    shown.add_argument(
        "--engine",
        choices=["", demo.SIMULATED],
        default="",
        help="a Gemini that is none; else Gemini with a key, and the offline engine without",
    )
    shown.add_argument(
        "--supabase",
        choices=["", demo.DOUBLE],
        default="",
        help="accounts and storage of a Supabase that is none; else of the project that is set",
    )
    commands.add_parser("status", help="tell what runs, and where")
    commands.add_parser("tools", help="install what tests and stack use, when root on Debian")
    commands.add_parser("web", help="build the web page, where Node can be had")
    commands.add_parser("clean", help="stop it and remove its data")
    return parser


def _scale(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if name not in _SCALABLE or not count.isdecimal() or int(count) < 1:
        msg = f"{text!r} is not like translator=3; there are {', '.join(_SCALABLE)}"
        raise argparse.ArgumentTypeError(msg)
    return name, int(count)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_000:  # noqa: PLR2004 - room for the next free one
        msg = f"{text!r} is no port up to 65000"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
