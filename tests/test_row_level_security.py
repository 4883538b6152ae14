"""Row-level security in the database itself: every table and verb, with the role set by hand."""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.migrate import migrate
from shared.storage_settings import StorageSettings
from tests.support import servers
from tests.support.gateway import rows_of_project
from tests.support.services import ROOT

pytestmark = pytest.mark.integration

OWNER, WRITER, VIEWER, STRANGER = (uuid4() for _ in range(4))
DENIED = "denied"  # the role has no right to the verb at all, whatever the row

# For each table and verb: the statement, and what a viewer, a writer, a stranger and an anonymous
# caller get: how many rows it touches, or DENIED. `{...}` are the ids of one organization's rows.
_INSERT = {
    "organizations": "insert into organizations (name) values ('x')",
    "org_members": """insert into org_members (org_id, user_id, role)
      values ('{org}', '{new}', 'owner')""",
    "projects": "insert into projects (org_id, name) values ('{org}', 'x')",
    "videos": "insert into videos (project_id, title, filename) values ('{project}', 'x', 'x')",
    "video_segments": """insert into video_segments (id, video_id, "order", start_time, end_time,
      engine) values ('{new}', '{video}', 9, 0, 1, 'x')""",
    "chapters": """insert into chapters (project_id, video_id, slug, title)
      values ('{project}', '{video}', 'x', 'x')""",
    "articles": """insert into articles (chapter_id, language, slug, title, content_json,
      content_text) values ('{chapter}', 'fr', 'x', 'x', '{{}}', '')""",
    "processing_jobs": """insert into processing_jobs (project_id, video_id)
      values ('{project}', '{video}')""",
    "job_steps": "insert into job_steps (job_id, epoch, unit, state) values ('{job}', 1, 'x', 0)",
    "job_events": """insert into job_events (id, job_id, kind, epoch, attempt, unit, occurred_at)
      values ('{new}', '{job}', 'x', 1, 1, 'x', now())""",
    "work_units": """insert into work_units (job_id, epoch, unit, service, state, owner, fence,
      lease_until) values ('{job}', 1, 'x', 'x', 'done', 'x', 1, now())""",
    "ai_results": "insert into ai_results (key, service, output, engine) values ('x','x','1','x')",
    "ai_calls": """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens,
      output_tokens) values ('{new}', '{job}', 1, 'x', 'x', 'x', 1, 1)""",
    "ai_prices": "insert into ai_prices values ('x', '2020-01-01', 1, 1, 1)",
    "ai_admissions": "insert into ai_admissions (model, due_at, tokens) values ('x', now(), 1)",
    "ai_closures": "insert into ai_closures values ('x', now(), true)",
    "engines": "insert into engines (service, engine) values ('x', 'x')",
    "outbox": """insert into outbox (id, job_id, service, cause, epoch, kind, body)
      values ('{new}', '{job}', 'x', 'x', 1, 'x', '')""",
    "glossary_terms": """insert into glossary_terms (project_id, language, term)
      values ('{project}', 'es', 'new')""",
    "webhooks": """insert into webhooks (project_id, url, events, secret)
      values ('{project}', 'x', '{{}}', 'x')""",
    "webhook_deliveries": """insert into webhook_deliveries (webhook_id, job_id, kind, body)
      values ('{webhook}', '{job}', 'x', 'x')""",
    "idempotency_keys": """insert into idempotency_keys (user_id, key, request)
      values ('{new}', 'x', 'x')""",
    "removals": "insert into removals (folder) values ('x')",
    "gateway_keys": "insert into gateway_keys (name, secret) values ('x', 'x')",
    "operators": "insert into operators (user_id) values ('{new}')",
    "invitations": "insert into invitations (org_id, email) values ('{org}', 'x@example.org')",
    "subtitle_files": """insert into subtitle_files (video_id, filename, storage_path, digest, cues,
      cue_count) values ('{video}', 'x.srt', 'x', 'x', '[]', 1)""",
}
_UPDATE = {
    "organizations": "name = 'y'",
    "org_members": "role = 'owner'",
    "projects": "name = 'y'",
    "videos": "title = 'y'",
    "video_segments": "spoken_content = 'y'",
    "chapters": "title = 'y'",
    "articles": "status = 'published'",
    "processing_jobs": "status = 'completed'",
    "job_steps": "state = 4",
    "job_events": "kind = 'y'",
    "work_units": "state = 'done'",
    "ai_results": "engine = 'y'",
    "ai_calls": "model = 'y'",
    "ai_prices": "prompt = 2",
    "ai_admissions": "tokens = 2",
    "ai_closures": "daily = false",
    "engines": "engine = 'y'",
    "outbox": "kind = 'y'",
    "glossary_terms": "translation = 'y'",
    "webhooks": "url = 'y'",
    "webhook_deliveries": "state = 'failed'",
    "idempotency_keys": "request = 'y'",
    "removals": "due_at = now()",
    "gateway_keys": "secret = 'y'",
    "operators": "created_at = now()",
    "invitations": "role = 'owner'",
    "subtitle_files": "filename = 'y'",
}
_SEEN = {  # by members; by everybody who is logged in: engines, ai_prices
    "organizations", "projects", "videos", "video_segments", "chapters", "articles",
    "processing_jobs", "job_steps", "job_events", "glossary_terms", "webhook_deliveries",
    "ai_calls", "subtitle_files",
}  # fmt: skip
_MADE = _SEEN - {"job_steps", "job_events", "glossary_terms", "ai_calls", "subtitle_files"} | {
    "org_members",
    "invitations",
}
_WRITTEN = {"projects", "videos", "glossary_terms", "webhooks"}  # inserted, by writers
_CHANGED = {"projects", "videos", "articles", "glossary_terms", "webhooks"}
_REMOVED = {"glossary_terms", "webhooks"}

