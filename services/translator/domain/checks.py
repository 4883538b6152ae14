"""What a translation must keep of its source, whatever engine made it."""

import re
from collections import Counter

from services.translator.domain.items import TOKEN

URL = re.compile(r"(?:https?://|www\.)[^\s⟦⟧<>\"']*[^\s⟦⟧<>\"'.,;:!?)]")
# Languages differ in the separators within a number, not in its digits.
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
_MARKED = re.compile(r"⟦(\d+)⟧(.*?)⟦/\1⟧", re.DOTALL)
_NUMBERED = re.compile(r"⟦/?\d+⟧")


def violations(source: str, text: str) -> list[str]:
    """Return what is wrong with `text` as a translation of `source`; empty where nothing is."""
    if not TOKEN.sub("", text).strip():
        return ["empty"]
    found = []
    if Counter(TOKEN.findall(source)) != Counter(TOKEN.findall(text)):
        found.append("placeholders changed")
    elif not _nested(text):
        found.append("placeholders not properly nested")
    elif _marked(source) - _marked(text):
        found.append("a mark without words")
    if Counter(URL.findall(source)) != Counter(URL.findall(text)):
        found.append("addresses changed")
    if _numbers(source) != _numbers(text):
        found.append("numbers changed")
    if "-->" in text and "-->" not in source:
        found.append("contains -->")
    if re.search(r"\n\s*\n", text) and not re.search(r"\n\s*\n", source):
        found.append("contains a blank line")
    return found


def _nested(text: str) -> bool:
    """Say whether each `⟦n⟧` that is closed is closed before another one of its kind opens."""
    tokens: list[str] = TOKEN.findall(text)
    closed = {token[1:] for token in tokens if token.startswith("/")}
    opened: str | None = None
    for token in tokens:
        if token.startswith("/"):
            if opened != token[1:]:
                return False
            opened = None
        elif token in closed:
            if opened is not None:
                return False
            opened = token
    return opened is None


def _marked(text: str) -> set[str]:
    """Return the numbers of the marks that have words in them: a link without any is lost."""
    return {n for n, words in _MARKED.findall(text) if _NUMBERED.sub("", words).strip()}


def _numbers(text: str) -> Counter[str]:
    plain = URL.sub("", TOKEN.sub(" ", text))
    return Counter(re.sub(r"\D", "", number) for number in _NUMBER.findall(plain))
