"""Projects, and what the AI services told of themselves."""

from uuid import UUID

from services.gateway.models import Engine, Project
from shared.postgres.statements import Executor

_COLUMNS = "id, org_id, name, source_language, created_at, updated_at"


async def listed(db: Executor) -> list[Project]:
    """Return the caller's projects, oldest first."""
    # The columns are this module's own constant.
    rows = await db.fetch(f"select {_COLUMNS} from projects order by created_at, id")  # noqa: S608
    return [Project.model_validate(dict(row)) for row in rows]


async def create(db: Executor, user_id: UUID, name: str) -> Project | None:
    """Create a project in the organization that the caller has written for longest, if any."""
    row = await db.fetchrow(
        f"""insert into projects (org_id, name)
            select org_id, $2 from org_members
            where user_id = $1 and role in ('owner', 'writer')
            order by created_at, org_id limit 1
            returning {_COLUMNS}""",  # noqa: S608 - as above
        user_id,
        name,
    )
    return None if row is None else Project.model_validate(dict(row))


async def first(db: Executor) -> UUID | None:
    """Return the oldest project that the caller may write to, if any."""
    found: UUID | None = await db.fetchval(
        "select id from projects where is_org_writer(org_id) order by created_at, id limit 1"
    )
    return found


async def exists(db: Executor, project_id: UUID) -> bool:
    """Tell whether the caller sees a project."""
    return bool(await db.fetchval("select exists (select from projects where id = $1)", project_id))


async def engine(db: Executor) -> Engine:
    """Return the translator's engine and languages, since they bound what can be asked for."""
    row = await db.fetchrow(
        """select engine, case when service = 'translator' then languages end as languages
           from engines order by service = 'translator' desc, service limit 1"""
    )
    if row is None:
        return Engine(engine=None, languages=None)
    return Engine(engine=row["engine"], languages=row["languages"])
