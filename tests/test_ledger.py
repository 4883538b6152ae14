"""The ledger on a real PostgreSQL: one call a unit, whoever asks and however often."""

import asyncio
import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.migrate import migrate
from shared.events import TranscriptionCompleted, VideoProcess
from shared.ledger import Answer, Claim, Outcome, Standing
from shared.postgres.ledger import PostgresLedger
from shared.postgres.outbox import PostgresOutbox
from shared.routes import Service

pytestmark = pytest.mark.integration

STRANGER = UUID(int=99)


@pytest.fixture
async def job(db: asyncpg.Connection) -> VideoProcess:
    org, project, video, one = (uuid4() for _ in range(4))
    await db.execute("insert into organizations (id, name) values ($1, 'Acme')", org)
    await db.execute("insert into org_members values ($1, $1, 'viewer')", org)
    await db.execute(
        "insert into projects (id, org_id, name) values ($1, $2, 'Docs')", project, org
    )
    await db.execute(
        "insert into videos (id, project_id, title, filename) values ($1, $2, 'A talk', 'a.mp4')",
        video,
        project,
    )
    await db.execute(
        "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
        one,
        project,
        video,
    )
    return VideoProcess.of(job_id=one, project_id=project, video_id=video, unit="job")


async def ask(
    db: asyncpg.Connection,
    job: VideoProcess,
    owner: str = "a",
    lease: float = 30,
    *,
    alone: bool = False,
) -> Claim:
    return await PostgresLedger(db).claim(
        job, "window/0", service=Service.TRANSCRIBER, owner=owner, lease=lease, alone=alone
    )


async def unknown_calls(db: asyncpg.Connection) -> int:
    return int(await db.fetchval("select sum(unknown_calls) from work_units"))


async def test_migrations_apply_twice_without_harm(dsn: str) -> None:
    assert await migrate(dsn) == []


async def test_of_twenty_at_once_one_gets_the_unit(dsn: str, job: VideoProcess) -> None:
    async with asyncpg.create_pool(dsn, min_size=20, max_size=20) as pool:

        async def one(owner: int) -> Standing:
            async with pool.acquire() as connection:
                claim = await PostgresLedger(connection).claim(
                    job,
                    "window/0",
                    service=Service.TRANSCRIBER,
                    owner=str(owner),
                    lease=30,
                )
                return claim.standing

        found = await asyncio.gather(*map(one, range(20)))
    assert sorted(found) == [Standing.CLAIMED] + [Standing.LEASED] * 19


async def test_what_is_done_is_not_done_again(db: asyncpg.Connection, job: VideoProcess) -> None:
    claim = await ask(db, job)
    assert await PostgresLedger(db).settle(job, "window/0", claim.fence, Outcome("done"))
    assert (await ask(db, job, "b")).standing is Standing.DONE


async def test_a_sleeper_past_its_lease_cannot_overwrite_its_successor(
    db: asyncpg.Connection, job: VideoProcess
) -> None:
    sleeper = await ask(db, job, lease=0)
    # With a lease of its own of 0 s, since one lasts as long again after the server's start.
    assert (await ask(db, job, "b", lease=0)).standing is Standing.ALONE
    successor = await ask(db, job, "b", lease=0, alone=True)
    assert successor == Claim(Standing.CLAIMED, sleeper.fence + 1, deaths=1)
    assert await unknown_calls(db) == 1
    assert not await PostgresLedger(db).renew(job, "window/0", sleeper.fence, 30)
    assert not await PostgresLedger(db).settle(job, "window/0", sleeper.fence, Outcome("done"))
    assert await PostgresLedger(db).settle(job, "window/0", successor.fence, Outcome("done"))


async def test_a_waiting_unit_is_free_at_once_and_hides_no_call(
    db: asyncpg.Connection, job: VideoProcess
) -> None:
    claim = await ask(db, job)
    await PostgresLedger(db).settle(job, "window/0", claim.fence, Outcome("waiting", "quota"))
    assert (await ask(db, job, "b")).standing is Standing.CLAIMED
    assert await unknown_calls(db) == 0


