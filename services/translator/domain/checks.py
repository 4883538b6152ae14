"""What a translation must keep of its source, whatever engine made it."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from services.translator.domain.items import TOKEN

URL = re.compile(r"(?:https?://|www\.)[^\s⟦⟧<>\"']*[^\s⟦⟧<>\"'.,;:!?)]")
# Languages differ in the separators within a number, not in its digits.
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
_MARKED = re.compile(r"⟦(\d+)⟧(.*?)⟦/\1⟧", re.DOTALL)
_NUMBERED = re.compile(r"⟦/?\d+⟧")
_LOWER = re.compile(r"[^\W\d_A-Z]{4}")  # in a word that is more than a name's initials
_LONGEST = 3  # times the source
_ROOM = 24  # characters by which a short text may be longer
_DENSE = "\u2e80"  # the first character of the East Asian scripts


@dataclass(frozen=True, slots=True)
class Failed:
    """Stands where no translation passed; `wrong` is what was wrong with the last."""

    wrong: tuple[str, ...]


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


def doubts(source: str, text: str, target: str, spoken: str) -> list[str]:
    """Return what is odd about a translation from `spoken` to `target`, but can be right.

    Names stay as they are, and a language may need many words for one: an engine that says the
    same when it is asked again is believed.
    """
    found = []
    plain, made = TOKEN.sub("", source).strip(), TOKEN.sub("", text).strip()
    related = target.partition("-")[0] == spoken.partition("-")[0]
    if made.casefold() == plain.casefold() and _LOWER.search(plain) and not related:
        found.append("not translated")
    length, before = _weight(made), _weight(plain)
    if length > _LONGEST * before + _ROOM:
        found.append("far longer than the source")
    elif before > _ROOM and length < before / _LONGEST:
        found.append("far shorter than the source")
    return found


def belongs(source: str, beginning: str) -> bool:
    """Say whether `beginning` is how the source begins: an answer that tells is no other text's.

    Only letters and digits count, since that is what a model copies without fault.
    """
    letters, wanted = _letters(source), _letters(beginning)
    return letters.startswith(wanted) and (bool(wanted) or not letters)


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", TOKEN.sub("", text)).casefold()
    return "".join(char for char in folded if char.isalnum())


def _weight(text: str) -> int:
    """Return a text's length, in which a character of a dense script counts as three."""
    return len(text) + 2 * sum(char >= _DENSE for char in text)


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
    found = (re.sub(r"\D", "", number) for number in _NUMBER.findall(plain))
    # Other scripts have digits of their own, with the same values.
    return Counter("".join(str(unicodedata.digit(d)) for d in number) for number in found)
