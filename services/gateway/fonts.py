"""Which fonts a document is set in: for PDF those that the gateway brings, for DOCX a reader's own.

The brought ones are Noto Sans in most scripts. What they lack Typst looks for among the machine's;
what no font has is named, with what to install: a box in place of a letter is never printed.
"""

import re
import unicodedata as characters
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import langcodes
from fontTools import unicodedata

_BROUGHT = ("manimgx_fonts", "manimgx_fonts_cjk")
_SCRIPTS = (
    *("Arabic", "Armenian", "Bengali", "Devanagari", "Ethiopic", "Georgian", "Gujarati"),
    *("Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya"),
    *("Sinhala", "Tamil", "Telugu", "Thai"),
)
_CJK = "Noto Sans CJK"
_MONOSPACED = "DejaVu Sans Mono"  # Typst's own
# Script codes that langcodes gives for one writing or another of the same.
_COMMON = {one: one for one in ("Jpan", "Kore", "Hans", "Hant")} | {"Hrkt": "Jpan", "Hang": "Kore"}
_EAST_ASIAN = {"Jpan": "JP", "Kore": "KR", "Hans": "SC", "Hant": "TC"}
_TAGS = {"Jpan": "ja-JP", "Kore": "ko-KR", "Hans": "zh-CN", "Hant": "zh-TW"}
_CANTONESE = {"HK", "MO"}

# What a word processor has for a script, and a free font in its place; Office names these too.
_OFFICE = {
    "Jpan": ("Yu Gothic", "Noto Sans CJK JP"),
    "Kore": ("Malgun Gothic", "Noto Sans CJK KR"),
    "Hans": ("Microsoft YaHei", "Noto Sans CJK SC"),
    "Hant": ("Microsoft JhengHei", "Noto Sans CJK TC"),
    "Arab": ("Arial", "Noto Sans Arabic"),
    "Hebr": ("Arial", "Noto Sans Hebrew"),
    "Thai": ("Leelawadee UI", "Noto Sans Thai"),
    "Laoo": ("Leelawadee UI", "Noto Sans Lao"),
    "Khmr": ("Leelawadee UI", "Noto Sans Khmer"),
    "Mymr": ("Myanmar Text", "Noto Sans Myanmar"),
    "Ethi": ("Ebrima", "Noto Sans Ethiopic"),
    "Armn": ("Sylfaen", "Noto Sans Armenian"),
    "Geor": ("Sylfaen", "Noto Sans Georgian"),
    "Tibt": ("Microsoft Himalaya", "Noto Serif Tibetan"),
    "Mong": ("Mongolian Baiti", "Noto Sans Mongolian"),
    "Thaa": ("MV Boli", "Noto Sans Thaana"),
    "Syrc": ("Segoe UI Historic", "Noto Sans Syriac"),
    "Nkoo": ("Ebrima", "Noto Sans NKo"),
    "Cher": ("Gadugi", "Noto Sans Cherokee"),
    "Cans": ("Gadugi", "Noto Sans Canadian Aboriginal"),
    **{
        script: ("Nirmala UI", f"Noto Sans {name}")
        for script, name in (
            *(("Deva", "Devanagari"), ("Beng", "Bengali"), ("Gujr", "Gujarati")),
            *(("Guru", "Gurmukhi"), ("Taml", "Tamil"), ("Telu", "Telugu"), ("Knda", "Kannada")),
            *(("Mlym", "Malayalam"), ("Orya", "Oriya"), ("Sinh", "Sinhala"), ("Olck", "Ol Chiki")),
        )
    },
}
_NO_DOUBT = {"Hira": "Jpan", "Kana": "Jpan", "Hang": "Kore", "Bopo": "Hant"}
_SHOWN = 5  # characters that a refusal shows of a script
_EMOJI = range(0x1F000, 0x1FC00)


@dataclass(frozen=True, slots=True)
class Speech:
    """A language as a font sees it: its script (ISO 15924) and where it is spoken (ISO 3166)."""

    language: str
    script: str
    region: str

    @classmethod
    def of(cls, tag: str) -> "Speech":
        """Return what a tag (BCP 47) says, or most likely means."""
        known = langcodes.get(tag).maximize()
        return cls(known.language or "und", known.script or "Zyyy", known.territory or "")

    @property
    def east_asian(self) -> bool:
        """Whether it is written in Chinese characters, kana or hangul."""
        return self.script in _COMMON


