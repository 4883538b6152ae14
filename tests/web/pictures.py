"""`make pictures`: the README's pictures, in docs/pictures, taken of a real stack in Chromium.

With DOCREEL_PICTURES=/some/folder every page goes there instead, at 390, 768 and 1440 px, light and
dark, to be looked at. A test by its form alone: it needs what the tests need.
"""

import asyncio
import os
from pathlib import Path

import pytest
from PIL import Image

from deploy.local import web
from simulators.supabase.server import PUBLISHABLE, SECRET, SupabaseDouble
from tests.support.gateway import Start
from tests.support.services import ROOT
from tests.test_end_to_end import SAMPLE
from tests.web.served import Served
from tests.web.test_accounts import project
from tests.web.walks import walk

__all__ = ["project"]  # a fixture

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

LARGEST = 100_000  # bytes of a picture in the repository


def test_pictures_are_taken(stack: Served, builder: web.Node, tmp_path: Path) -> None:
    wanted = os.environ.get("DOCREEL_PICTURES")

    taken = Path(wanted) if wanted else tmp_path
    taken.mkdir(parents=True, exist_ok=True)
    kind = "all" if wanted else "main"
    file = tmp_path / "talk.mp4"
    file.write_bytes(SAMPLE.read_bytes())
    walk(builder, kind, stack.url, str(file), str(taken), do=stack.do, script="pictures.mjs")
    if wanted:
        return
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for picture in sorted(taken.glob("*.png")):
        made = folder / f"{picture.stem}.webp"
        with Image.open(picture) as image:
            image.save(made, "WEBP", quality=80, method=6)
        assert made.stat().st_size < LARGEST, made


async def test_pictures_of_the_login_are_taken(
    start: Start, project: SupabaseDouble, builder: web.Node
) -> None:
    wanted = os.environ.get("DOCREEL_PICTURES")
    if not wanted:
        pytest.skip("the README does not show it")
    async with start(
        supabase_url=project.url,
        supabase_secret_key=SECRET,
        supabase_publishable_key=PUBLISHABLE,
        storage_dir=None,
    ) as http:
        url = str(http.base_url)
        await asyncio.to_thread(
            walk, builder, "login", url, "", wanted, do=lambda _: {}, script="pictures.mjs"
        )
