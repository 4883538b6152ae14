"""Which of the segments that a section cites a block of it rests on, and whether it rests on any.

Words tell: a block shares more of them, and rarer ones, with what it was made of. The beginnings of
words are compared, so that "click" and "clicking" agree; in Chinese and Japanese, pairs of signs.
"""

import re
from collections import Counter
from collections.abc import Sequence

from services.docgen.domain.document import Segment

LEAST = 4  # words from which a block that shares none is worth a reviewer's look
_SHARE = 0.5  # of the best segment's score, from which another one supports a block too
_STEM = 5  # letters
_WORD = re.compile(r"[^\W_]{2,}")
_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def words(text: str) -> frozenset[str]:
    """Return what is compared of a text."""
    found: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        signs = "".join(_SIGNS.findall(word))
        found |= {signs[n : n + 2] for n in range(len(signs) - 1)}
        if rest := _SIGNS.sub("", word):
            found.add(rest[:_STEM])
    return frozenset(found)


def grounds(text: str, cited: Sequence[Segment]) -> tuple[list[Segment], bool]:
    """Return the segments that a block's text rests on, and whether a reviewer should look at it.

    Of the segments that are cited, those whose words it shares; all of them where it shares none.
    To be looked at is what cites nothing, and what has words enough and shares none.
    """
    told = words(text)
    said = [words(f"{one.spoken}\n{one.visual}") for one in cited]
    common = Counter(word for each in said for word in each)
    scores = [sum(1 / common[word] for word in told & each) for each in said]
    best = max(scores, default=0.0)
    if not best:
        return list(cited), not cited or len(told) >= LEAST
    return [one for one, score in zip(cited, scores, strict=True) if score >= _SHARE * best], False
