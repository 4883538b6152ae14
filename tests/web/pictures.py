"""`make pictures`: the README's pictures, in docs/pictures, taken of a real stack in Chromium.

With DOCREEL_PICTURES=/some/folder every page goes there instead, at 390, 768 and 1440 px, light and
dark, to be looked at. A test by its form alone: it needs what the tests need.
"""

import os
from pathlib import Path

import asyncpg
import pytest
from PIL import Image

from deploy.local import web
from tests.support import servers
from tests.support.services import ROOT
from tests.test_end_to_end import SAMPLE
from tests.web.test_web import Served, builder, site, stack
from tests.web.walks import walk

__all__ = ["builder", "site", "stack"]  # fixtures

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

LARGEST = 100_000  # bytes of a picture in the repository


async def spend(dsn: str) -> None:
    """Some calls a day, as if a model had been paid."""
    db = await asyncpg.connect(dsn)
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


def test_pictures_are_taken(stack: Served, builder: web.Node, tmp_path: Path) -> None:
    wanted = os.environ.get("DOCREEL_PICTURES")

    def do(what: str) -> object:
        if what == "spending":
            servers.run_alone(spend(stack.database))
            return {}
        return stack.do(what)

    taken = Path(wanted) if wanted else tmp_path
    taken.mkdir(parents=True, exist_ok=True)
    kind = "all" if wanted else "main"
    file = tmp_path / "talk.mp4"
    file.write_bytes(SAMPLE.read_bytes())
    walk(builder, kind, stack.url, str(file), str(taken), do=do, script="pictures.mjs")
    if wanted:
        return
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for picture in sorted(taken.glob("*.png")):
        made = folder / f"{picture.stem}.webp"
        with Image.open(picture) as image:
            image.save(made, "WEBP", quality=80, method=6)
        assert made.stat().st_size < LARGEST, made
