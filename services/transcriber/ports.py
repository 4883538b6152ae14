"""What the transcriber asks of an engine, of a file and of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from services.transcriber.domain.segments import Segment
from shared.events import TranscriptionRequested
from shared.formats.vtt import Cue
from shared.media.tracks import MediaFile
from shared.spending import Spending


@dataclass(frozen=True, slots=True)
class Recording:
    """What is in a file, and what of it is transcribed.

    `sound` is the stream index of the chosen track, none where there is none to hear. `language`
    is the BCP 47 tag of what is spoken. `subtitles` are what a person gave with the video, by
    their starts, for an engine that reads them.
    """

    media: MediaFile
    sound: int | None
    language: str
    subtitles: tuple[Cue, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """A stretch of a recording, heard and seen; `issues` are sentences on what is missing of it."""

    segments: list[Segment]
    issues: tuple[str, ...] = ()


class Engine(Protocol):
    """Hears and sees a stretch of a video."""

    @property
    def name(self) -> str:
        """The engine and its model, as results are labelled."""

    @property
    def version(self) -> str:
        """Changes when the same stretch would be heard differently."""

    @property
    def overlap(self) -> float:
        """Seconds that neighbouring windows are to have in common; 0 where they only touch."""

    @property
    def reads_subtitles(self) -> bool:
        """Whether subtitles are what was said; other engines hear for themselves."""

    async def transcribe(
        self, file: Path, recording: Recording, start: float, end: float, *, spent: Spending
    ) -> Transcript:
        """Transcribe from `start` to `end`, in seconds from the video's start.

        Segments are ordered, within the stretch, and empty where there is nothing to hear or see.
        Calls that cost something are reported in `spent`. Raises `shared.errors.EngineError`.
        """


@dataclass(frozen=True, slots=True)
class SubtitleFile:
    """What a person gave with a video: its cues by their starts, and their digest.

    `language` is a BCP 47 tag, none where nobody said.
    """

    digest: str
    cues: tuple[Cue, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a file tells; `digest` is its SHA-256 in hex.

    `issues` are sentences on what of the file cannot be used, or was chosen for the person.
    """

    recording: Recording
    digest: str
    issues: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """The seconds that picture and sound cover."""
        return self.recording.media.duration


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people said of a video: the languages are BCP 47 tags.

    `project_language` holds where nothing more is stated, `subtitles_language` is that of the
    subtitles that were given with it, if they state one. `audio_track` is the number, from 1, of
    the sound track to hear, if one was chosen.
    """

    project_language: str
    subtitles_language: str | None = None
    audio_track: int | None = None


class Looking(Protocol):
    """Looks at a file, once a job."""

    async def __call__(self, file: Path, wishes: Wishes, /) -> Look:
        """Return what the file is, and what of it is heard.

        Raises DocreelError for what is no video.
        """


class Rows(Protocol):
    """The rows that the transcriber reads, and those that it owns: segments, source subtitles."""

    async def storage_path(self, video_id: UUID) -> str:
        """Return where the video lies; raises UnsupportedError where nothing was uploaded."""

    async def languages(self, job_id: UUID) -> tuple[str, ...]:
        """Return the target languages of a job."""

    async def duration(self, video_id: UUID) -> float:
        """Return how long the video is, in seconds."""

    async def save_look(self, video_id: UUID, look: Look) -> None:
        """Note what the video's file is."""

    async def source_language(self, project_id: UUID) -> str:
        """Return what a project's videos speak (BCP 47)."""

    async def content(self, video_id: UUID) -> tuple[str, str, MediaFile]:
        """Return where the video lies, the digest that was noted, and what is in the file.

        Raises UnsupportedError where nothing was uploaded, or nobody has looked yet.
        """

    async def subtitle_file(self, video_id: UUID) -> SubtitleFile | None:
        """Return the subtitles that a person gave with the video, if there are any."""

    async def save_window(
        self, event: TranscriptionRequested, segments: Sequence[Segment], engine: str
    ) -> None:
        """Replace one window's segments."""

    async def windows_ended(self, event: TranscriptionRequested) -> tuple[int, int]:
        """Return how many of the job's windows have ended, and how many of them ended well.

        Of two windows that end at once, the second one sees the first: others wait until the
        transaction ends.
        """

    async def segments(self, event: TranscriptionRequested) -> dict[int, list[Segment]]:
        """Return the video's segments in order by their window.

        Those of windows that it has no more are dropped.
        """

    async def save_subtitles(self, video_id: UUID, vtt: str) -> None:
        """Write the video's WebVTT; beside one that a person has edited, it is a proposal."""
