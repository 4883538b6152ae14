"""The transcriber's rows on PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID, uuid5

import orjson
import pydantic

from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Look, SubtitleFile
from shared.errors import UnsupportedError
from shared.events import TranscriptionRequested
from shared.formats.vtt import Cue
from shared.media.tracks import MediaFile
from shared.postgres import tables
from shared.postgres.statements import Executor
from shared.routes import Service

# Each window numbers its segments in a range of its own, so that windows end in any order.
A_WINDOW = 100_000
_MEDIA = pydantic.TypeAdapter(MediaFile)


class PostgresRows:
    """See `services.transcriber.ports.Rows`."""

    def __init__(self, db: Executor) -> None:
        self._db = db

    async def storage_path(self, video_id: UUID) -> str:
        """See `Rows.storage_path`."""
        return await tables.storage_path(self._db, video_id)

    async def languages(self, job_id: UUID) -> tuple[str, ...]:
        """See `Rows.languages`."""
        found = await self._db.fetchval(
            "select languages from processing_jobs where id = $1", job_id
        )
        return tuple(found or ())

    async def duration(self, video_id: UUID) -> float:
        """See `Rows.duration`."""
        found = await self._db.fetchval("select duration from videos where id = $1", video_id)
        return float(found or 0)

    async def save_look(self, video_id: UUID, look: Look) -> None:
        """See `Rows.save_look`."""
        await self._db.execute(
            """update videos v set duration = $2, content_digest = $3, media = $4,
                 language = nullif($5, p.source_language)
               from projects p
               where v.id = $1 and p.id = v.project_id
                 and (v.duration, v.content_digest, v.media, v.language)
                   is distinct from ($2, $3, $4::jsonb, nullif($5, p.source_language))""",
            video_id,
            look.duration,
            look.digest,
            orjson.dumps(look.recording.media).decode(),
            look.recording.language,
        )

    async def source_language(self, project_id: UUID) -> str:
        """See `Rows.source_language`."""
        found = await self._db.fetchval(
            "select source_language from projects where id = $1", project_id
        )
        return str(found or "en")

    async def content(self, video_id: UUID) -> tuple[str, str, MediaFile]:
        """See `Rows.content`."""
        row = await self._db.fetchrow(
            """select storage_path, content_digest, media from videos
               where id = $1 and storage_path is not null and media is not null""",
            video_id,
        )
        if row is None:
            message = f"video {video_id} has no file that was looked at: process it again"
            raise UnsupportedError(message)
        media = _MEDIA.validate_json(row["media"])
        return row["storage_path"], row["content_digest"], media

    async def subtitle_file(self, video_id: UUID) -> SubtitleFile | None:
        """See `Rows.subtitle_file`."""
        row = await self._db.fetchrow(
            "select digest, cues, language from subtitle_files where video_id = $1", video_id
        )
        if row is None:
            return None
        cues = tuple(Cue(*one) for one in orjson.loads(row["cues"]))
        return SubtitleFile(row["digest"], cues, row["language"])

    async def save_window(
        self, event: TranscriptionRequested, segments: Sequence[Segment], engine: str
    ) -> None:
        """See `Rows.save_window`."""
        first = event.window * A_WINDOW
        await self._db.execute(
            'delete from video_segments where video_id = $1 and "order" >= $2 and "order" < $3',
            event.video_id,
            first + len(segments),
            first + A_WINDOW,
        )
        places = range(first, first + len(segments))
        await self._db.execute(
            """insert into video_segments as s (id, video_id, "order", start_time, end_time,
                 spoken_content, visual_context, confidence, speaker, words, engine)
               select new.id, $1, new.place, new.start_time, new.end_time, new.spoken, new.visual,
                 new.confidence, new.speaker, new.words, $2
               from unnest($3::uuid[], $4::integer[], $5::float8[], $6::float8[], $7::text[],
                           $8::text[], $9::real[], $10::text[], $11::jsonb[])
                 as new (id, place, start_time, end_time, spoken, visual, confidence, speaker,
                         words)
               order by new.place
               on conflict (video_id, "order") do update set start_time = excluded.start_time,
                 end_time = excluded.end_time, spoken_content = excluded.spoken_content,
                 visual_context = excluded.visual_context, confidence = excluded.confidence,
                 speaker = excluded.speaker, words = excluded.words,
                 engine = excluded.engine""",
            event.video_id,
            engine,
            [uuid5(event.video_id, str(place)) for place in places],
            list(places),
            [one.start for one in segments],
            [one.end for one in segments],
            [one.spoken for one in segments],
            [one.visual for one in segments],
            [one.confidence for one in segments],
            [one.speaker for one in segments],
            [orjson.dumps(one.words).decode() for one in segments],
        )

    async def windows_ended(self, event: TranscriptionRequested) -> tuple[int, int]:
        """See `Rows.windows_ended`."""
        return await tables.settled(self._db, event, Service.TRANSCRIBER, "window/")

    async def segments(self, event: TranscriptionRequested) -> dict[int, list[Segment]]:
        """See `Rows.segments`."""
        await self._db.execute(
            'delete from video_segments where video_id = $1 and "order" >= $2',
            event.video_id,
            event.windows * A_WINDOW,
        )
        rows = await self._db.fetch(
            """select "order", start_time, end_time, spoken_content, visual_context, confidence,
                 speaker, words
               from video_segments where video_id = $1 order by "order" """,
            event.video_id,
        )
        found: dict[int, list[Segment]] = {}
        for place, *values, written in rows:
            words = tuple((start, end, text) for start, end, text in orjson.loads(written))
            found.setdefault(place // A_WINDOW, []).append(Segment(*(*values, words)))
        return found

    async def save_subtitles(self, video_id: UUID, vtt: str) -> None:
        """See `Rows.save_subtitles`."""
        await self._db.execute(
            """update videos set vtt_machine = $2,
                 vtt_content = case when edited then vtt_content else $2 end,
                 vtt_proposal = case when edited and $2 <> vtt_content
                   and $2 is distinct from vtt_machine then $2
                   when edited then vtt_proposal end
               from (select coalesce(vtt_content <> vtt_machine, false) as edited
                     from videos where id = $1 for update) as standing
               where id = $1""",
            video_id,
            vtt,
        )
