"""`python -m tests.compose [check ...]`: builds, starts afresh, checks, and removes everything."""

import sys
import time

from tests.compose.checks import CHECKS
from tests.compose.engine import CheckError, Engine


def main(names: list[str]) -> int:
    """Run the checks named, by default all; return how many failed."""
    chosen = [check for check in CHECKS if not names or check.__name__ in names]
    engine, failed = Engine.of_environment(), 0
    engine.compose("build")
    engine.compose("down", "--volumes", "--remove-orphans")
    try:
        begun = time.monotonic()
        engine.up()
        sys.stdout.write(f"up from nothing in {time.monotonic() - begun:.0f} s\n")
        for check in chosen:
            begun = time.monotonic()
            try:
                check(engine)
            except CheckError as error:
                failed += 1
                sys.stdout.write(f"FAILED {check.__name__}: {error}\n")
            else:
                spent = time.monotonic() - begun
                sys.stdout.write(f"passed {check.__name__} in {spent:.0f} s\n")
        if failed:
            sys.stdout.write(engine.compose("logs", "--no-color", "--tail", "30", check=False))
    finally:
        engine.compose("down", "--volumes", "--remove-orphans", "--timeout", "60")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
