from dataclasses import replace

from services.translator.domain import pieces
from services.translator.domain.pieces import Done
from services.translator.domain.track import Track
from shared.formats import lint, vtt
from shared.formats.vtt import Cue

ENGINE = "upper:1"


def source(*texts: str) -> list[Cue]:
    return [Cue(n * 4.0, n * 4 + 3.5, text) for n, text in enumerate(texts)]


class Subtitles:
    """A source, its translation into capitals, and what was asked of the engine for it."""

    def __init__(self, *texts: str) -> None:
        self.source = source(*texts)
        self.track: Track | None = None
        self.asked: list[str] = []
        self.left = 0

    def run(self, *, refused: str = "", engine: str = ENGINE) -> str:
        text = vtt.write(self.source)
        track = self.track and replace(self.track, engine=engine)
        items = pieces.subtitle_items(text, track)
        self.asked = [item.text for item in items]
        texts = {item: item.text.upper() for item in items if item.text != refused}
        made, origin, left = pieces.translated_subtitles(text, Done(texts, engine), track)
        self.left = len(left)
        self.track = Track(made, origin, engine)
        return made

    @property
    def cues(self) -> list[Cue]:
        assert self.track is not None
        return vtt.read(self.track.text)

    @property
    def text(self) -> list[str]:
        return [cue.text for cue in self.cues]

    @property
    def stale(self) -> list[float]:
        assert self.track is not None
        return list(self.track.origin["stale"])

    def edit(self, cues: list[Cue]) -> None:
        assert self.track is not None
        self.track = replace(self.track, text=vtt.write(cues))


def test_what_has_not_changed_is_not_asked_for() -> None:
    one = Subtitles("one", "two", "three")
    first = one.run()
    assert one.asked == ["one", "two", "three"]
    assert [(cue.start, cue.end) for cue in one.cues] == [(n * 4, n * 4 + 3.5) for n in range(3)]
    assert one.run() == first
    assert one.asked == []
    one.source = source("one", "another", "three")
    one.run()
    assert one.asked == ["another"]
    assert one.text == ["ONE", "ANOTHER", "THREE"]


def test_a_persons_cue_stays_and_is_stale_once_its_source_has_changed() -> None:
    one = Subtitles("one", "two", "three")
    one.run()
    mine = Cue(4.2, 6.9, "my two,\nin my lines")
    one.edit([one.cues[0], mine, one.cues[2]])
    one.run()
    assert (one.asked, one.cues[1], one.stale) == ([], mine, [])
    one.source = source("one", "changed", "three, too")
    for asked in (["three, too"], []):
        one.run()
        assert one.asked == asked
        assert one.cues[1] == mine
        assert one.text[2] == "THREE, TOO"
        assert one.stale == [4.0]


def test_what_a_person_added_or_took_out_stays_so() -> None:
    one = Subtitles("one", "two", "three")
    one.run()
    added = Cue(5.5, 7.0, "[applause]")
    one.edit([*one.cues[:2], added])
    for _ in range(2):
        one.run()
        assert one.asked == []
        assert one.text == ["ONE", "TWO", "[applause]"]


def test_a_translation_longer_than_its_cue_has_two_and_keeps_the_rules() -> None:
    long = "a text that is much too long for the two lines that a cue of subtitles may show, alas"
    one = Subtitles("one", long, "three")
    one.source[1] = replace(one.source[1], end=9.0)
    one.source[2] = replace(one.source[2], start=10.0, end=12.0)
    made = one.run()
    assert len(one.cues) == 4
    assert [str(each) for each in lint.violations(made)] == []
    assert one.run() == made
    assert one.asked == []


def test_texts_that_share_a_cue_change_together() -> None:
    one = Subtitles("one")
    one.source = [Cue(0, 2, "open it"), Cue(2.1, 2.4, "now"), Cue(2.5, 5, "go on")]
    one.run()
    assert one.text == ["OPEN IT NOW", "GO ON"]
    one.source[1] = replace(one.source[1], text="then")
    one.run()
    assert one.asked == ["open it", "then"]
    assert one.text == ["OPEN IT THEN", "GO ON"]


def test_what_could_not_be_translated_and_what_another_engine_wrote_is_asked_for_again() -> None:
    one = Subtitles("one", "two")
    one.run(refused="two")
    assert (one.left, one.text) == (1, ["ONE", "two"])
    one.run()
    assert (one.left, one.asked, one.text) == (0, ["two"], ["ONE", "TWO"])
    one.edit([Cue(0, 3, "mine"), one.cues[1]])
    one.run(engine="better:1")
    assert (one.asked, one.text) == (["two"], ["mine", "TWO"])


def test_a_video_without_speech_has_a_track_without_cues() -> None:
    assert Subtitles().run() == "WEBVTT\n"
    assert pieces.subtitle_items("") == []


def test_an_engines_line_breaks_give_way_to_ours() -> None:
    text = vtt.write(source("one"))
    (item,) = pieces.subtitle_items(text)
    made, _, left = pieces.translated_subtitles(text, Done({item: "una\nfrase \u2028 corta"}, "e"))
    assert (vtt.read(made)[0].text, left) == ("una frase corta", [])
