"""The storage is cleared of what no row needs, and of nothing else."""

import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.gateway import poster
from services.gateway.sweeping import Sweep
from shared.storage import Folder
from tests.support.services import accepted

pytestmark = pytest.mark.integration

_DAY = 86_400.0
_UPLOADS, _PICTURES = 7.0, 180.0  # days that are kept


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as opened:
        yield opened


@pytest.fixture
def sweep(pool: asyncpg.Pool, tmp_path: Path) -> Sweep:
    return Sweep(pool, Folder(tmp_path), _UPLOADS, _PICTURES)


def put(root: Path, path: str, days: float) -> str:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    written = time.time() - days * _DAY
    os.utime(file, (written, written))
    return path


def left(root: Path) -> set[str]:
    return {str(one.relative_to(root)) for one in root.rglob("*") if one.is_file()}


async def video(pool: asyncpg.Pool) -> UUID:
    return (await accepted(pool, "videos/x.mp4", ())).video_id


async def showing(pool: asyncpg.Pool, video_id: UUID, shown: str, proposed: str) -> None:
    """Write an article that shows one picture, beside a proposal that shows another."""
    chapter = await pool.fetchval(
        """insert into chapters (project_id, video_id, slug, title)
           select project_id, id, 'c', 'C' from videos where id = $1 returning id""",
        video_id,
    )
    content, proposal = (
        json.dumps({"type": "image", "attrs": {"src": f"/api/videos/{video_id}/images/{name}"}})
        for name in (shown, proposed)
    )
    await pool.execute(
        """insert into articles (chapter_id, language, slug, title, content_json, content_text,
                                 proposal)
           values ($1, 'en', 's', 'S', $2, '', $3)""",
        chapter,
        content,
        proposal,
    )


async def test_files_of_videos_that_are_gone_go_after_a_day(
    sweep: Sweep, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    there, gone = await video(pool), uuid4()
    kept = {
        put(tmp_path, f"videos/{there}/talk.mp4", 400),
        put(tmp_path, f"images/{there}/young.webp", 100),
        put(tmp_path, f"images/{there}/{poster.NAME}", 400),
        put(tmp_path, f"videos/{gone}/being-written.mp4", 0.5),
        put(tmp_path, "videos/somebody-elses/file.mp4", 400),
        put(tmp_path, "exports/ours.zip", 400),
    }
    put(tmp_path, f"videos/{gone}/talk.mp4", 2)
    put(tmp_path, f"images/{gone}/one.webp", 2)
    assert await sweep.run() == 2
    assert left(tmp_path) == kept
    assert not (tmp_path / "images" / str(gone)).exists()
    assert await sweep.run() == 0


async def test_a_picture_goes_when_no_article_shows_it_and_no_kept_result_can_name_it(
    sweep: Sweep, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    there = await video(pool)
    await showing(pool, there, "shown.webp", "proposed.webp")
    kept = {
        put(tmp_path, f"images/{there}/shown.webp", 400),
        put(tmp_path, f"images/{there}/proposed.webp", 400),
        put(tmp_path, f"images/{there}/young.webp", _PICTURES),
    }
    put(tmp_path, f"images/{there}/old.webp", _PICTURES + 2)
    assert await sweep.run() == 1
    assert left(tmp_path) == kept


async def test_an_upload_that_does_not_go_on_goes(
    sweep: Sweep, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    there = await video(pool)
    put(tmp_path, f".uploads/{there}", _UPLOADS + 1)
    kept = {put(tmp_path, f".uploads/{uuid4()}", _UPLOADS - 1)}
    assert await sweep.run() == 1
    assert left(tmp_path) == kept


async def test_a_database_that_knows_no_video_of_the_storage_empties_nothing(
    sweep: Sweep, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await video(pool)
    kept = {put(tmp_path, f"videos/{uuid4()}/talk.mp4", 400)}
    assert await sweep.run() == 0
    assert left(tmp_path) == kept