SUPABASE = ROOT / "deploy" / "supabase"

Got = int | str


@dataclass(frozen=True)
class As:
    """A connection on which everything is undone after each statement."""

    db: asyncpg.Connection

    async def run(self, user: UUID | None, statement: str) -> Got:
        """Run a statement as a user (none: not logged in); return how many rows, or DENIED."""
        transaction = self.db.transaction()
        await transaction.start()
        try:
            claims = json.dumps({"sub": str(user), "role": "authenticated"} if user else {})
            await self.db.execute("select set_config('request.jwt.claims', $1, true)", claims)
            await self.db.execute(f"set local role {'authenticated' if user else 'anon'}")
            return int((await self.db.execute(statement)).rpartition(" ")[2])
        except asyncpg.InsufficientPrivilegeError:
            return DENIED
        finally:
            await transaction.rollback()


@pytest.fixture
async def ids(db: asyncpg.Connection) -> dict[str, UUID]:
    names = ("org", "project", "video", "job", "chapter", "article", "webhook", "new")
    found = {name: uuid4() for name in names}
    await db.execute("insert into organizations (id, name) values ($1, 'Ours')", found["org"])
    theirs = await db.fetchval("insert into organizations (name) values ('Theirs') returning id")
    for org, user, role in (
        (found["org"], OWNER, "owner"),
        (found["org"], WRITER, "writer"),
        (found["org"], VIEWER, "viewer"),
        (theirs, STRANGER, "owner"),
    ):
        await db.execute(
            "insert into org_members (org_id, user_id, role) values ($1, $2, $3)", org, user, role
        )
    await rows_of_project(db, found)
    # What the others' rows hang on: one row in each table.
    for table, statement in _INSERT.items():
        if table not in _MADE:
            await db.execute(statement.format(**found))
    await db.execute(
        "insert into invitations (org_id, email, invited_by) values ($1, 'grace@example.org', $2)",
        found["org"],
        OWNER,
    )
    await db.execute("update webhooks set id = $1", found["webhook"])
    await db.execute(_INSERT["webhook_deliveries"].format(**found))
    found["new"] = uuid4()
    return found


async def test_every_table_is_guarded_and_tried(db: asyncpg.Connection) -> None:
    rows = await db.fetch(
        "select relname, relrowsecurity from pg_class where relkind = 'r' "
        "and relnamespace = 'public'::regnamespace"
    )
    assert {row["relname"] for row in rows} == _INSERT.keys() == _UPDATE.keys()
    assert all(row["relrowsecurity"] for row in rows)


def _seen(table: str, *, member: bool) -> Got:
    """How many rows of a table somebody sees who is logged in."""
    apart = {
        "organizations": 1,  # each their own
        "org_members": 3 if member else 1,
        "engines": 1,
        "ai_prices": 5,  # the migration's four and ours, to everybody who is logged in
        "operators": 0,  # but oneself
        "invitations": 0,  # but an owner's
        "webhooks": 1 if member else 0,
    }
    if table in apart:
        return apart[table]
    return (1 if member else 0) if table in _SEEN else DENIED


