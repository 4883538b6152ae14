import json

from hypothesis import given
from hypothesis import strategies as st

from shared.gemini.material import framed, visible

EVIL = st.text(
    st.sampled_from('</>material| \n{}"\\\U000e0041\u202e\u200b\u200d\x00ab'), max_size=60
)


@given(st.lists(EVIL, max_size=5))
def test_no_text_can_leave_the_marks_and_what_is_seen_of_it_stays(texts: list[str]) -> None:
    made = framed({"text": text} for text in texts)
    begin, *lines, end = made.split("\n")
    assert (begin, end, len(lines)) == ("<material>", "</material>", len(texts))
    assert made.count("<material") == made.count("</material") == 1
    assert [json.loads(line)["text"] for line in lines] == [visible(text) for text in texts]


def test_what_shapes_words_and_emoji_is_no_hidden_character() -> None:
    shown = "क्\u200dष 👩\u200d💻 naïve 日本\n\tok"
    assert visible(shown) == shown


def test_what_nobody_sees_is_left_out() -> None:
    assert visible("a\u200bb\u202ec\U000e0041\x07\ufeff") == "abc"
