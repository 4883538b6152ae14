"""Reads the text of a screen: is it another slide, which line is its title, is it code.

The text comes from optical character recognition: lines may be out of order, cut or made up.
"""

import re
from collections.abc import Collection, Sequence

SAME = 0.6  # share of words in common from which two readings are of one slide
LONGEST_TITLE = 70  # characters
_WORDS = 8  # a longer line is a sentence, not a title
_LETTERS = 0.75  # share of letters and spaces that a title has at least
_LEAST_CODE = 3  # lines; fewer may be a label or an accident

_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(
    r"""^\s*(?:
      \$\s+\w | [#]\s*\w | //\s*\w                       # a shell's prompt, a comment
      | (?:def|class|import|from|return|const|let|var|function|if|for|while|public|fn)\b.*[:({;=\w]$
      | ["']?[\w.\[\]-]+["']?\s*(?:=|:=|\+=)\s*\S        # an assignment
      | "[\w.-]+"\s*:\s*\S                               # a JSON field
      | [\w.]+\(.*\)[;:]?$                            # a call
      | \[[\w.-]+\]$                                     # a section of a settings file
      | [{}\[\]();,]+$
    )""",
    re.VERBOSE,
)
_BUTTON = re.compile(r"^\[[\w.-]+\]$")
_MENU = frozenset(
    {"file", "edit", "view", "insert", "format", "tools", "window", "help", "home", "options"}
)
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))


def lines(visual: str) -> list[str]:
    """Return the screen's lines that are not empty, with single spaces."""
    return [cleaned for line in visual.splitlines() if (cleaned := " ".join(line.split()))]


def is_same(one: str, other: str) -> bool:
    """Say whether two readings show the same slide: most of their words agree."""
    first, second = (set(re.findall(r"\w+", text.casefold())) for text in (one, other))
    if not first or not second:
        return first == second
    return len(first & second) / len(first | second) >= SAME


def title(visual: str, spoken: Collection[str], recurring: Collection[str] = ()) -> str | None:
    """Return the line that looks most like a title, or None.

    `spoken` are the lower-case words said while the slide is shown: a title's are often among
    them. `recurring` are lines seen on other slides too, such as a window's own name.
    """
    found = lines(visual)
    best: tuple[float, str] | None = None
    for place, line in enumerate(found):
        words = _WORD.findall(line)
        if line in recurring or not _looks_like_a_title(line, words):
            continue
        heard = sum(word.casefold() in spoken for word in words) / len(words)
        # Titles stand above the rest, are more than a label, and are talked about.
        score = 2 * (len(words) > 1) + 3 * heard - 0.75 * place
        # A single word low on the page is a label.
        if (len(words) > 1 or place == 0) and (best is None or score > best[0]):
            best = (score, line)
    return best[1] if best else None


def _looks_like_a_title(line: str, words: Sequence[str]) -> bool:
    letters = sum(char.isalpha() or char.isspace() for char in line) / len(line)
    return (
        0 < len(words) <= _WORDS
        and sum(map(len, words)) > 3  # noqa: PLR2004 - shorter is an icon's misreading
        and len(line) <= LONGEST_TITLE
        and letters >= _LETTERS
        and line[0].isalnum()
        and not line[0].islower()
        and not (len(words) > 1 and _MENU.issuperset(word.casefold() for word in words))
        and not _CODE.match(line)
    )


def code(visual: str) -> str | None:
    """Return the screen's code where all of a block was read cleanly, else None.

    Clean is: at least three lines on end that look like code, with balanced brackets.
    """
    best: list[str] = []
    block: list[str] = []
    for line in [*(line.rstrip() for line in visual.splitlines()), ""]:
        if line and _CODE.match(line):
            block.append(line)
            continue
        best = max(best, block, key=len)
        block = []
    text = "\n".join(best)
    balanced = all(text.count(left) == text.count(right) for left, right in _PAIRS)
    quoted = text.count('"') % 2 == 0
    buttons = all(_BUTTON.match(line) for line in best)  # or a settings file's empty sections
    clean = len(best) >= _LEAST_CODE and balanced and quoted and not buttons
    return text if clean else None
