"""Kinds of text that people type."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_UNSEEN = _BREAKS | {"Zs", "Cf"}


def _storable(value: str) -> str:
    # PostgreSQL's text holds no U+0000, and UTF-8 no half of a surrogate pair.
    if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
        message = "remove the characters that are no text (U+0000, lone surrogates)"
        raise ValueError(message)
    return value


def _line(value: str) -> str:
    # Nothing that is seen: spaces, marks of direction, joiners.
    if all(unicodedata.category(one) in _UNSEEN for one in value):
        message = "write something other than spaces"
        raise ValueError(message)
    if any(unicodedata.category(one) in _BREAKS for one in value):
        message = "write it on one line, without control characters"
        raise ValueError(message)
    return value.strip()


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[str, AfterValidator(_storable), AfterValidator(_line)]
