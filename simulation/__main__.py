"""`python -m simulation [--seeds COUNT] [--first SEED]`: run seeds, and print those that break."""

import argparse
import sys
import time

from simulation.seeds import many


def main() -> int:
    """Run the seeds that are asked for; return the exit status: 1 where one broke."""
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first one")
    chosen = parser.parse_args()
    begun = time.monotonic()
    tally = many(range(chosen.first, chosen.first + chosen.seeds))
    seconds = time.monotonic() - begun
    jobs = ", ".join(f"{count} {status}" for status, count in sorted(tally.statuses.items()))
    summed_up = (
        f"{tally.seeds} seeds in {seconds:.0f} s: jobs {jobs}; {tally.calls} engine calls, "
        f"{tally.unknown} of them unknown; {len(tally.broken)} seeds broke an invariant"
    )
    lines = [*tally.broken, summed_up]
    if tally.broken:
        again = tally.broken[0].partition(":")[0].removeprefix("seed ")
        lines.append(f"Again: make simulate SEEDS=1 FIRST={again}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
