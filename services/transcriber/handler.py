"""What the transcriber does with its two events: plan a video's windows, transcribe one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.transcriber.domain.overlap import Heard, merged
from services.transcriber.domain.segments import Segment, cues
from services.transcriber.domain.windows import windows
from services.transcriber.ports import Engine, Looking, Rows, SubtitleReader
from shared.database import Database, UnitOfWork
from shared.errors import DocreelError, TransientError
from shared.events import (
    Event,
    TranscriptionCompleted,
    TranscriptionPlanned,
    TranscriptionRequested,
    UnitFailed,
    VideoProcess,
    VideoTranscribed,
)
from shared.formats import vtt
from shared.spending import Spending
from shared.storage import Storage
from shared.units import Step, Units


@dataclass(frozen=True, slots=True)
class Plan:
    """Cut a video into windows. Free of charge, and the same events whenever it runs."""

    database: Database[Rows]
    storage: Storage
    look: Looking
    length: float  # seconds a window
    overlap: float = 0.0  # seconds that neighbours share

    async def __call__(self, event: VideoProcess) -> list[Event]:
        """Return the plan and one request a window, or the failure of a file that is no video."""
        rows = self.database.alone.rows
        try:
            async with self.storage.local(await rows.storage_path(event.video_id)) as file:
                found = await self.look(file)
        except TransientError:
            raise
        except DocreelError as error:
            # Nothing will mend the file: the job ends with the reason.
            return [UnitFailed.following(event, unit="transcription", reason=str(error))]
        await rows.save_look(event.video_id, found)
        cut = windows(found.duration, self.length, self.overlap)
        planned = TranscriptionPlanned.following(
            event, unit="transcription", windows=len(cut), duration=found.duration
        )
        return [planned] + [
            TranscriptionRequested.following(
                event, unit=f"window/{n}", window=n, windows=len(cut), start=start, end=end
            )
            for n, (start, end) in enumerate(cut)
        ]


@dataclass(frozen=True, slots=True)
class Window:
    """Transcribe one window; the last one to end makes the subtitles and tells the others."""

    storage: Storage
    transcribing: Engine
    length: float  # seconds a window, as it was planned

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""
        return self.transcribing.name

    async def prepare(
        self, work: UnitOfWork[Rows], event: TranscriptionRequested
    ) -> tuple[str, tuple[str, float, float, Engine]]:
        """Key the window by the file's content and its bounds, so that it is heard once.

        Where the engine reads subtitles, a person's are content as well. One that hears by itself
        is not paid again for them.
        """
        path, digest = await work.rows.content(event.video_id)
        engine = f"{self.engine}:{self.transcribing.version}"
        key = f"transcribe:{engine}:{digest}:{event.start}:{event.end}"
        given = await work.rows.subtitle_file(event.video_id)
        if given is None or not isinstance(self.transcribing, SubtitleReader):
            return key, (path, event.start, event.end, self.transcribing)
        reader = self.transcribing.reading(given.cues)
        return f"{key}:{given.digest}", (path, event.start, event.end, reader)

    async def call(
        self, prepared: tuple[str, float, float, Engine], spent: Spending
    ) -> list[dict[str, Any]]:
        """Return the window's segments as plain data."""
        path, start, end, engine = prepared
        async with self.storage.local(path) as file:
            heard = await engine.transcribe(file, start, end, spent=spent)
        return [asdict(segment) for segment in heard]

    async def store(
        self, work: UnitOfWork[Rows], event: TranscriptionRequested, output: list[dict[str, Any]]
    ) -> list[Event]:
        """Store the window's segments, and the video's subtitles where no window is left."""
        segments = [Segment.from_json(one) for one in output]
        await work.rows.save_window(event, segments, self.engine)
        completed = TranscriptionCompleted.following(event, window=event.window)
        return [completed, *await self._joined(work.rows, event)]

    async def fail(
        self,
        work: UnitOfWork[Rows],
        event: TranscriptionRequested,
        reason: str,  # noqa: ARG002 - the kernel's unit.failed carries it
    ) -> list[Event]:
        """Go on with the other windows: a stretch that cannot be heard is a gap, not the end."""
        return await self._joined(work.rows, event)

    async def _joined(self, rows: Rows, event: TranscriptionRequested) -> list[Event]:
        """Return `video.transcribed` where this was the last window to end and one was heard."""
        ended, heard = await rows.windows_ended(event)
        if ended < event.windows or not heard:
            return []
        segments = await self._merged(rows, event)
        given = await rows.subtitle_file(event.video_id)
        # A person's cues stay as they are: they know when they want what to be read.
        shown = cues(segments) if given is None else given.cues
        await rows.save_subtitles(event.video_id, vtt.write(shown))
        languages = await rows.languages(event.job_id)
        return [
            VideoTranscribed.following(
                event, unit="transcription", segments=len(segments), languages=languages
            )
        ]

    async def _merged(self, rows: Rows, event: TranscriptionRequested) -> list[Segment]:
        """Return the whole transcript; where windows overlap, store it with nothing said twice."""
        by_window = await rows.segments(event)
        if self.transcribing.overlap:
            duration = await rows.duration(event.video_id)
            cut = windows(duration, self.length, self.transcribing.overlap)
            # Another length than when it was planned: then nobody knows what they share.
            if len(cut) == event.windows:
                heard = [Heard(*cut[n], segments) for n, segments in by_window.items()]
                whole = event.model_copy(update={"window": 0, "windows": 1})
                await rows.save_window(whole, merged(heard), self.engine)
                by_window = await rows.segments(whole)
        return [one for segments in by_window.values() for one in segments]


@dataclass(frozen=True, slots=True)
class Transcriber:
    """The service's handler: which event goes where."""

    plan: Plan
    window: Step[Rows]
    units: Units[Rows]

    async def __call__(self, event: Event) -> Sequence[Event]:
        """Return the events that follow; an event of another service has none."""
        match event:
            case VideoProcess():
                return await self.plan(event)
            case TranscriptionRequested():
                return await self.units.run(self.window, event)
            case _:
                return []