@dataclass(frozen=True, slots=True)
class Fonts:
    """The families that a text in a language is set in, the first that has a letter first."""

    text: tuple[str, ...]
    code: tuple[str, ...]


Face = tuple[str, str]  # a family of Office's or Windows', and a free one with the same letters


@dataclass(frozen=True, slots=True)
class Office:
    """The fonts of a DOCX, of which Word chooses by the kind of a letter; None: as it likes."""

    latin: Face | None
    east_asian: Face
    east_asian_tag: str  # in which language's forms Chinese characters are shown
    complex_script: Face | None
    complex_tag: str  # "": as it was


def folders() -> list[str]:
    """Return where the fonts lie that the gateway brings."""
    return [str(files(name)) for name in _BROUGHT]


def chosen(speech: Speech, text: str) -> Fonts:
    """Return the fonts for a text, whose letters decide where its language does not."""
    east_asian = f"{_CJK} {_variant(speech, text)}"
    rest = [*(f"Noto Sans {name}" for name in _SCRIPTS), "Noto Sans Symbols", "Noto Emoji"]
    # In Chinese, Japanese and Korean, quotation marks and dashes are as wide as their letters.
    first = [east_asian, "Noto Sans"] if speech.east_asian else ["Noto Sans", east_asian]
    families = (*first, *rest)
    return Fonts(families, (_MONOSPACED, *families))


def office(speech: Speech, text: str) -> Office:
    """Return the fonts that a word processor is to show a text in."""
    letters = _scripts(text)
    east_asian = _COMMON.get(speech.script) or _likely(letters)
    own = None if speech.east_asian else _OFFICE.get(speech.script)
    others = [one for one in letters if one in _OFFICE and not _is_cjk(one)]
    complex_one = own or (_OFFICE[others[0]] if others else None)
    where = f"{speech.language}-{speech.region}"
    return Office(
        # Word takes many scripts for Latin ones: their fonts have both.
        latin=own,
        east_asian=_OFFICE[east_asian],
        east_asian_tag=where if speech.east_asian else _TAGS[east_asian],
        complex_script=complex_one,
        complex_tag=where if own else "",
    )


def refusal(unknown: Iterable[str]) -> tuple[str, str]:
    """Say of which scripts there is no font for these characters, and what to install."""
    of: dict[str, list[str]] = {}
    packages: dict[str, None] = {}
    for one in dict.fromkeys(unknown):
        name, package = _named(one)
        of.setdefault(name, []).append(_printed(one))
        packages[package] = None
    scripts = "; ".join(f"{name} ({' '.join(some[:_SHOWN])})" for name, some in of.items())
    return scripts, " and ".join(packages)


def printable(text: str) -> str:
    """Return a text without characters that no font can have a glyph for."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "�", text)


def _variant(speech: Speech, text: str) -> str:
    if speech.script == "Hant" and speech.region in _CANTONESE:
        return "HK"
    return _EAST_ASIAN[_COMMON.get(speech.script) or _likely(_scripts(text))]


def _likely(letters: Iterable[str]) -> str:
    """Return how Chinese characters among other letters are most likely meant."""
    return next((_NO_DOUBT[one] for one in letters if one in _NO_DOUBT), "Hans")


def _scripts(text: str) -> list[str]:
    """Return the scripts of a text's letters, in the order in which they first stand there."""
    return list(dict.fromkeys(unicodedata.script(one) for one in dict.fromkeys(text)))


def _is_cjk(script: str) -> bool:
    return script in _COMMON or script in _NO_DOUBT or script == "Hani"


def _named(character: str) -> tuple[str, str]:
    script = unicodedata.script(character)
    if script not in {"Zyyy", "Zinh", "Zzzz"}:
        package = "fonts-noto-cjk" if _is_cjk(script) else "fonts-noto-core"
        return unicodedata.script_name(script).replace("_", " "), package
    if ord(character) in _EMOJI and characters.category(character) in {"So", "Cn"}:
        return "emoji", "fonts-noto-color-emoji"
    return "symbols", "fonts-noto-core"


def _printed(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"
