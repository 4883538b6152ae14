"""Kinds of text that people type."""

from typing import Annotated

from pydantic import AfterValidator


def _storable(value: str) -> str:
    # PostgreSQL's text holds no U+0000, and UTF-8 no half of a surrogate pair.
    if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
        message = "remove the characters that are no text (U+0000, lone surrogates)"
        raise ValueError(message)
    return value


def _line(value: str) -> str:
    if not value.strip():
        message = "write something other than spaces"
        raise ValueError(message)
    if any(ord(one) < ord(" ") for one in value):
        message = "write it on one line, without control characters"
        raise ValueError(message)
    return value.strip()


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[str, AfterValidator(_storable), AfterValidator(_line)]