@pytest.mark.parametrize("table", sorted(_INSERT))
async def test_every_verb(db: asyncpg.Connection, ids: dict[str, UUID], table: str) -> None:
    anybody = As(db)
    told: dict[tuple[str, str], Got] = {}
    expected: dict[tuple[str, str], Got] = {}
    columns = "id, url" if table == "webhooks" else "*"
    statements = {
        "select": f"select {columns} from {table}",  # noqa: S608 - our own tables
        "insert": _INSERT[table].replace("'es', 'new'", "'fr', 'new'").format(**ids),
        "update": f"update {table} set {_UPDATE[table]}",  # noqa: S608 - as above
        "delete": f"delete from {table}",  # noqa: S608 - as above
    }
    users = {"writer": WRITER, "viewer": VIEWER, "stranger": STRANGER, "anonymous": None}
    for who, user in users.items():
        member = who in {"writer", "viewer"}
        for verb, statement in statements.items():
            told[who, verb] = await anybody.run(user, statement)
        if user is None:
            expected |= dict.fromkeys(((who, verb) for verb in statements), DENIED)
            continue
        seen = _seen(table, member=member)
        changed = 1 if who == "writer" else 0
        expected[who, "select"] = seen
        # A row that its policy does not let in is refused as a right that is lacking is.
        expected[who, "insert"] = 1 if table in _WRITTEN and who == "writer" else DENIED
        expected[who, "update"] = changed if table in _CHANGED else DENIED
        expected[who, "delete"] = changed if table in _REMOVED else DENIED
        if table == "invitations":  # owners have the right, and these are owners of nothing here
            expected[who, "update"] = expected[who, "delete"] = 0
    assert told == expected


async def test_invitations_are_their_organizations_owners(
    db: asyncpg.Connection, ids: dict[str, UUID]
) -> None:
    anybody, ours = As(db), {"org": ids["org"]}
    mine = await db.fetchval("select org_id from org_members where user_id = $1", STRANGER)
    ours["mine"], ours["writer"] = mine, WRITER
    for statement, got in (
        ("select * from invitations", 1),
        ("insert into invitations (org_id, email) values ('{org}', 'new@example.org')", 1),
        ("update invitations set role = 'viewer'", 1),
        ("delete from invitations", 1),
        # In another's name, for another address, into another organization: no.
        ("insert into invitations values (default, '{org}', 'a@b.c', 'owner', '{writer}')", DENIED),
        ("update invitations set email = 'mallory@example.org'", DENIED),
        ("update invitations set org_id = '{mine}'", DENIED),
        ("insert into invitations (org_id, email) values ('{mine}', 'me@example.org')", DENIED),
    ):
        assert await anybody.run(OWNER, statement.format(**ours)) == got, statement
    # Who stops being an owner sees them no more.
    await db.execute("update org_members set role = 'writer' where user_id = $1", OWNER)
    assert await anybody.run(OWNER, "select * from invitations") == 0


async def test_an_address_is_kept_in_small_letters(
    db: asyncpg.Connection, ids: dict[str, UUID]
) -> None:
    for wrong in ("Ada@example.org", "ada", ""):
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute(
                "insert into invitations (org_id, email, invited_by) values ($1, $2, $3)",
                ids["org"],
                wrong,
                OWNER,
            )


@pytest.mark.parametrize(
    "statement",
    [
        # Workers read whatever lies where a video's row says.
        "update videos set storage_path = 'videos/of/somebody.mp4'",
        """insert into videos (project_id, title, filename, storage_path)
           values ('{project}', 'x', 'x', 'videos/of/somebody.mp4')""",
        "update videos set project_id = '{project}'",
        "update projects set org_id = '{org}'",
        "update articles set chapter_id = '{chapter}'",
        "update articles set project_id = '{project}', video_id = '{video}'",
        "update projects set slug = 'mine'",
        "update videos set status = 'ready', error_message = null, refusal = null",
        "update processing_jobs set epoch = 9",
        "update processing_jobs set cancel_requested_at = now()",
        "select secret from webhooks",
        "update webhooks set secret = 'x'",
        "select * from webhooks",
    ],
)
async def test_columns_that_are_not_a_writers(
    db: asyncpg.Connection, ids: dict[str, UUID], statement: str
) -> None:
    assert await As(db).run(OWNER, statement.format(**ids)) == DENIED


