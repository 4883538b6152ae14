"""Where a line of text may break, how bad a break is, and how wide a text is on the screen."""

import unicodedata
from functools import cache

import budoux

# Full-width punctuation is data here.
# ruff: noqa: RUF001

# A line holds 42 narrow or 16 wide characters; these weights make both come to one length.
NARROW, WIDE, LINE = 8, 21, 336

_CLOSING = frozenset("、。，．！？；：）」』】〉》…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
_OPENING = frozenset("（「『【〈《")
_SENTENCE = frozenset(".!?。！？…؟")
_CLAUSE = frozenset(",;:、，；：—،؛")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that belong to what follows them: a line that ends with one breaks within a phrase.
HANGING = {
    "ar": _words("في من على إلى عن مع أن إن أو ثم لا لم لن قد كل هذا هذه"),
    "ca": _words("el la els les un una de del en i o que amb per a al dels als"),
    "de": _words(
        "der die das den dem des ein eine einen einem einer eines und oder aber weil dass wenn "
        "mit von zu zum zur für auf in im am an bei nach aus über unter durch nicht sehr"
    ),
    "en": _words(
        "and but or so because that which who when while if then to of in on at a an the for "
        "with from by my your his her its our their"
    ),
    "es": _words("el la los las un una unos unas de del en y o que con por para a al su sus"),
    "fr": _words("le la les un une des de du et ou que qui dans sur pour par avec en à au aux"),
    "gl": _words("o a os as un unha de do da en no na e ou que con por para ao aos"),
    "he": _words("של את על אל עם כי אם או גם לא זה זו מן"),
    "it": _words("il lo la i gli le un una di del della in e o che con per a al su"),
    "pt": _words("o a os as um uma de do da em no na e ou que com por para ao aos"),
}
_HANGS = frozenset().union(*HANGING.values())
_LEADS = HANGING["en"] & _words(
    "and but or so because that which who when while if then to of in on at"
)

Token = tuple[str, bool]  # the text, and whether a space stands before it


def is_wide(character: str) -> bool:
    """Say whether a character takes the room of two, as in Chinese, Japanese and Korean."""
    return unicodedata.east_asian_width(character) in "WF"


def weight(text: str) -> int:
    """Return a text's width: a line holds `LINE`. Marks and controls that show nothing have none.

    Combining vowels and accents stand above or below a letter.
    """
    return sum(
        0
        if unicodedata.category(character) in {"Mn", "Cf"}
        else WIDE
        if is_wide(character)
        else NARROW
        for character in text
    )


def tokens(text: str) -> list[Token]:
    """Return the pieces between which a line may break."""
    found: list[Token] = []
    for word in text.split(" "):
        piece = ""
        spaced = bool(found)
        for character in word:
            breaks = piece and (is_wide(character) or is_wide(piece[-1]))
            # A piece longer than half a line, the least budget, has to break somewhere.
            full = weight(piece + character) > LINE // 2
            if piece and ((breaks and not _bound(piece[-1], character)) or full):
                found.append((piece, spaced))
                piece, spaced = "", False
            piece += character
        found.append((piece, spaced))
    return found


def joined(parts: list[Token]) -> str:
    """Return tokens as the text they were."""
    return "".join(" " * spaced + text for text, spaced in parts).strip(" ")


def phrase_ends(parts: list[Token]) -> frozenset[int]:
    """Return after how many tokens a phrase of Japanese ends; other text tells by its words."""
    if not any("\u3040" <= character <= "\u30ff" for text, _ in parts for character in text):
        return frozenset()
    at = 0
    lengths = {0: 0}
    for count, (text, _) in enumerate(parts, 1):
        at += len(text)
        lengths[at] = count
    at = 0
    ends: set[int] = set()
    for phrase in _japanese().parse("".join(text for text, _ in parts)):
        at += len(phrase)
        if at in lengths:
            ends.add(lengths[at])
    return frozenset(ends)


def penalty(before: Token, after: Token, *, phrase_end: bool = False) -> int:
    """Say how bad a break between two tokens is: 0 after a sentence, most within a phrase."""
    last = before[0][-1]
    if last in _SENTENCE:
        return 0
    if last in _CLAUSE:
        return 10
    if not after[1] and not (is_wide(last) or is_wide(after[0][0])):
        return 200  # inside a long word
    if before[0].lower() in _HANGS:
        return 150
    if phrase_end or after[0].lower() in _LEADS:
        return 20
    return 60 if is_wide(last) else 35


def is_torn(line: str, following: str, language: str) -> bool:
    """Say whether a line ends within a phrase, or a character stands where none may.

    `language` is a BCP 47 tag; of one that `HANGING` does not have, only characters are judged.
    """
    if not line or not following:
        return False
    if line[-1] in _OPENING or following[0] in _CLOSING:
        return True
    words = HANGING.get(language.split("-", maxsplit=1)[0].lower(), frozenset())
    return line.rsplit(maxsplit=1)[-1].lower() in words


def _bound(before: str, after: str) -> bool:
    return after in _CLOSING or before in _OPENING


@cache
def _japanese() -> budoux.Parser:
    return budoux.load_default_japanese_parser()
