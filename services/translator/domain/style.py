"""How a project wants its translations: its own words, and how readers are addressed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Formality = Literal["formal", "informal"]

_STEM = 3  # letters of a word's end that may be inflected
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Style:
    """`glossary` gives a term's one translation; `formality` is none where it does not matter.

    A term that is its own translation, such as a product's name, is never translated.
    """

    formality: Formality | None = None
    glossary: Mapping[str, str] = field(default_factory=dict)

    def occurring(self, texts: Iterable[str]) -> dict[str, str]:
        """Return the terms that occur in any of the texts, with their translations."""
        folded = [text.casefold() for text in texts]
        return {
            term: translation
            for term, translation in self.glossary.items()
            if any(_occurs(term, text) for text in folded)
        }

    def broken(self, source: str, text: str) -> list[str]:
        """Return the terms of `source` whose translation is not in `text`.

        A word's end may differ: languages inflect.
        """
        folded = text.casefold()
        return [
            term
            for term, translation in self.occurring([source]).items()
            if not all(_stem(word) in folded for word in translation.casefold().split())
        ]


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Into:
    """What texts are to become: from `source` to `target` (BCP 47), in a style."""

    source: str
    target: str
    style: Style = PLAIN


def _occurs(term: str, folded: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term.casefold())}(?!\w)", folded) is not None


def _stem(word: str) -> str:
    return word[: max(_SHORTEST_STEM, len(word) - _STEM)]
