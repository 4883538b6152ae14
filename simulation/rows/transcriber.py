"""The transcriber's rows on a world in memory."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Look, SubtitleFile
from services.transcriber.rows import A_WINDOW
from shared.errors import UnsupportedError
from shared.events import TranscriptionRequested
from shared.media.tracks import MediaFile
from simulation.rows.tables import settled, storage_path
from simulation.world import Tables, View


class TranscriberRows:
    """See `services.transcriber.ports.Rows`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def storage_path(self, video_id: UUID) -> str:
        """See `Rows.storage_path`."""
        return storage_path(await self._view.read(), video_id)

    async def languages(self, job_id: UUID) -> tuple[str, ...]:
        """See `Rows.languages`."""
        job = (await self._view.read()).jobs.get(job_id)
        return () if job is None else job.languages

    async def duration(self, video_id: UUID) -> float:
        """See `Rows.duration`."""
        look = (await self._view.read()).videos[video_id].look
        return 0.0 if look is None else look.duration

    async def save_look(self, video_id: UUID, look: Look) -> None:
        """See `Rows.save_look`."""

        def change(tables: Tables) -> None:
            tables.videos[video_id] = replace(tables.videos[video_id], look=look)

        await self._view.write(change)

    async def source_language(self, project_id: UUID) -> str:
        """See `Rows.source_language`."""
        return (await self._view.read()).projects.get(project_id, "en")

    async def content(self, video_id: UUID) -> tuple[str, str, MediaFile]:
        """See `Rows.content`."""
        video = (await self._view.read()).videos.get(video_id)
        if video is None or video.storage_path is None or video.look is None:
            message = f"video {video_id} has no file that was looked at: process it again"
            raise UnsupportedError(message)
        return video.storage_path, video.look.digest, video.look.recording.media

    async def subtitle_file(self, video_id: UUID) -> SubtitleFile | None:
        """See `Rows.subtitle_file`."""
        video = (await self._view.read()).videos.get(video_id)
        return None if video is None else video.subtitle_file

    async def save_window(
        self, event: TranscriptionRequested, segments: Sequence[Segment], engine: str
    ) -> None:
        """See `Rows.save_window`."""
        first = event.window * A_WINDOW

        def change(tables: Tables) -> None:
            for video, place in list(tables.segments):
                if video == event.video_id and first <= place < first + A_WINDOW:
                    del tables.segments[video, place]
            for n, one in enumerate(segments):
                tables.segments[event.video_id, first + n] = (one, engine)

        await self._view.write(change)

    async def windows_ended(self, event: TranscriptionRequested) -> tuple[int, int]:
        """See `Rows.windows_ended`."""
        return settled(await self._view.read(), event, "transcriber", "window/")

    async def segments(self, event: TranscriptionRequested) -> dict[int, list[Segment]]:
        """See `Rows.segments`."""

        def change(tables: Tables) -> dict[int, list[Segment]]:
            places = sorted(place for video, place in tables.segments if video == event.video_id)
            for place in places:
                if place >= event.windows * A_WINDOW:
                    del tables.segments[event.video_id, place]
            kept: dict[int, list[Segment]] = {}
            for place in places:
                if place < event.windows * A_WINDOW:
                    one, _ = tables.segments[event.video_id, place]
                    kept.setdefault(place // A_WINDOW, []).append(one)
            return kept

        found: dict[int, list[Segment]] = await self._view.write(change)
        return found

    async def save_subtitles(self, video_id: UUID, vtt: str) -> None:
        """See `Rows.save_subtitles`."""

        def change(tables: Tables) -> None:
            video = tables.videos[video_id]
            edited = video.vtt_machine is not None and video.vtt != video.vtt_machine
            if not edited:
                video = replace(video, vtt=vtt, vtt_proposal=None)
            elif vtt not in {video.vtt, video.vtt_machine}:
                video = replace(video, vtt_proposal=vtt)
            tables.videos[video_id] = replace(video, vtt_machine=vtt)

        await self._view.write(change)
