"""Each service's role in the database writes what the service owns, and nothing else."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.accounts import admit
from deploy.secrets import OWNERS, role
from tests.support.services import accepted

pytestmark = pytest.mark.integration

# A statement that changes one row at least, and the owners that may run it.
STATEMENTS = {
    "update processing_jobs set step_message = 'x'": {"gateway", "progress"},
    "update videos set title = 'x'": {"gateway"},
    "update videos set duration = 1": {"gateway", "transcriber"},
    "update videos set vtt_languages = '{}'": {"gateway", "translator"},
    "delete from videos": {"gateway"},
    """insert into removals (folder) values ('x')""": {"gateway"},
    """insert into subtitle_files (video_id, filename, storage_path, digest, cues, cue_count)
       select id, 'a.srt', 'x', 'x', '[]', 1 from videos""": {"gateway"},
    "insert into projects (org_id, name) select id, 'x' from organizations": {"gateway"},
    """insert into video_segments (id, video_id, "order", start_time, end_time, engine)
       select gen_random_uuid(), id, 0, 0, 1, 'x' from videos""": {"transcriber"},
    """insert into chapters (project_id, video_id, slug, title)
       select project_id, id, 'x', 'x' from videos""": {"docgen"},
    """insert into job_steps (job_id, epoch, unit, state)
       select id, 1, 'x', 0 from processing_jobs""": {"progress"},
    "insert into webhook_deliveries select * from webhook_deliveries": set(),
    "update outbox set published_at = now() where service = 'gateway'": {"gateway", "progress"},
    "delete from outbox": {"housekeeping"},
    """insert into engines (service, engine) values ('docgen', 'x')""": {"docgen"},
    """insert into ai_results (key, service, output, engine)
       values ('x', 'translator', '1', 'x')""": {"translator"},
    """insert into work_units (job_id, epoch, unit, service, state, owner, fence, lease_until)
       select id, 1, 'x', 'transcriber', 'done', 'x', 1, now() from processing_jobs""": {
        "transcriber"
    },
}


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    await accepted(connection, "videos/x.mp4", ("es",))
    yield connection
    await connection.close()


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("statement", STATEMENTS)
async def test_a_role_writes_its_own(db: asyncpg.Connection, owner: str, statement: str) -> None:
    transaction = db.transaction()
    await transaction.start()
    try:
        await db.execute(f"set local role {role(owner)}")
        try:
            touched = int((await db.execute(statement)).rpartition(" ")[2])
        except asyncpg.InsufficientPrivilegeError:
            touched = 0
    finally:
        await transaction.rollback()
    allowed = owner in STATEMENTS[statement]
    assert (touched > 0) == allowed, f"{owner}: {touched} rows by {statement}"


async def test_a_secret_of_a_webhook_is_the_gateways(db: asyncpg.Connection) -> None:
    for owner in OWNERS:
        allowed = await db.fetchval(
            "select has_column_privilege($1, 'webhooks', 'secret', 'select')", role(owner)
        )
        assert allowed == (owner == "gateway"), owner


async def test_a_role_logs_in_once_it_has_a_password(dsn: str) -> None:
    # Passwords are asked for over the network, not here: the statement's quoting is what is shown.
    name = role("progress")
    await admit(dsn, {name: "it's"})
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval(
            "select rolcanlogin from pg_roles where rolname = $1", name
        )
    finally:
        await connection.execute(f"alter role {name} nologin password null")
        await connection.close()