async def test_a_job_is_on_a_video_of_its_project(
    db: asyncpg.Connection, ids: dict[str, UUID]
) -> None:
    other = await db.fetchval(
        "insert into projects (org_id, name) values ($1, 'Other') returning id", ids["org"]
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await db.execute(
            "insert into processing_jobs (project_id, video_id) values ($1, $2)",
            other,
            ids["video"],
        )


async def test_workers_see_and_write_everything(
    db: asyncpg.Connection, ids: dict[str, UUID]
) -> None:
    await db.execute("set role service_role")
    for table, change in _UPDATE.items():
        touched = await db.execute(f"update {table} set {change}")  # noqa: S608 - as above
        assert touched != "UPDATE 0", table
    await db.execute(f"delete from organizations where id = '{ids['org']}'")  # noqa: S608 - as above


_GENEROUS = """
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions
  to anon, authenticated, service_role;
create schema storage;
grant usage on schema storage to authenticated;
create table storage.buckets (id text primary key, name text not null, public boolean);
create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text,
  name text);
alter table storage.objects enable row level security;
grant all on storage.objects to authenticated;
create function storage.foldername(name text) returns text[] language sql immutable as
  $$ select (string_to_array(name, '/'))[1:array_length(string_to_array(name, '/'), 1) - 1] $$;
"""


async def test_a_supabase_projects_generous_defaults_are_taken_back(postgres: str) -> None:
    """As a Supabase project is: everything granted by default, and a Storage schema."""
    with servers.own_database(postgres) as dsn:
        db = await asyncpg.connect(dsn)
        try:
            await db.execute((SUPABASE / "embedded.sql").read_text())
            await db.execute(_GENEROUS)
            assert len(await migrate(dsn)) >= 2
            assert await migrate(dsn) == []
            for _ in range(2):
                await db.execute((SUPABASE / "seed.sql").read_text())
            granted = await db.fetch(
                """select table_name, privilege_type from information_schema.role_table_grants
                   where table_schema = 'public' and grantee = 'anon'"""
            )
            assert granted == []
            loose = await db.fetch(
                """select proname from pg_proc where pronamespace = 'public'::regnamespace
                   and has_function_privilege('anon', oid, 'execute')"""
            )
            assert loose == []
            ids = {name: uuid4() for name in ("org", "project", "video", "job", "chapter")}
            ids["article"] = uuid4()
            await db.execute("insert into organizations (id, name) values ($1, 'X')", ids["org"])
            await db.execute(
                "insert into org_members (org_id, user_id, role) values ($1, $2, 'viewer')",
                ids["org"],
                VIEWER,
            )
            await rows_of_project(db, ids)
            assert await db.fetchval("select public from storage.buckets") is False
            await db.execute(
                "insert into storage.objects (bucket_id, name) values ('docreel', $1)",
                f"videos/{ids['video']}/talk.mp4",
            )
            anybody = As(db)
            assert (
                await anybody.run(VIEWER, "update processing_jobs set status = 'failed'") == DENIED
            )
            assert await anybody.run(VIEWER, "select * from storage.objects") == 1
            assert await anybody.run(STRANGER, "select * from storage.objects") == 0
            assert await anybody.run(VIEWER, "delete from storage.objects") == 0
        finally:
            await db.close()


def test_the_bucket_is_the_same_for_the_cli_the_migrations_and_the_settings() -> None:
    configuration = tomllib.loads((SUPABASE / "config.toml").read_text())
    (bucket,) = configuration["storage"]["buckets"]
    assert bucket == StorageSettings.model_fields["supabase_bucket"].default
    assert configuration["storage"]["buckets"][bucket] == {"public": False}
    migrations = sorted((SUPABASE / "migrations").glob("*.sql"))
    assert any(f"'{bucket}', '{bucket}', false" in file.read_text() for file in migrations)


def test_the_migrations_are_a_command(postgres: str) -> None:
    with servers.own_database(postgres) as dsn:
        for told in ("Applied: 20261124000000", "Nothing was missing."):
            done = subprocess.run(
                [sys.executable, "-m", "deploy.migrate"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": dsn},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stdout.startswith(told)) == (0, True), done.stderr
