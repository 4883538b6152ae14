"""Names that file systems and people give, where they are shown, or become a path.

What is kept and shown is the name itself. A path or a title is made of it here, and nowhere else;
the command, which imports nothing of this, has the same rules in `docreel_cli.names`.
"""

import re
import unicodedata

_LONGEST = 120  # bytes; file systems take 255, and an ending and a number follow
_LONGEST_KEY = 200  # characters
_JOINERS = "\u200c\u200d"  # of Persian letters, of the people in an emoji
# An ending has a letter: "talk 1.2" has none.
_ENDING = re.compile(r"\.(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{1,5}$")
_RUNS = re.compile(r"(?:[\0-]|\.{2,})+")
# Windows takes each of them for a device, whatever ending follows; some are languages, too.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"}
)
# They would turn what follows them round.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TAGS = range(0xE0020, 0xE0080)  # of flags
_PICTURES = 0x1F000  # from here on symbols are emoji, also those that this Python does not know


def valid(name: str) -> str:
    """Return a name as text: bytes that were none of UTF-8, as Linux allows, are U+FFFD."""
    return re.sub(r"[\ud800-\udfff]", "\ufffd", name)


def shown(text: str) -> str:
    """Return a text on one line, in which no character steers what shows it."""
    return "".join(" " if _steers(one) else one for one in text)


def title(filename: str) -> str:
    """Return what a video is called until somebody gives it a title."""
    name = shown(valid(filename)).strip()
    return stem(name).strip() or name or "Video"


def stem(filename: str) -> str:
    """Return a file's name without its ending."""
    return _ENDING.sub("", filename) or filename


def component(told: str, otherwise: str) -> str:
    """Return `told` as one component of a path on any system; `otherwise` where nothing is left."""
    text = unicodedata.normalize("NFC", told)
    name = _trimmed(_RUNS.sub("-", "".join(one if _is_kept(one) else "\0" for one in text)))
    start = stem(name)
    ending = name[len(start) :]
    cut = start.encode()[: _LONGEST - len(ending)].decode(errors="ignore")
    name = _trimmed(f"{_trimmed(cut)}{ending}") or otherwise
    first, dot, rest = name.partition(".")
    return f"{first}_{dot}{rest}" if first.casefold() in _DEVICES else name


def key(filename: str) -> str:
    """Return a name that every object storage takes, its ending kept."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", filename)
    ending = _ENDING.search(name)
    rest = ending[0] if ending else ""
    return name.removesuffix(rest)[: _LONGEST_KEY - len(rest)] + rest


class Folder:
    """The names taken in one folder, also where letters' case or form makes no difference."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, told: str, otherwise: str) -> str:
        """Return a component for `told` that no other has, its ending kept."""
        name = first = component(told, otherwise)
        number, start = 2, stem(first)
        while (same := unicodedata.normalize("NFKC", name.casefold())) in self._taken:
            name, number = f"{start}-{number}{first[len(start) :]}", number + 1
        self._taken.add(same)
        return name


def _trimmed(name: str) -> str:
    return name.strip(f".-{_JOINERS}")


def _steers(one: str) -> bool:
    return unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} or one in _TURNS


def _is_kept(one: str) -> bool:
    if one.isascii():
        return one.isalnum() or one in "._"
    kind = unicodedata.category(one)
    return (
        kind[0] in "LMN"
        or kind in {"So", "Sk"}
        or one in _JOINERS
        or ord(one) in _TAGS
        or (kind == "Cn" and ord(one) >= _PICTURES)
    )
