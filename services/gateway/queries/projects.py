"""Projects, their glossaries, and what the AI services told of themselves."""

from typing import Any
from uuid import UUID

import orjson

from services.gateway.models.installation import Engine
from services.gateway.models.projects import (
    Glossary,
    NewProject,
    Project,
    ProjectChange,
    Style,
    Term,
)
from services.gateway.paging import Place
from shared.postgres.statements import Executor

_COLUMNS = "id, org_id, name, slug, source_language, created_at, updated_at"


async def listed(db: Executor, after: Place | tuple[None, None], limit: int) -> list[Project]:
    """Return the caller's projects, oldest first, at most one more than `limit`."""
    rows = await db.fetch(
        f"""select {_COLUMNS} from projects
            where $1::timestamptz is null or (created_at, id) > ($1, $2)
            order by created_at, id limit $3""",  # noqa: S608 - this module's own constant
        *after,
        limit + 1,
    )
    return [Project.model_validate(dict(row)) for row in rows]


async def found(db: Executor, project_id: UUID) -> Project | None:
    """Return a project that the caller sees, if it is there."""
    row = await db.fetchrow(f"select {_COLUMNS} from projects where id = $1", project_id)  # noqa: S608
    return None if row is None else Project.model_validate(dict(row))


async def home(db: Executor, user_id: UUID, org_id: UUID | None) -> tuple[UUID | None, bool]:
    """Return the organization that a new project goes to, and whether the caller writes there.

    It is the one asked for, else the one that the caller has written for longest; none where the
    caller belongs to no such.
    """
    row = await db.fetchrow(
        """select org_id, role in ('owner', 'writer') as writer from org_members
           where user_id = $1 and ($2::uuid is null or org_id = $2)
           order by role = 'viewer', created_at, org_id limit 1""",
        user_id,
        org_id,
    )
    return (None, False) if row is None else (row["org_id"], row["writer"])


async def create(db: Executor, org_id: UUID, wanted: NewProject) -> Project:
    """Create a project."""
    row = await db.fetchrow(
        f"""insert into projects (org_id, name, source_language) values ($1, $2, $3)
            returning {_COLUMNS}""",  # noqa: S608 - as above
        org_id,
        wanted.name,
        wanted.source_language,
    )
    return Project.model_validate(_one(row))


async def change(db: Executor, project_id: UUID, wanted: ProjectChange) -> Project | None:
    """Change a project; none where the caller may only read it."""
    row = await db.fetchrow(
        f"update projects set name = coalesce($2, name) where id = $1 returning {_COLUMNS}",  # noqa: S608
        project_id,
        wanted.name,
    )
    return None if row is None else Project.model_validate(dict(row))


async def enter(db: Executor, project_id: UUID) -> None:
    """Keep others from deleting a project until the transaction ends; they may add to it too.

    To be called before any other lock, and before the statement that tells whether it is there.
    """
    await db.execute(
        "select pg_advisory_xact_lock_shared(hashtextextended($1, 3))", str(project_id)
    )
    # Who deletes by SQL knows nothing of that lock. A reader finds no row here, and adds nothing.
    await db.execute("select from projects where id = $1 for key share", project_id)


async def hold(db: Executor, project_id: UUID) -> None:
    """Keep others from adding to a project until the transaction ends.

    To be called before any other lock. Who adds by SQL, without `enter`, waits at the row.
    """
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 3))", str(project_id))
    await db.execute("select from projects where id = $1 for update", project_id)


async def delete(db: Executor, project_id: UUID) -> None:
    """Delete a project whose videos are deleted. To be called with the worker's role."""
    await db.execute("delete from projects where id = $1", project_id)


async def first(db: Executor) -> UUID | None:
    """Return the oldest project that the caller may write to, else one that they may read."""
    found: UUID | None = await db.fetchval(
        """select id from projects
           order by org_id = any ((select writer_orgs())::uuid[]) desc, created_at, id limit 1"""
    )
    return found


async def exists(db: Executor, project_id: UUID) -> bool:
    """Tell whether the caller sees a project."""
    return bool(await db.fetchval("select exists (select from projects where id = $1)", project_id))


async def is_writer(db: Executor, project_id: UUID) -> bool | None:
    """Tell whether the caller may change a project; none where they see no such project."""
    allowed: bool | None = await db.fetchval(
        "select is_org_writer(org_id) from projects where id = $1", project_id
    )
    return allowed


async def glossary(db: Executor, project_id: UUID) -> Glossary:
    """Return a project's terms, by language and term."""
    rows = await db.fetch(
        """select language, term, translation from glossary_terms where project_id = $1
           order by language collate "C", term collate "C" """,
        project_id,
    )
    return Glossary(terms=[Term.model_validate(dict(row)) for row in rows])


async def lock(db: Executor, project_id: UUID) -> None:
    """Keep others from changing a project's glossary or style until the transaction ends."""
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 2))", str(project_id))


async def save_glossary(db: Executor, project_id: UUID, wanted: Glossary) -> None:
    """Put terms in place of a project's others."""
    await db.execute("delete from glossary_terms where project_id = $1", project_id)
    await db.executemany(
        """insert into glossary_terms (project_id, language, term, translation)
           values ($1, $2, $3, $4)""",
        [(project_id, term.language, term.term, term.translation) for term in wanted.terms],
    )


async def style(db: Executor, project_id: UUID) -> Style | None:
    """Return how a project's readers are addressed; none where the caller sees no such project."""
    found = await db.fetchval("select formality from projects where id = $1", project_id)
    return None if found is None else Style(formality=orjson.loads(found))


async def save_style(db: Executor, project_id: UUID, wanted: Style) -> None:
    """Put a style in place of a project's other one."""
    await db.execute(
        "update projects set formality = $2 where id = $1",
        project_id,
        orjson.dumps(wanted.formality).decode(),
    )


async def engine(db: Executor) -> Engine:
    """Return the translator's engine and languages, since they bound what can be asked for."""
    row = await db.fetchrow(
        """select engine, case when service = 'translator' then languages end as languages
           from engines order by service = 'translator' desc, service limit 1"""
    )
    if row is None:
        return Engine(engine=None, languages=None)
    return Engine(engine=row["engine"], languages=row["languages"])


def _one(row: Any) -> dict[str, Any]:
    if row is None:  # an insert of one row returns one
        raise AssertionError
    return dict(row)
