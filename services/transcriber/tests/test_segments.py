from services.transcriber.domain.segments import (
    Segment,
    Word,
    sentences,
    shown_only,
    slides,
    with_visuals,
)


def word(start: float, end: float, text: str, confidence: float = 0.8) -> Word:
    return Word(start, end, text, confidence)


def test_words_close_together_make_one_sentence() -> None:
    found = sentences([word(0, 0.4, "open", 0.6), word(0.5, 1, "it", 1.0)])
    assert found == [Segment(0, 1, "Open it.", "", 0.8)]


def test_a_pause_ends_a_sentence() -> None:
    found = sentences([word(0, 1, "one"), word(2, 3, "two")])
    assert [each.spoken for each in found] == ["One.", "Two."]


def test_a_slide_change_ends_a_sentence() -> None:
    found = sentences([word(0, 1, "one"), word(1, 2, "two")], [1.0])
    assert [each.spoken for each in found] == ["One.", "Two."]


def test_a_change_in_the_middle_of_a_word_does_not_cut_it() -> None:
    found = sentences([word(0, 1, "one"), word(1, 2, "two")], [0.7])
    assert [(each.start, each.end) for each in found] == [(0, 1), (1, 2)]


def test_a_long_sentence_is_split() -> None:
    found = sentences([word(n, n + 1, "so") for n in range(40)])
    assert len(found) == 3
    assert all(each.end - each.start <= 15 for each in found)


def test_no_words_make_no_sentences() -> None:
    assert sentences([]) == []


def test_slides_cut_the_window_inside_only() -> None:
    assert slides(2, 10, [12, 5, 2, 5]) == [(2, 5), (5, 10)]


def test_a_slides_text_is_put_on_its_first_segment_only() -> None:
    said = [Segment(n, n + 1, "x", "", None) for n in range(3)]
    found = with_visuals(said, [2.0], ["first", "second"])
    assert [each.visual for each in found] == ["first", "", "second"]


def test_slides_without_text_make_no_segment() -> None:
    found = shown_only([(0, 5), (5, 9)], ["", "Title"])
    assert found == [Segment(5, 9, "", "Title", None)]
