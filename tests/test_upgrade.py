"""A database of the version before keeps every row when it is migrated."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest

from deploy.migrate import migrate
from tests.support import servers

pytestmark = pytest.mark.integration

BEFORE = "20261124061000"
_SPACE = UUID(int=7)


def an(name: str) -> str:
    return str(uuid5(_SPACE, name))


# A row in each table at least, written as that version's services wrote them.
_ROWS = f"""
insert into organizations (id, name) values ('{an("org")}', 'Ours'), ('{an("org 2")}', 'Theirs');
insert into org_members values ('{an("org")}', '{an("user")}', 'owner');
insert into operators values ('{an("user")}');
insert into projects (id, org_id, name, created_at) values
  ('{an("p1")}', '{an("org")}', 'Demos', '2026-11-01'),
  ('{an("p2")}', '{an("org")}', 'Démos!', '2026-11-02'),
  ('{an("p3")}', '{an("org")}', '製品', '2026-11-03'),
  ('{an("p4")}', '{an("org 2")}', 'Demos', '2026-11-04');
insert into videos (id, project_id, title, filename, storage_path, vtt_content, vtt_languages)
  values
  ('{an("new")}', '{an("p1")}', 'V', 'v.mp4', null, null, '{{}}'),
  ('{an("stored")}', '{an("p1")}', 'V', 'v.mp4', 'videos/x/v.mp4', null, '{{}}'),
  ('{an("made")}', '{an("p1")}', 'V', 'v.mp4', 'videos/y/v.mp4', 'WEBVTT', '{{"es": "WEBVTT"}}'),
  ('{an("broken")}', '{an("p2")}', 'V', 'v.mp4', 'videos/z/v.mp4', null, '{{}}'),
  ('{an("stopped")}', '{an("p2")}', 'V', 'v.mp4', 'videos/w/v.mp4', null, '{{}}'),
  ('{an("running")}', '{an("p4")}', 'V', 'v.mp4', 'videos/u/v.mp4', null, '{{}}'),
  ('{an("deleted")}', '{an("p4")}', 'V', 'v.mp4', 'videos/t/v.mp4', null, '{{}}');
insert into video_segments (id, video_id, "order", start_time, end_time, spoken_content, engine)
  values ('{an("segment")}', '{an("made")}', 0, 0, 2, 'Hello', 'offline');
insert into chapters (id, project_id, video_id, slug, title) values
  ('{an("c1")}', '{an("p1")}', '{an("made")}', 'intro', 'Intro'),
  ('{an("c2")}', '{an("p4")}', '{an("deleted")}', 'intro', 'Intro'),
  ('{an("c3")}', '{an("p1")}', null, 'left', 'Left');
insert into articles (id, chapter_id, language, slug, title, content_json, content_text, status)
  values
  ('{an("a1")}', '{an("c1")}', 'en', 'intro', 'Intro', '{{"type": "doc"}}', 'x', 'published'),
  ('{an("a2")}', '{an("c1")}', 'es', 'intro', 'Intro', '{{"type": "doc"}}', 'x', 'draft'),
  ('{an("a3")}', '{an("c2")}', 'en', 'intro', 'Intro', '{{"type": "doc"}}', 'y', 'in_review');
-- By SQL: its chapters stay, without a video.
delete from videos where id = '{an("deleted")}';
insert into processing_jobs (id, project_id, video_id, status, step, progress, error_message,
  languages, issues, epoch, started_at, completed_at, created_at, updated_at) values
  ('{an("j1")}', '{an("p1")}', '{an("made")}', 'failed', 'error', 0.2, 'too long', '{{}}', '[]', 1,
   '2026-11-20 10:00', '2026-11-20 10:01', '2026-11-20 09:59', '2026-11-20 10:01'),
  ('{an("j2")}', '{an("p1")}', '{an("made")}', 'completed', 'complete', 1, null, '{{es}}',
   '["es subtitles: x"]', 2, '2026-11-21 10:00', '2026-11-21 10:01', '2026-11-21 09:59',
   '2026-11-21 10:01'),
  ('{an("j3")}', '{an("p2")}', '{an("broken")}', 'failed', 'error', 0, 'no sound', '{{}}', '[]', 1,
   '2026-11-20 10:00', '2026-11-20 10:01', '2026-11-20 09:59', '2026-11-20 10:01'),
  ('{an("j4")}', '{an("p2")}', '{an("stopped")}', 'cancelled', 'error', 0, null, '{{}}', '[]', 1,
   null, '2026-11-20 10:01', '2026-11-20 09:59', '2026-11-20 10:01'),
  ('{an("j5")}', '{an("p4")}', '{an("running")}', 'processing', 'transcribing', 0.3, null, '{{}}',
   '[]', 1, '2026-11-20 10:00', null, '2026-11-20 09:59', '2026-11-20 10:01');
