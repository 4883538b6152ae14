import pytest

from services.docgen.domain import speech


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("First, open the app.", "Open the app."),
        ("First opened the app.", "Opened the app."),  # as it is misheard
        ("Press create.", "Press create."),
        ("Now save the file.", "Save the file."),
        ("And then click it.", "Click it."),
    ],
)
def test_a_step_loses_the_word_that_counts_it(text: str, step: str) -> None:
    assert speech.is_step(text)
    assert speech.as_step(text) == step


@pytest.mark.parametrize(
    "text",
    ["Next week is busy.", "Then it closes.", "First of all, we need boats.", "Finally", "A boat."],
)
def test_telling_is_no_step(text: str) -> None:
    assert not speech.is_step(text)
