"""What was read of two screens: does one show all that the other does.

The text comes from optical character recognition, which reads the same word a little differently
each time: a letter is another, never a digit.
"""

import re
from difflib import SequenceMatcher

_ALIKE = 0.75  # of two readings of one word
_SHORTEST = 4  # letters; a shorter word with another letter is another word
_WORD = re.compile(r"\w+")


def holds(after: str, before: str) -> bool:
    """Say whether every word of `before` is in `after` too, as one that is filled in by and by."""
    known = set(_WORD.findall(after.casefold()))
    return all(
        word in known or any(_is_misread(word, one) for one in known)
        for word in set(_WORD.findall(before.casefold()))
    )


def is_same(one: str, other: str) -> bool:
    """Say whether two readings have the same words."""
    return holds(one, other) and holds(other, one)


def _is_misread(word: str, other: str) -> bool:
    if min(len(word), len(other)) < _SHORTEST or not (word.isalpha() and other.isalpha()):
        return False
    return SequenceMatcher(None, word, other, autojunk=False).ratio() >= _ALIKE
