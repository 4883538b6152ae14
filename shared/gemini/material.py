"""What a video says or shows, set apart from what is asked of the model.

Anybody can say "ignore your instructions" in a video, or hide it in the picture. So the material
stands between two marks, as a line of JSON each, in which a quoted text can contain neither mark;
characters that nobody sees are left out of it; and every prompt says what the marks mean.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_BEGIN, _END = "<material>", "</material>"
# Turns and marks of this frame: a text that imitates one stays readable, and marks nothing.
_FRAME = re.compile(r"<(?=\s*/?\s*material\b|\||/?(?:start|end)_of_turn)", re.IGNORECASE)
# Joiners shape words in Persian and Indic scripts, and join emoji: they are not invisible.
_SHAPING = {"\u200c", "\u200d"}


def framed(lines: Iterable[Mapping[str, Any]]) -> str:
    """Return the lines as JSON between the marks."""
    texts = (json.dumps(_seen(dict(line)), ensure_ascii=False) for line in lines)
    quoted = (_FRAME.sub(r"\\u003c", text) for text in texts)
    return "\n".join([_BEGIN, *quoted, _END])


def visible(text: str) -> str:
    """Return a text without the characters that nobody sees: they can carry hidden orders."""
    return "".join(
        char
        for char in text
        if char in _SHAPING
        or char in "\n\t"
        or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs"}
    )


def _seen(value: Any) -> Any:
    match value:
        case str():
            return visible(value)
        case dict():
            return {name: _seen(one) for name, one in value.items()}
        case list():
            return [_seen(one) for one in value]
        case _:
            return value
