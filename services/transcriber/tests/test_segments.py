import json
from dataclasses import asdict, replace

from services.transcriber.domain.segments import (
    Segment,
    Word,
    cues,
    joined,
    sentences,
    shown_only,
    slides,
    with_visuals,
)


def word(start: float, end: float, text: str, confidence: float = 0.8) -> Word:
    return Word(start, end, text, confidence)


def test_words_close_together_make_one_sentence() -> None:
    found = sentences([word(0, 0.4, "open", 0.6), word(0.5, 1, "it", 1.0)])
    words = ((0, 0.4, "open"), (0.5, 1, "it"))
    assert found == [Segment(0, 1, "Open it.", "", 0.8, words=words)]


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


def test_a_cue_begins_when_its_first_word_is_spoken() -> None:
    # Twelve seconds in one breath, spoken faster and faster.
    texts = [f"word{n}" for n in range(30)]
    starts = [12 * (1 - (1 - n / 30) ** 2) for n in range(31)]
    heard = [word(starts[n], starts[n + 1], text) for n, text in enumerate(texts)]
    (kept,) = [Segment.from_json(json.loads(json.dumps(asdict(one)))) for one in sentences(heard)]
    made = cues([kept])
    assert len(made) > 1
    begins = {text: round(at, 3) for text, at in zip(texts, starts[:-1], strict=True)}
    assert [cue.start for cue in made] == [begins[cue.text.split()[0].lower()] for cue in made]
    # Without the words' times they would break elsewhere, by the length of the text alone.
    assert [cue.start for cue in cues([replace(kept, words=())])] != [cue.start for cue in made]


def test_silent_segments_have_no_cue() -> None:
    assert cues([Segment(0, 5, "", "Title", None)]) == []


def test_what_is_filled_in_or_read_twice_is_one_slide() -> None:
    shown = ["Plan", "Plan\nFirst", "Plan\nFirst", "Other", "Other"]
    silent = [Segment(n, n + 1, "", text, None) for n, text in enumerate(shown)]
    assert [(each.start, each.end, each.visual) for each in joined(silent, [4])] == [
        (0, 3, "Plan\nFirst"),
        (3, 4, "Other"),
        (4, 5, "Other"),
    ]
    assert joined([silent[0], silent[2]], []) == [silent[0], silent[2]]
