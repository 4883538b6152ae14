"""Text and data that a database and a message take."""

import json

import pytest

from shared import plain
from shared.errors import BlockedError, sentence


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("as it is \u00fc \U0001f600", "as it is \u00fc \U0001f600"),
        ("a\0b", "a\ufffdb"),
        ("half \ud83d", "half ?"),
        ("a backslash: \\u0000", "a backslash: \\u0000"),
    ],
)
def test_every_text_within_is_storable(written: str, stored: str) -> None:
    assert plain.text(written) == stored
    data = plain.data({"list": [written, 1, None], written: {"deep": (written,)}})
    assert json.loads(json.dumps(data)) == {
        "list": [stored, 1, None],
        stored: {"deep": [stored]},
    }


def test_data_that_needs_no_change_is_the_same() -> None:
    data = {"a": ["b", 1.5, True, None]}
    assert plain.data(data) is data


def test_an_error_is_told_in_a_sentence() -> None:
    assert sentence(BlockedError("The engine refused minute 3.")) == "The engine refused minute 3."
    assert sentence(KeyError("id")) == "An error inside Docreel: KeyError: 'id'"
    assert sentence(RecursionError()) == "An error inside Docreel: RecursionError"
    assert len(sentence(ValueError("x" * 10_000))) < 600
