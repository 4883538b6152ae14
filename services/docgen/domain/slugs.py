"""Slugs that are free, and the same whenever the same chapters are stored again."""

from collections.abc import Collection, Sequence
from itertools import count


def assigned(
    wanted: Sequence[str], own: Collection[str] = (), others: Collection[str] = ()
) -> list[str]:
    """Return a slug for each one `wanted`: itself, else with `-2`, `-3` and so on.

    `others` are taken. `own` were given to the same owner before: they are given again first, so
    that rows keep their names though what once stood in their way is gone.
    """
    given: list[str] = []
    for base in wanted:
        # A number that another title brings along ("Step 2") stays that title's.
        barred = {*others, *given, *(one for one in wanted if one != base)}
        numbered = (f"{base}-{n}" for n in count(2))
        choices = [base, *(next(numbered) for _ in range(len(barred) + len(own) + 1))]
        free = [one for one in choices if one not in barred]
        given.append(next((one for one in free if one in own), free[0]))
    return given
