"""What the transcriber does with its two events: plan a video's windows, transcribe one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pydantic

from services.transcriber.domain.overlap import Heard, merged
from services.transcriber.domain.segments import Segment, cues
from services.transcriber.domain.windows import windows
from services.transcriber.ports import Engine, Look, Looking, Recording, Rows, Wishes
from shared.database import UnitOfWork
from shared.events import (
    Event,
    TranscriptionCompleted,
    TranscriptionPlanned,
    TranscriptionRequested,
    VideoProcess,
    VideoTranscribed,
)
from shared.formats import vtt
from shared.spending import Spending
from shared.storage import Storage
from shared.units import Step, Units

PLAN = "transcription"  # the unit of which the windows are parts
_NOTHING = "Nothing was heard in this video, and no text was read on its screen."
_LOOK = pydantic.TypeAdapter(Look)

# Where the file lies, what of it is transcribed, and from when to when in seconds.
_Prepared = tuple[str, Recording, float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """Look at a video and cut it into windows. Free of charge, but it fails and dies as others do.

    A file that is no video fails the unit, and with it the job.
    """

    storage: Storage
    look: Looking
    length: float  # seconds a window
    overlap: float = 0.0  # seconds that neighbours share
    engine: str = "look"

    async def prepare(
        self, work: UnitOfWork[Rows], event: VideoProcess
    ) -> tuple[None, tuple[str, Wishes]]:
        """Find the file. What it is costs nothing to see again, so that nothing is kept."""
        path = await work.rows.storage_path(event.video_id)
        language = await work.rows.source_language(event.project_id)
        given = await work.rows.subtitle_file(event.video_id)
        stated = None if given is None else given.language
        return None, (path, Wishes(language, stated, event.audio_track))

    async def call(self, prepared: tuple[str, Wishes], spent: Spending) -> dict[str, Any]:
        """Return what the file is, as plain data."""
        del spent
        path, wishes = prepared
        async with self.storage.local(path) as file:
            return asdict(await self.look(file, wishes))

    async def store(
        self, work: UnitOfWork[Rows], event: VideoProcess, output: dict[str, Any]
    ) -> list[Event]:
        """Note what the file is; return the plan and one request a window."""
        found = _LOOK.validate_python(output)
        await work.rows.save_look(event.video_id, found)
        cut = windows(found.duration, self.length, self.overlap)
        planned = TranscriptionPlanned.following(
            event,
            unit=PLAN,
            windows=len(cut),
            duration=found.duration,
            issues=found.issues,
        )
        recording = found.recording
        return [planned] + [
            TranscriptionRequested.following(
                event,
                unit=f"window/{n}",
                window=n,
                windows=len(cut),
                start=start,
                end=end,
                sound=recording.sound,
                language=recording.language,
            )
            for n, (start, end) in enumerate(cut)
        ]

    async def fail(
        self,
        work: UnitOfWork[Rows],  # noqa: ARG002 - a step's interface
        event: VideoProcess,  # noqa: ARG002
        reason: str,  # noqa: ARG002
    ) -> list[Event]:
        """Add nothing: without a plan there is nothing to go on with."""
        return []


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
    ) -> tuple[str, _Prepared]:
        """Key the window by what is heard of the file, and its bounds: so it is heard once.

        Where the engine reads subtitles, those that a person gave are content as well. One that
        hears by itself is not paid again for them.
        """
        path, digest, media = await work.rows.content(event.video_id)
        engine = f"{self.engine}:{self.transcribing.version}"
        heard = f"{event.sound}:{event.language}:{event.start}:{event.end}"
        key = f"transcribe:{engine}:{digest}:{heard}"
        recording = Recording(media, event.sound, event.language)
        given = await work.rows.subtitle_file(event.video_id)
        if given is not None and self.transcribing.reads_subtitles:
            recording = replace(recording, subtitles=given.cues)
            key = f"{key}:{given.digest}"
        return key, (path, recording, event.start, event.end)

    async def call(self, prepared: _Prepared, spent: Spending) -> dict[str, Any]:
        """Return the window's transcript as plain data."""
        path, recording, start, end = prepared
        async with self.storage.local(path) as file:
            transcript = await self.transcribing.transcribe(
                file, recording, start, end, spent=spent
            )
        return asdict(transcript)

    async def store(
        self, work: UnitOfWork[Rows], event: TranscriptionRequested, output: dict[str, Any]
    ) -> list[Event]:
        """Store the window's segments, and the video's subtitles where no window is left."""
        segments = [Segment.from_json(one) for one in output["segments"]]
        await work.rows.save_window(event, segments, self.engine)
        completed = TranscriptionCompleted.following(
            event, window=event.window, issues=tuple(output["issues"])
        )
        # A file of one window whose engine has said why nothing is there need not be told twice.
        explained = event.windows == 1 and bool(output["issues"])
        return [completed, *await self._joined(work.rows, event, explained=explained)]

    async def fail(
        self,
        work: UnitOfWork[Rows],
        event: TranscriptionRequested,
        reason: str,  # noqa: ARG002 - the kernel's unit.failed carries it
    ) -> list[Event]:
        """Go on with the other windows: a stretch that cannot be heard is a gap, not the end."""
        return await self._joined(work.rows, event)

    async def _joined(
        self, rows: Rows, event: TranscriptionRequested, *, explained: bool = False
    ) -> list[Event]:
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
        empty = not any(one.spoken.strip() or one.visual.strip() for one in segments)
        return [
            VideoTranscribed.following(
                event,
                unit=PLAN,
                segments=len(segments),
                languages=languages,
                issues=(_NOTHING,) if empty and not explained else (),
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

    plan: Step[Rows]
    window: Step[Rows]
    units: Units[Rows]

    async def __call__(self, event: Event) -> Sequence[Event]:
        """Return the events that follow; an event of another service has none."""
        match event:
            case VideoProcess():
                return await self.units.run(self.plan, event, unit=PLAN)
            case TranscriptionRequested():
                return await self.units.run(self.window, event)
            case _:
                return []