async def test_after_a_cancel_nothing_is_claimed_and_no_lease_renewed(
    db: asyncpg.Connection, job: VideoProcess
) -> None:
    claim = await ask(db, job)
    await db.execute("update processing_jobs set cancel_requested_at = now()")
    assert not await PostgresLedger(db).renew(job, "window/0", claim.fence, 30)
    other = await PostgresLedger(db).claim(
        job, "window/1", service=Service.TRANSCRIBER, owner="a", lease=30
    )
    assert other.standing is Standing.CANCELLED


async def test_an_event_of_an_earlier_epoch_finds_its_work_ended(
    db: asyncpg.Connection, job: VideoProcess
) -> None:
    await db.execute("update processing_jobs set epoch = 2")
    assert (await ask(db, job)).standing is Standing.CANCELLED


async def test_the_first_result_for_a_content_stays(db: asyncpg.Connection) -> None:
    assert await PostgresLedger(db).kept("k") is None
    await PostgresLedger(db).keep(Answer("k", Service.DOCGEN, {"title": "Señal"}, "offline"))
    await PostgresLedger(db).keep(Answer("k", Service.DOCGEN, {"title": "other"}, "offline"))
    assert await PostgresLedger(db).kept("k") == {"title": "Señal"}


async def test_an_event_stands_once_in_the_outbox(
    db: asyncpg.Connection, job: VideoProcess
) -> None:
    after = TranscriptionCompleted.following(job, unit="window/0", window=0)
    outbox = PostgresOutbox(db)
    await outbox.post(Service.TRANSCRIBER, [after], cause="window/0")
    await outbox.post(Service.TRANSCRIBER, [after, after], cause="window/0")
    rows = await db.fetch("select kind, body from outbox")
    assert [row["kind"] for row in rows] == ["transcription.completed"]
    assert json.loads(rows[0]["body"])["id"] == str(after.id)


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize(("stranger", "seen"), [(False, 1), (True, 0)])
async def test_only_members_see_an_organizations_rows(
    db: asyncpg.Connection, *, stranger: bool, seen: int
) -> None:
    member = await db.fetchval("select user_id from org_members")
    claims = json.dumps({"sub": str(STRANGER if stranger else member)})
    async with db.transaction():
        await db.execute("set local role authenticated")
        await db.execute("select set_config('request.jwt.claims', $1, true)", claims)
        for table in ("organizations", "projects", "videos", "processing_jobs"):
            count = f"select count(*) from {table}"  # noqa: S608 - a constant of this test
            assert await db.fetchval(count) == seen


async def test_no_member_writes_a_jobs_row_or_sees_the_ledger(
    db: asyncpg.Connection, job: VideoProcess
) -> None:
    member = await db.fetchval("select user_id from org_members")
    claims = json.dumps({"sub": str(member)})

    async def attempt(role: str, statement: str, *values: object) -> str:
        await db.execute("update org_members set role = $1", role)
        try:
            async with db.transaction():
                await db.execute("set local role authenticated")
                await db.execute("select set_config('request.jwt.claims', $1, true)", claims)
                return await db.execute(statement, *values)
        except asyncpg.InsufficientPrivilegeError:
            return "refused"

    insert = "insert into processing_jobs (project_id, video_id) values ($1, $2)"
    # A row without its event never runs: the gateway writes both.
    assert await attempt("viewer", insert, job.project_id, job.video_id) == "refused"
    assert await attempt("owner", insert, job.project_id, job.video_id) == "refused"
    assert await attempt("owner", "update processing_jobs set progress = 1") == "refused"
    assert await attempt("owner", "select * from work_units") == "refused"


async def test_an_event_that_nobody_can_read_holds_up_no_other(
    db: asyncpg.Connection, job: VideoProcess
) -> None:
    outbox = PostgresOutbox(db)
    await outbox.post(Service.TRANSCRIBER, [job], cause="job")
    await db.execute("update outbox set kind = 'video.of_another_version'")
    after = TranscriptionCompleted.following(job, unit="window/0", window=0)
    await outbox.post(Service.TRANSCRIBER, [after], cause="window/0")
    assert await outbox.unpublished(Service.TRANSCRIBER, 0, 1) == []
    assert await outbox.unpublished(Service.TRANSCRIBER, 0, 1) == [after]
