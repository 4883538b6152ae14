"""The whole stack with a database and a broker of its own, and what a walk may have done to it."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import aio_pika
import asyncpg

from shared.formats import blocks, vtt
from shared.formats.tiptap import Node
from shared.postgres.articles import PostgresArticles
from shared.routes import RETRY_EXCHANGE, Service, dead_queue
from tests.support import servers
from tests.test_end_to_end import Stack, uploaded

# Deeds that tell the video.
WITH_VIDEO = ("processed video", "stale blocks", "heard again", "unsure segment", "newer article")

_FIRST_ARTICLE = """select {} from articles a join chapters c on c.id = a.chapter_id
  where c.video_id = $1 and a.language = 'en' order by c."order" limit 1"""


class Served(Stack):
    """The stack, and what a scenario may ask to be done to it."""

    def __init__(
        self, environment: dict[str, str], logs: Path, languages: Sequence[str] = ("es",)
    ) -> None:
        super().__init__(environment, logs)
        self._languages = languages
        self._database = environment["DATABASE_URL"]
        self._broker = environment["AMQP_URL"]
        self._video = ""
        self._proposals = 0

    def do(self, what: str) -> dict[str, object]:
        deeds: dict[str, Callable[[], object]] = {
            "kill gateway": lambda: self.kill("gateway"),
            "start gateway": lambda: self.start("gateway"),
            "kill translator": lambda: self.kill("translator"),
            "start translator": lambda: self.start("translator"),
            "start a translator that has no dictionaries": self._without_dictionaries,
            "mend translator": self._mend,
            "fifty jobs": lambda: servers.run_alone(self._fifty()),
            "stale blocks": lambda: servers.run_alone(self._stale()),
            "heard again": lambda: servers.run_alone(self._heard()),
            "unsure segment": lambda: servers.run_alone(self._unsure()),
            "newer article": lambda: servers.run_alone(self._propose()),
            "spending": lambda: servers.run_alone(self._spend()),
            "dead letter": lambda: servers.run_alone(self._bury()),
        }
        if what == "uploaded video":
            return {"video": uploaded(self)["id"]}
        if what == "failed job":
            return {"job": servers.run_alone(self._failed())}
        if what == "long paragraph":
            return {
                "video": self._processed(),
                "seconds": servers.run_alone(self._long_paragraph()),
            }
        if what != "processed video":
            deeds[what]()
        return {"video": self._processed()} if what in WITH_VIDEO else {}

    def _without_dictionaries(self) -> None:
        whole = self._environment
        self._environment = {**whole, "PATH": "/nowhere"}
        self.start("translator")
        self._environment = whole

    def _mend(self) -> None:
        self.kill("translator")
        self.start("translator")
        self.await_languages()

    def await_engine(self) -> None:
        deadline = time.monotonic() + 60
        while self.get("/api/engine")["engine"] is None:
            assert time.monotonic() < deadline, "the translator does not tell its engine"
            time.sleep(0.1)

    def await_languages(self) -> None:
        deadline = time.monotonic() + 60
        while "es" not in (self.get("/api/engine")["languages"] or []):
            assert time.monotonic() < deadline, "the translator does not tell its languages"
            time.sleep(0.1)

    def _processed(self) -> str:
        if not self._video:
            self._video = uploaded(self)["id"]
            wish = {"videoId": self._video, "languages": list(self._languages)}
            job = self.post("/api/videos/process", wish)["jobId"]
            deadline = time.monotonic() + 240
            while self.get(f"/api/jobs/{job}")["status"] != "completed":
                assert time.monotonic() < deadline, "the sample is not processed"
                time.sleep(0.5)
        return self._video

    async def _stale(self) -> None:
        """Two blocks of the Spanish article, written by a person before their source changed."""
        db = await asyncpg.connect(self._database)
        try:
            row = await db.fetchrow(
                """select a.id, a.content_json
                   from articles a join chapters c on c.id = a.chapter_id
                   where c.video_id = $1 and a.language = 'es' order by c."order" limit 1""",
                self._processed(),
            )
            assert row is not None
            left = 2

            def change(block: Node) -> Node:
                nonlocal left
                if block["type"] != "paragraph" or not block.get("content") or not left:
                    return block
                left -= 1
                written = {**block, "content": [{"type": "text", "text": f"A mano {left}."}]}
                return blocks.with_attrs(written, source="before", stale=True)

            content = blocks.mapped(json.loads(row["content_json"]), change)
            assert not left
            await db.execute(
                "update articles set content_json = $2 where id = $1",
                row["id"],
                json.dumps(content),
            )
        finally:
            await db.close()

    async def _failed(self) -> str:
        """A job of which nothing came."""
        db = await asyncpg.connect(self._database)
        try:
            job = uuid4()
            reason = "The audio of the video cannot be decoded: upload it in another form, as MP4"
            await db.execute(
                """insert into processing_jobs (id, project_id, video_id, status, step,
                     error_message, issues, languages, started_at, completed_at)
                   select $1, project_id, id, 'failed', 'error', $3,
                     jsonb_build_array('Transcription: ' || $3), array['es'],
                     now() - interval '20 s', now() from videos where id = $2""",
                job,
                self._processed(),
                reason,
            )
            return str(job)
        finally:
            await db.close()

    async def _long_paragraph(self) -> list[float]:
        """Three sentences that rest on two segments, whose starts are returned, in seconds."""
        db = await asyncpg.connect(self._database)
        try:
            segments = await db.fetch(
                """select id, start_time from video_segments
                   where video_id = $1 and spoken_content <> '' order by "order" desc limit 2""",
                self._processed(),
            )
            segments.reverse()
            article = await db.fetchval(
                """select a.id from articles a join chapters c on c.id = a.chapter_id
                   where c.video_id = $1 and a.language = 'en' order by c."order" desc limit 1""",
                self._processed(),
            )
            bold = {"type": "text", "text": "is bold", "marks": [{"type": "bold"}]}
            said = [
                {"type": "text", "text": "This comes first. That "},
                bold,
                {"type": "text", "text": " and second. The third ends it."},
            ]
            attrs = {
                "segmentIds": [str(row["id"]) for row in segments],
                "second": segments[0]["start_time"],
            }
            content = {
                "type": "doc",
                "content": [{"type": "paragraph", "attrs": attrs, "content": said}],
            }
            await db.execute(
                "update articles set content_json = $2 where id = $1", article, json.dumps(content)
            )
            return [row["start_time"] for row in segments]
        finally:
            await db.close()

    async def _heard(self) -> None:
        """Subtitles of a person's, and two cues that a machine heard differently since."""
        db = await asyncpg.connect(self._database)
        try:
            video = self._processed()
            text = await db.fetchval("select vtt_content from videos where id = $1", video)
            cues = vtt.read(text)
            heard = [replace(cue, text=f"Heard {n}.") for n, cue in enumerate(cues[:2])]
            await db.execute(
                "update videos set vtt_proposal = $2 where id = $1",
                video,
                vtt.write([*heard, *cues[2:]]),
            )
        finally:
            await db.close()

    async def _unsure(self) -> None:
        """One segment that was heard badly: a paragraph of the first article rests on it."""
        db = await asyncpg.connect(self._database)
        try:
            video = self._processed()
            text = await db.fetchval(_FIRST_ARTICLE.format("a.content_json"), video)
            segments = [
                segment
                for block in blocks.walk(json.loads(text))
                if block["type"] == "paragraph"
                for segment in block.get("attrs", {}).get("segmentIds") or []
            ]
            await db.execute(
                """update video_segments
                   set confidence = case when id::text = $2 then 0.2 else 0.9 end
                   where video_id = $1""",
                video,
                segments[0],
            )
        finally:
            await db.close()

    async def _propose(self) -> None:
        """What the machine writes later beside an article that a person has in review."""
        db = await asyncpg.connect(self._database)
        try:
            article = await db.fetchval(_FIRST_ARTICLE.format("a.id"), self._processed())
            await db.execute("update articles set status = 'in_review' where id = $1", article)
            articles = PostgresArticles(db)
            standing = await articles.standing(article)
            assert standing is not None
            self._proposals += 1
            said = f"The machine says this now, {self._proposals}."
            first = next(one for one in blocks.walk(standing.content) if one["type"] == "paragraph")
            second = {**first, "content": [{"type": "text", "text": said}]}
            content = blocks.mapped(
                standing.content, lambda block: second if block is first else block
            )
            title = f"A newer title, {self._proposals}"
            await articles.save_article(replace(standing, title=title, content=content))
        finally:
            await db.close()

    async def _fifty(self) -> None:
        """Jobs that no message tells the workers of, as after a broker's loss."""
        db = await asyncpg.connect(self._database)
        try:
            project = await db.fetchval("select id from projects order by created_at limit 1")
            for n in range(50):
                video = uuid4()
                await db.execute(
                    "insert into videos (id, project_id, title, filename, size_bytes)"
                    " values ($1, $2, $3, 'v.mp4', 3)",
                    video,
                    project,
                    f"Video {n}",
                )
                await db.execute(
                    "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
                    uuid4(),
                    project,
                    video,
                )
        finally:
            await db.close()

    async def _spend(self) -> None:
        """Some calls a day, as if a model had been paid."""
        db = await asyncpg.connect(self._database)
        try:
            await db.execute(
                """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens,
                     output_tokens, stored_at)
                   select gen_random_uuid(), j.id, 1, 'window/' || n, 'transcriber',
                     'gemini-3.8-flash', 20000 * n, 900 * n, now() - make_interval(days => n % 9)
                   from generate_series(1, 40) n,
                     (select id from processing_jobs order by created_at limit 1) j"""
            )
        finally:
            await db.close()

    async def _bury(self) -> None:
        """A message among the dead ones of the documents' service, that no service knows."""
        async with await aio_pika.connect(self._broker) as connection:
            exchange = await (await connection.channel()).get_exchange(RETRY_EXCHANGE, ensure=False)
            message = aio_pika.Message(b"1", type="video.odd", headers={"reason": "it is odd"})
            await exchange.publish(message, dead_queue(Service.DOCGEN))
