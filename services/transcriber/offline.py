"""The engine without a model: embedded subtitles, else speech, else on-screen text only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.transcriber import screen, speech
from services.transcriber.domain.segments import (
    Segment,
    Word,
    joined,
    sentences,
    shown_only,
    slide_at,
    with_visuals,
)
from services.transcriber.ports import Recording, Transcript
from shared.child_process import Limits, Report, run_in_child
from shared.formats.vtt import Cue
from shared.media.choice import fitting_subtitles, same_language
from shared.media.frames import pictures_at
from shared.media.opening import open_media
from shared.media.slides import Slide, find_slides
from shared.media.sound import read_sound_and_gaps
from shared.media.subtitles import read_text_track
from shared.spending import Spending

_GIB = 1024**3
_MEMORY = 3 * _GIB  # of address space; an hour needs 1 GiB
_SECONDS = 600.0  # of processor and of wall time, for a window
_SECONDS_PER_SECOND = 20.0  # and for each of its own seconds
_MISSING = 2.0  # seconds without sound in the midst of it from which they are reported
_SHORT = 1.0  # seconds; in less than that nothing is said or read


@dataclass(frozen=True, slots=True)
class Offline:
    """The engine port without a model; each window has a child process of its own."""

    name: str = "offline"
    # Raise it when the same window would be heard differently.
    version: str = "4"
    overlap: float = 0.0  # a cue or word belongs to the window in which it starts
    reads_subtitles: bool = True

    async def transcribe(
        self,
        file: Path,
        recording: Recording,
        start: float,
        end: float,
        *,
        spent: Spending,
    ) -> Transcript:
        """See `services.transcriber.ports.Engine.transcribe`."""
        seconds = _SECONDS + _SECONDS_PER_SECOND * max(0.0, end - start)
        limits = Limits(memory=_MEMORY, cpu=seconds, wall=seconds)
        return await run_in_child(
            transcribe_window, file, recording, start, end, limits=limits, report=spent.reach
        )


def transcribe_window(
    path: Path,
    recording: Recording,
    start: float,
    end: float,
    report: Report = lambda _: None,
) -> Transcript:
    """Return what is heard and seen between `start` and `end`, in seconds from the video's start.

    Times in the result are also from the video's start. A cue or word belongs to the window
    in which it starts. There are no segments where nothing is said and nothing can be read.
    `report` is told what share of the work is done: to listen is one half, to look the other.
    """
    end = min(end, recording.media.duration)
    if end <= start:
        return Transcript([])
    window = _Window(path, recording, (start, end), report)
    cues = window.subtitles()
    words = [] if cues else window.words()
    segments = window.spoken(cues, words) if cues or words else window.shown()
    window.explain(segments)
    return Transcript(segments, tuple(dict.fromkeys(window.issues)))


class _Window:
    """A stretch of a recording; gathers in `issues` what of it is missing."""

    def __init__(
        self, path: Path, recording: Recording, stretch: tuple[float, float], report: Report
    ) -> None:
        self._path, self._recording, self._report = path, recording, report
        self._start, self._end = stretch
        self._why: list[str] = []  # nothing is heard or read, told where there is neither
        self._silent = False
        self.issues: list[str] = []

    def subtitles(self) -> list[Segment]:
        """Return the cues that a person gave, else of the first fitting track that has any."""
        if self._recording.subtitles:
            return self._within(self._recording.subtitles)
        media = self._recording.media
        for track in fitting_subtitles(media, self._recording.language):
            with open_media(self._path) as container:
                stream = container.streams[track.index]
                cues = read_text_track(container, stream, media.origin)
            if cues:
                return self._within(cues)
        return []

    def _within(self, cues: Sequence[Cue]) -> list[Segment]:
        return [
            Segment(cue.start, cue.end, cue.text, "", None, cue.speaker)
            for cue in cues
            if self._start <= cue.start < self._end
        ]

    def words(self) -> list[Word]:
        """Return the words that are recognised."""
        track, language = self._recording.sound, self._recording.language
        if track is None:
            self._why.append("there is no sound")
            return []
        if language and not same_language(language, speech.LANGUAGE):
            self.issues.append(
                f'Speech was not transcribed: it is in the language "{language}", and without a'
                " model only English is recognised. Use Gemini, or a video with subtitles."
            )
            return []
        sound, gaps = read_sound_and_gaps(
            self._path, self._recording.media, track, self._start, self._end
        )
        for low, high in gaps:
            if high - low > _MISSING:
                self.issues.append(f"The sound has nothing {_span(low, high)}.")
        if speech.is_silent(sound):
            self._why.append("the sound is silent")
            self._silent = True
            return []
        words = speech.recognise(sound, self._start, lambda share: self._report(share / 2))
        if not words:
            self._why.append("no words were recognised in the sound")
        return words

    def spoken(self, cues: list[Segment], words: list[Word]) -> list[Segment]:
        """Return what is said with what is shown meanwhile; and slides nobody speaks over."""
        slides = self._slides(fine=False)
        visuals = self._read(slides)
        spans = [(one.start, one.end) for one in slides]
        if slides and slides[0].start > self._start:
            spans.insert(0, (self._start, slides[0].start))
            visuals.insert(0, "")
        changes = [low for low, _ in spans[1:]]
        said = cues or sentences(words, changes)
        heard = {slide_at((one.start + one.end) / 2, changes) for one in said}
        unheard = ["" if n in heard else visual for n, visual in enumerate(visuals)]
        both = with_visuals(said, changes, visuals) + shown_only(spans, unheard)
        return sorted(both, key=lambda one: (one.start, one.end))

    def shown(self) -> list[Segment]:
        """Return what is shown where nothing is said: there, one word that differs is a slide."""
        slides = self._slides(fine=True)
        spans = [(one.start, one.end) for one in slides]
        return joined(
            shown_only(spans, self._read(slides)), {one.start for one in slides if one.large}
        )

    def explain(self, segments: list[Segment]) -> None:
        """Say that nothing can be heard, or why there is nothing at all."""
        if segments:
            if self._silent:
                self.issues.append(f"Nothing can be heard{self._where()}: the sound is silent.")
            return
        if self._end - self._start < _SHORT:
            self._why.append(f"it is only {self._end - self._start:.2g} s long")
        reasons = "; ".join(self._why)
        self.issues.append(f"Nothing was heard and nothing was read{self._where()}: {reasons}.")

    def _slides(self, *, fine: bool) -> tuple[Slide, ...]:
        if self._recording.media.picture is None:
            self._why.append("there is no picture")
            return ()
        found = find_slides(self._path, self._recording.media, self._start, self._end, fine=fine)
        for low, high in found.unreadable:
            self.issues.append(f"The picture cannot be decoded {_span(low, high)}.")
        return found.slides

    def _read(self, slides: Sequence[Slide]) -> list[str]:
        """Return the slides' texts, empty where nothing can be read."""
        folder = screen.tessdata()
        if folder is None:
            if slides:
                self.issues.append(
                    "Text on the screen was not read: Tesseract's English data is missing."
                    " Install tesseract-ocr-eng, or name its folder in TESSDATA_PREFIX."
                )
            return [""] * len(slides)
        seconds = [one.second for one in slides if one.second is not None]
        with screen.open_reader(folder) as reader:
            once = screen.OnceReader(reader)
            pictures = pictures_at(self._path, self._recording.media, seconds)
            texts: dict[float, str] = {}
            for second, picture in zip(seconds, pictures, strict=False):
                texts[second] = once.read(picture)
                self._report((1 + len(texts) / len(seconds)) / 2)
        if once.pictures:
            dark = once.dark == once.pictures
            self._why.append("the picture is black" if dark else "the picture has no text")
        return ["" if one.second is None else texts.get(one.second, "") for one in slides]

    def _where(self) -> str:
        """Return from when to when, unless it is the whole recording."""
        if self._start <= 0 and self._end >= self._recording.media.duration:
            return ""
        return f" {_span(self._start, self._end)}"


def _span(start: float, end: float) -> str:
    return f"from {_clock(start)} to {_clock(end)}"


def _clock(second: float) -> str:
    minutes, seconds = divmod(round(second), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
