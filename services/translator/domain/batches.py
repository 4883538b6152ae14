"""Items in batches that a model answers reliably: by the tokens that their answer will have."""

from collections.abc import Iterator, Sequence

from services.translator.domain.items import Item

MOST_TOKENS = 1500  # of an answer: models drop and merge items in longer ones
MOST_ITEMS = 50
_FRAME = 16  # tokens of an item's id, its first words and the JSON around them
_CHARACTERS = 3.5  # of a Latin script in a token
_WIDE = 3  # times as many tokens has a character of a script without spaces
_DENSE = "\u2e80"  # the first character of the East Asian scripts
# What a text needs in these languages, compared with English; measured by nobody, on the safe side.
_FACTORS = {"hi": 2.0, "bn": 2.0, "ta": 2.5, "te": 2.5, "th": 1.6, "ja": 1.3, "ko": 1.3, "ar": 1.3}


def tokens(text: str, target: str) -> int:
    """Return about how many tokens a text's translation has."""
    wide = sum(char >= _DENSE for char in text)
    size = (len(text) + (_WIDE - 1) * wide) / _CHARACTERS
    return _FRAME + round(size * _FACTORS.get(target.partition("-")[0], 1.15))


def batches(items: Sequence[Item], target: str) -> Iterator[range]:
    """Yield the places of each batch's items; every item is in one, in order."""
    first, size = 0, 0
    for place, item in enumerate(items):
        cost = tokens(item.text, target)
        if place > first and (place - first == MOST_ITEMS or size + cost > MOST_TOKENS):
            yield range(first, place)
            first, size = place, 0
        size += cost
    if items:
        yield range(first, len(items))