insert into job_steps (job_id, epoch, unit, state) values ('{an("j2")}', 2, 'window/0', 4);
insert into job_events values
  ('{an("event")}', '{an("j2")}', 'video.process', 2, 1, 'job', '2026-11-21 09:59');
insert into work_units (job_id, epoch, unit, service, state, owner, fence, lease_until)
  values ('{an("j2")}', 2, 'window/0', 'transcriber', 'done', 'a', 1, '2026-11-21 10:00');
insert into ai_results (key, service, output, engine) values ('k', 'transcriber', '[]', 'offline');
insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens, output_tokens)
  values ('{an("call")}', '{an("j2")}', 2, 'window/0', 'transcriber', 'gemini-3.8-flash', 9, 1);
insert into ai_admissions (model, due_at, tokens) values ('gemini-3.8-flash', '2026-11-21', 10);
insert into ai_closures values ('gemini-3.8-flash', '2026-11-22', true);
insert into engines (service, engine, languages) values ('translator', 'apertium', '{{es}}');
insert into outbox (id, job_id, service, cause, epoch, kind, body)
  values ('{an("event")}', '{an("j5")}', 'gateway', 'job', 1, 'video.process', 'x');
insert into glossary_terms (project_id, language, term) values ('{an("p1")}', 'es', 'queue');
insert into webhooks (id, project_id, url, events, secret)
  values ('{an("hook")}', '{an("p1")}', 'https://example.org', '{{job.failed}}', 'whsec_x');
insert into webhook_deliveries (webhook_id, job_id, kind, body)
  values ('{an("hook")}', '{an("j1")}', 'job.failed', '{{}}');
insert into idempotency_keys (user_id, key, request) values ('{an("user")}', 'k', 'r');
insert into gateway_keys (name, secret) values ('media', 's');
insert into removals (folder) values ('videos/gone');
"""  # noqa: S608 - our own rows

Rows = dict[str, list[dict[str, Any]]]


async def rows(db: asyncpg.Connection) -> Rows:
    """All rows of all tables."""
    names = await db.fetch(
        """select relname from pg_class
           where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"""
    )
    return {
        name: [
            json.loads(row[0])
            for row in await db.fetch(f"select to_jsonb(t) from {name} t")  # noqa: S608 - ours
        ]
        for (name,) in names
    }


@pytest.fixture
async def url(postgres: str) -> AsyncIterator[str]:
    with servers.own_database(postgres) as dsn:
        yield dsn


async def test_a_filled_database_is_migrated_without_loss(url: str) -> None:
    assert (await migrate(url, BEFORE))[-1] == BEFORE
    db = await asyncpg.connect(url)
    try:
        await db.execute(_ROWS)
        before = await rows(db)
        assert [name for name, found in before.items() if not found] == []
        assert await migrate(url)
        after = await rows(db)
        for name, found in before.items():
            for row in found:
                if name == "chapters" and row["video_id"] is None:
                    del row["video_id"]  # they have one now
                kept = [one for one in after[name] if row.items() <= one.items()]
                assert len(kept) == 1, (name, row)
        slugs = {row["id"]: row["slug"] for row in after["projects"]}
        assert [slugs[an(f"p{n}")] for n in range(1, 5)] == ["demos", "demos-2", "project", "demos"]
        told = {row["id"]: (row["status"], row["error_message"]) for row in after["videos"]}
        assert {name: told.pop(an(name)) for name in ("new", "stored", "made", "broken")} == {
            "new": ("uploading", None),
            "stored": ("uploaded", None),
            "made": ("ready", None),
            "broken": ("failed", "no sound"),
        }
        assert told.pop(an("stopped")) == ("uploaded", None)
        assert told.pop(an("running")) == ("processing", None)
        # A video each for the documents of those that were deleted, where they can be read again.
        assert list(told.values()) == 2 * [
            ("failed", "The video was deleted. Its documents are kept.")
        ]
        chapters = {row["id"]: row for row in after["chapters"]}
        for article in after["articles"]:
            chapter = chapters[article["chapter_id"]]
            assert article["video_id"] == chapter["video_id"] is not None
            assert article["project_id"] == chapter["project_id"]
        # A retry of an old job goes on as one of a new job does.
        await db.execute(
            "update processing_jobs set epoch = 2, status = 'pending' where id = $1", an("j3")
        )
        await db.execute("update processing_jobs set status = 'cancelled' where id = $1", an("j3"))
        state = await db.fetchrow(
            "select status, error_message from videos where id = $1", an("broken")
        )
        assert state is not None
        assert tuple(state) == ("failed", "no sound")
    finally:
        await db.close()
