"""What the old frontend reads with supabase-js: its three queries, and its view of a job."""

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.amqp import RabbitMQ
from shared.postgres.outbox import PostgresOutbox
from shared.routes import CONSUMERS, Service
from shared.topology import declare
from simulators.gemini.server import KEY, serving
from tests.support import postgrest
from tests.support.catalog import database_type
from tests.support.gateway import eventually, rows_of_project
from tests.support.npm import NODE, installed, run
from tests.support.services import ROOT, Services, accepted

pytestmark = pytest.mark.integration

HERE = Path(__file__).resolve().parent
GUIDE = ROOT / "docs" / "supabase.md"
USER = uuid4()
_RECORDED = """
create table recorded (n integer generated always as identity primary key, row jsonb not null);
create function record() returns trigger language plpgsql security definer as $$
begin
  insert into recorded (row) values (to_jsonb(new));
  return null;
end $$;
create trigger record after insert or update on processing_jobs
  for each row execute function record();
"""


def queries() -> str:
    """The queries as docs/supabase.md shows them."""
    (found,) = re.findall(r"```ts\n(export function oneJob.*?)```", GUIDE.read_text(), re.DOTALL)
    return 'import { supabase } from "./client.ts";\n\n' + str(found)


class Frontend:
    """The old frontend's files beside the packages that they need."""

    def __init__(self, folder: Path, packages: Path, types: str) -> None:
        for source in [*HERE.glob("*.ts"), HERE / "tsconfig.json", HERE / "package.json"]:
            shutil.copy(source, folder)
        (folder / "node_modules").symlink_to(packages / "node_modules")
        (folder / "queries.ts").write_text(queries())
        (folder / "database.ts").write_text(types)
        self._folder = folder

    def checked(self) -> str:
        """What the compiler says against the types that the client really has."""
        compiler = self._folder / "node_modules" / "typescript" / "bin" / "tsc"
        return run([NODE, compiler, "--project", "tsconfig.json"], self._folder).stdout

    def runs(self, name: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return run([NODE, name, *arguments], self._folder, given)


@pytest.fixture
async def frontend(db: asyncpg.Connection, tmp_path: Path) -> Frontend:
    folder = tmp_path / "frontend"
    folder.mkdir()
    packages = installed(HERE, ROOT / ".local" / "oldview")
    return Frontend(folder, packages, await database_type(db))


@pytest.fixture
async def ids(db: asyncpg.Connection) -> dict[str, UUID]:
    """An organization with a member, a project, a video and a job; and another with the same."""
    names = ("org", "project", "video", "job", "chapter", "article")
    ours, theirs = ({name: uuid4() for name in names} for _ in range(2))
    for found in (theirs, ours):
        await db.execute("insert into organizations (id, name) values ($1, 'O')", found["org"])
        await rows_of_project(db, found)
    await db.execute(
        "insert into org_members (org_id, user_id, role) values ($1, $2, 'viewer')",
        ours["org"],
        USER,
    )
    return ours


async def asked(frontend: Frontend, dsn: str, ids: dict[str, UUID]) -> Any:
    async with postgrest.serving(dsn) as url:
        given = (url, str(USER), str(ids["project"]), str(ids["job"]))
        return await asyncio.to_thread(frontend.runs, "ask.ts", *given)


async def test_the_three_queries_give_what_they_are_said_to(
    frontend: Frontend, db: asyncpg.Connection, dsn: str, ids: dict[str, UUID]
) -> None:
    assert frontend.checked() == ""
    older = [
        await db.fetchval(
            """insert into processing_jobs (project_id, video_id, status, created_at)
               values ($1, $2, $3, now() - make_interval(hours => $4)) returning id""",
            ids["project"],
            ids["video"],
            status,
            hours,
        )
        for hours, status in enumerate(
            ("completed", "processing", "failed", "cancelled", "completed"), 1
        )
    ]
    done = await asked(frontend, dsn, ids)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    job = str(ids["job"])
    assert told["one"] == {"id": job, "status": "pending", "step": "uploading"}
    assert told["active"] == [job, str(older[1])]
    assert told["newest"] == [[str(one), "V"] for one in (ids["job"], *older[:4])]


async def test_a_second_foreign_key_is_what_both_would_stumble_over(
    frontend: Frontend, db: asyncpg.Connection, dsn: str, ids: dict[str, UUID]
) -> None:
    await db.execute(
        "alter table processing_jobs add constraint second foreign key (video_id) references videos"
    )
    done = await asked(frontend, dsn, ids)
    assert done.returncode != 0
    assert "PGRST201" in done.stderr


@pytest.fixture
async def recorded(
    db: asyncpg.Connection, dsn: str, amqp_url: str, tmp_path: Path
) -> list[dict[str, Any]]:
    """Every row that the row of a real job of two languages has been."""
    await db.execute(_RECORDED)
    await declare(amqp_url)
    shutil.copy(ROOT / "samples" / "sample.mp4", tmp_path)
    event = await accepted(db, "sample.mp4", ("es", "ca"))
    gateway = RabbitMQ(amqp_url, Service.GATEWAY)
    await gateway.connect()
    await gateway.publish([event])
    await PostgresOutbox(db).published([event.id])
    await gateway.close()
    async with serving() as simulator:
        services = Services(
            {
                "AMQP_URL": amqp_url,
                "DATABASE_URL": dsn,
                "STORAGE_DIR": str(tmp_path),
                "GEMINI_API_KEY": KEY,
                "GEMINI_BASE_URL": simulator.url,
                "WINDOW_SECONDS": "20",
            }
        )
        await services.start(*CONSUMERS)
        try:

            async def ended() -> bool:
                status = await db.fetchval("select status from processing_jobs")
                return status in {"completed", "failed", "cancelled"}

            await eventually(ended, 120)
        finally:
            await services.stop()
    assert await db.fetchval("select status from processing_jobs") == "completed"
    rows = await db.fetch("select row from recorded order by n")
    return [json.loads(row["row"]) for row in rows]


async def test_every_line_of_the_old_view_goes_forward_to_its_end(
    frontend: Frontend, recorded: list[dict[str, Any]]
) -> None:
    assert frontend.checked() == ""

    def viewed(rows: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
        return frontend.runs("view.ts", given=json.dumps(rows))

    done = viewed(recorded)
    assert done.returncode == 0, done.stderr
    active = json.loads(done.stdout)
    assert set(active) == {
        "uploading",
        "transcribing",
        "generating_docs",
        "translating es",
        "translating ca",
        "complete",
    }
    # The view would see what it used to see: languages that no message names.
    silent = [
        row | {"step_message": re.sub(r"\b(es|ca)\b", "", row["step_message"])} for row in recorded
    ]
    assert "was never active" in viewed(silent).stderr
    assert "uploading is active at the end" in viewed(recorded[:1]).stderr
    assert "went from" in viewed([*recorded, recorded[0]]).stderr
    messages = [row["step_message"] for row in recorded]
    assert any(re.fullmatch(r"Transcribing part \d of 3", one) for one in messages), messages
    assert any(re.fullmatch(r"Writing article \d of 2", one) for one in messages), messages
