"""What the transcriber does with its two events: plan a video's windows, transcribe one."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.transcriber import media, rows
from services.transcriber.domain.segments import Segment
from services.transcriber.domain.windows import windows
from services.transcriber.ports import Engine
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
from shared.ledger import Executor
from shared.storage import Storage
from shared.units import Units


@dataclass(frozen=True, slots=True)
class Plan:
    """Cut a video into windows. Free of charge, and the same events whenever it runs."""

    db: Executor
    storage: Storage
    length: float  # seconds a window

    async def __call__(self, event: VideoProcess) -> list[Event]:
        """Return the plan and one request a window, or the failure of a file that is no video."""
        try:
            path = await rows.storage_path(self.db, event.video_id)
            async with self.storage.local(path) as file:
                found = await asyncio.to_thread(media.probe, file)
        except TransientError:
            raise
        except DocreelError as error:
            # Nothing will mend the file: the job ends with the reason.
            return [UnitFailed.following(event, unit="transcription", reason=str(error))]
        cut = windows(found.duration, self.length)
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

    @property
    def engine(self) -> str:
        """The engine's name, kept beside its results."""
        return self.transcribing.name

    async def prepare(
        self, db: Executor, event: TranscriptionRequested
    ) -> tuple[str, tuple[str, float, float]]:
        """Key the window by the file's content and its bounds, so that it is heard once."""
        path = await rows.storage_path(db, event.video_id)
        async with self.storage.local(path) as file:
            digest = await asyncio.to_thread(_sha256, file)
        engine = f"{self.engine}:{self.transcribing.version}"
        key = f"transcribe:{engine}:{digest}:{event.start}:{event.end}"
        return key, (path, event.start, event.end)

    async def call(self, prepared: tuple[str, float, float]) -> list[dict[str, Any]]:
        """Return the window's segments as plain data."""
        path, start, end = prepared
        async with self.storage.local(path) as file:
            heard = await self.transcribing.transcribe(file, start, end)
        return [asdict(segment) for segment in heard]

    async def store(
        self, db: Executor, event: TranscriptionRequested, output: list[dict[str, Any]]
    ) -> list[Event]:
        """Store the window's segments, and the video's subtitles where no window is left."""
        segments = [Segment(**one) for one in output]
        await rows.save_window(db, event, segments, self.engine)
        completed = TranscriptionCompleted.following(event, window=event.window)
        return [completed, *await self._joined(db, event)]

    async def fail(
        self,
        db: Executor,
        event: TranscriptionRequested,
        reason: str,  # noqa: ARG002 - the kernel's unit.failed carries it
    ) -> list[Event]:
        """Go on with the other windows: a stretch that cannot be heard is a gap, not the end."""
        return await self._joined(db, event)

    async def _joined(self, db: Executor, event: TranscriptionRequested) -> list[Event]:
        """Return `video.transcribed` where this was the last window to end and one was heard."""
        left, heard = await rows.windows_left(db, event)
        if left or not heard:
            return []
        count = await rows.save_subtitles(db, event.video_id)
        languages = await rows.languages(db, event.job_id)
        return [
            VideoTranscribed.following(
                event, unit="transcription", segments=count, languages=languages
            )
        ]


@dataclass(frozen=True, slots=True)
class Transcriber:
    """The service's handler: which event goes where."""

    plan: Plan
    window: Window
    units: Units

    async def __call__(self, event: Event) -> Sequence[Event]:
        """Return the events that follow; an event of another service has none."""
        match event:
            case VideoProcess():
                return await self.plan(event)
            case TranscriptionRequested():
                return await self.units.run(self.window, event)
            case _:
                return []


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
