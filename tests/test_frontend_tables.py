"""What a frontend asks the tables by itself: one way between two, an article's place, a slug."""

import asyncio
from collections import defaultdict
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.support.catalog import foreign_keys
from tests.support.gateway import eventually, rows_of_project, waits

pytestmark = pytest.mark.integration


async def ambiguous(db: asyncpg.Connection) -> dict[frozenset[str], list[str]]:
    """Pairs of tables with more than one foreign key between them, in whichever direction."""
    found = defaultdict(list)
    for key in await foreign_keys(db):
        found[frozenset({key.source, key.target})].append(key.name)
    return {pair: names for pair, names in found.items() if len(names) > 1}


async def test_no_two_tables_have_two_foreign_keys(db: asyncpg.Connection) -> None:
    assert await ambiguous(db) == {}
    await db.execute(
        "alter table articles add constraint another foreign key (chapter_id) references chapters"
    )
    assert await ambiguous(db) == {
        frozenset({"articles", "chapters"}): ["another", "articles_chapter_id_fkey"]
    }


@pytest.fixture
async def ids(db: asyncpg.Connection) -> dict[str, UUID]:
    found = {
        name: uuid4() for name in ("org", "project", "video", "job", "chapter", "article", "other")
    }
    await db.execute("insert into organizations (id, name) values ($1, 'Ours')", found["org"])
    await rows_of_project(db, found)
    await db.execute(
        "insert into projects (id, org_id, name) values ($1, $2, 'Other')",
        found["other"],
        found["org"],
    )
    return found


async def test_an_article_is_where_its_chapter_is(
    db: asyncpg.Connection, ids: dict[str, UUID]
) -> None:
    row = await db.fetchrow("select project_id, video_id from articles")
    assert row is not None
    assert tuple(row) == (ids["project"], ids["video"])
    insert = """insert into articles (chapter_id, project_id, video_id, language, slug, title,
      content_json, content_text) values ($1, $2, $3, $4, 's', 'T', '{}', '')"""
    await db.execute(insert, ids["chapter"], ids["project"], ids["video"], "fr")
    await db.execute(insert, ids["chapter"], None, ids["video"], "de")
    for project, video in ((ids["other"], ids["video"]), (ids["project"], uuid4())):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await db.execute(insert, ids["chapter"], project, video, "it")
    for change in ("project_id = $1", "video_id = $1"):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await db.execute(f"update articles set {change}", ids["other"])  # noqa: S608 - ours
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await db.execute("update chapters set project_id = $1", ids["other"])
    # It follows its chapter.
    chapter = await db.fetchval(
        """with v as (insert into videos (project_id, title, filename) values ($1, 'W', 'w.mp4')
             returning id)
           insert into chapters (project_id, video_id, slug, title)
           select $1, id, 'next', 'Next' from v returning id""",
        ids["other"],
    )
    await db.execute("update articles set chapter_id = $1 where language = 'fr'", chapter)
    assert (
        await db.fetchval("select project_id from articles where language = 'fr'") == ids["other"]
    )
    await db.execute("delete from videos where id = $1", ids["video"])
    rows = await db.fetch("select language from articles")
    assert [row["language"] for row in rows] == ["fr"]


async def test_a_chapter_is_in_its_videos_project(
    db: asyncpg.Connection, ids: dict[str, UUID]
) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await db.execute(
            "insert into chapters (project_id, video_id, slug, title) values ($1, $2, 'x', 'X')",
            ids["other"],
            ids["video"],
        )


async def make(db: asyncpg.Connection, org: UUID, name: str) -> str:
    slug: str = await db.fetchval(
        "insert into projects (org_id, name) values ($1, $2) returning slug", org, name
    )
    return slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Product demos", "product-demos"),
        ("  Vídeos d'ús — 2026! ", "videos-dus-2026"),
        ("Ærøskøbing & Łódź: Straße", "aeroskobing-lodz-strasse"),
        ("ÀÉÎÕÜ ﬁne Ⅳ", "aeiou-fine-iv"),
        ("製品デモ", "project"),
        ("Обучение", "project"),
        ("!!!", "project"),
        ("a" * 59 + " tail", "a" * 59),
    ],
)
async def test_a_slug_is_made_of_the_name(db: asyncpg.Connection, name: str, slug: str) -> None:
    org = await db.fetchval("insert into organizations (name) values ('O') returning id")
    other = await db.fetchval("insert into organizations (name) values ('P') returning id")
    assert [await make(db, org, name) for _ in range(3)] == [slug, f"{slug}-2", f"{slug}-3"]
    assert await make(db, other, name) == slug
    await db.execute("delete from projects where slug = $1", f"{slug}-2")
    await db.execute("update projects set name = 'Another'")
    assert await make(db, org, name) == f"{slug}-2"
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(
            "update projects set slug = $1 where org_id = $2 and slug = $3",
            slug,
            org,
            f"{slug}-3",
        )


async def test_two_projects_of_one_name_at_once(dsn: str, db: asyncpg.Connection) -> None:
    org = await db.fetchval("insert into organizations (name) values ('O') returning id")
    other = await asyncpg.connect(dsn)
    try:
        transaction = db.transaction()
        await transaction.start()
        assert await make(db, org, "Demos") == "demos"
        second = asyncio.create_task(make(other, org, "Demos"))
        await eventually(lambda: waits(db))
        await transaction.commit()
        assert await second == "demos-2"
    finally:
        await other.close()


async def test_the_api_shows_a_projects_slug_which_outlives_its_name(
    http: httpx.AsyncClient,
) -> None:
    made = [(await http.post("/api/projects", json={"name": "Demos"})).json() for _ in range(2)]
    assert [one["slug"] for one in made] == ["demos", "demos-2"]
    address = f"/api/projects/{made[0]['id']}"
    renamed = (await http.patch(address, json={"name": "Films"})).json()
    assert (renamed["name"], renamed["slug"]) == ("Films", "demos")
