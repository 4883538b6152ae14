import pytest

from services.docgen.domain import evidence
from services.docgen.domain.document import Segment


def segments(*said: str) -> list[Segment]:
    return [Segment(n, n * 5.0, n * 5.0 + 4, text, "", None) for n, text in enumerate(said)]


@pytest.mark.parametrize(
    ("text", "numbers", "doubtful"),
    [
        ("Clicking opens the harbor.", [1], False),
        ("The report and the harbor.", [1, 2], False),
        ("The button.", [0], False),
        ("Yes.", [0, 1, 2], False),  # too short to judge
        ("Kangaroos never eat marzipan.", [0, 1, 2], True),
    ],
)
def test_a_block_rests_on_what_shares_its_words(
    text: str,
    numbers: list[int],
    doubtful: bool,  # noqa: FBT001 - a table's column
) -> None:
    cited = segments("Press the button.", "Click on the harbor.", "Read the report.")
    found, flagged = evidence.grounds(text, cited)
    assert ([one.number for one in found], flagged) == (numbers, doubtful)


def test_signs_are_compared_in_pairs() -> None:
    cited = segments("設定ファイルを開きます。", "レポートを実行します。")
    found, flagged = evidence.grounds("設定ファイルの場所", cited)
    assert ([one.number for one in found], flagged) == ([0], False)
    assert evidence.grounds("猫と犬が庭で遊んだ", cited)[1] is True


def test_what_is_shown_supports_too_and_nothing_cited_does_not() -> None:
    shown = Segment(0, 0, 5, "Look here.", "keep_days = 30\noutput = reports", None)
    assert evidence.grounds("keep_days = 30", [shown]) == ([shown], False)
    assert evidence.grounds("Anything", []) == ([], True)
