"""What is deleted is gone: the rows, the files, and for whom it is not, nothing happens."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.gateway.poster import NAME
from services.gateway.queries import projects, videos
from services.gateway.removals import Removals
from shared.errors import TransientError
from shared.storage import Folder, Listed
from simulators.supabase import server as supabase
from simulators.supabase.server import SECRET
from tests.support.gateway import (
    Start,
    create,
    eventually,
    own_rows,
    patch,
    problem,
    process,
    strangers_rows,
    uploaded,
)

pytestmark = pytest.mark.integration


async def end(db: asyncpg.Connection, status: str) -> None:
    await db.execute("update processing_jobs set status = $1", status)


async def left(db: asyncpg.Connection, video: UUID) -> int:
    """How many rows there are of a video and of what was made of it."""
    found: int = await db.fetchval(
        """select (select count(*) from videos where id = $1)
             + (select count(*) from processing_jobs where video_id = $1)
             + (select count(*) from video_segments where video_id = $1)
             + (select count(*) from chapters) + (select count(*) from articles)""",
        video,
    )
    return found


async def test_a_video_goes_with_its_rows_and_files(
    http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path
) -> None:
    video = await uploaded(http)
    await process(http, video)
    picture = tmp_path / "images" / video / "a.webp"
    assert (picture.parent / NAME).exists()  # the film's poster
    picture.touch()
    (unfinished,) = [await create(http, 10)]
    await patch(http, unfinished["upload_url"], 0, b"123")
    other = await uploaded(http)
    # While a job runs, it is refused, with the job to cancel.
    told = problem(await http.delete(f"/api/videos/{video}"), 409)
    assert told["type"].endswith("job-running")
    job = await db.fetchval("select id from processing_jobs")
    assert f"/api/jobs/{job}/cancel" in told["detail"]
    assert (await http.post(f"/api/jobs/{job}/cancel")).status_code == 202
    for gone in (video, unfinished["id"]):
        assert (await http.delete(f"/api/videos/{gone}")).status_code == 204
        problem(await http.delete(f"/api/videos/{gone}"), 404)
        problem(await http.get(f"/api/videos/{gone}"), 404)
    problem(await http.get(f"/api/jobs/{job}"), 404)
    files = [tmp_path / folder for folder in (f"videos/{video}", f"images/{video}")]
    files.append(tmp_path / ".uploads" / unfinished["id"])

    async def removed() -> bool:
        return not any(file.exists() for file in files)

    await eventually(removed)
    assert (await http.get(f"/api/videos/{other}/file")).status_code == 200


async def test_all_that_was_made_of_a_video_goes_and_its_cost_stays(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    await end(db, "completed")
    await db.execute(
        """insert into ai_calls (id, job_id, epoch, unit, service, model, prompt_tokens,
             output_tokens) values ($1, $2, 1, 'outline', 'docgen', 'gemini-3.8-flash', 9, 9)""",
        uuid4(),
        ids["job"],
    )
    assert await left(db, ids["video"]) == 5
    assert (await http.delete(f"/api/videos/{ids['video']}")).status_code == 204
    assert await left(db, ids["video"]) == 0
    costs = (await http.get("/api/operations/costs?days=1")).json()["days"]
    assert [one["calls"] for one in costs] == [1]


async def test_a_project_goes_with_its_videos(
    http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path
) -> None:
    stranger = await strangers_rows(db)
    made = (await http.post("/api/projects", json={"name": "Second"})).json()
    body = {"filename": "a.mp4", "size_bytes": 3, "project_id": made["id"]}
    video = (await http.post("/api/videos", json=body)).json()
    assert (await patch(http, video["upload_url"], 0, b"123")).status_code == 204
    await db.execute(
        "insert into processing_jobs (project_id, video_id) values ($1, $2)",
        UUID(made["id"]),
        UUID(video["id"]),
    )
    problem(await http.delete(f"/api/projects/{made['id']}"), 409)
    problem(await http.delete(f"/api/projects/{stranger['project']}"), 404)
    problem(await http.delete(f"/api/videos/{stranger['video']}"), 404)
    await end(db, "failed")
    await db.execute("update org_members set role = 'writer'")
    told = problem(await http.delete(f"/api/projects/{made['id']}"), 403)
    assert told["type"].endswith("owners-only")
    await db.execute("update org_members set role = 'owner'")
    assert (await http.delete(f"/api/projects/{made['id']}")).status_code == 204
    problem(await http.get(f"/api/projects/{made['id']}"), 404)
    assert await db.fetchval("select count(*) from projects where name = 'Second'") == 0

    async def removed() -> bool:
        return not (tmp_path / "videos" / video["id"]).exists()

    await eventually(removed)
    assert await db.fetchval("select count(*) from videos") == 1  # the stranger's


@pytest.mark.parametrize("held", [True, False])
async def test_what_is_added_to_a_project_that_is_being_deleted_finds_none(
    start: Start, db: asyncpg.Connection, dsn: str, *, held: bool
) -> None:
    """Deleted by a gateway (`held`), or by SQL, which tells nobody of it before its end."""
    async with start(webhook_private_addresses=True) as http:
        video = await uploaded(http)
        project = (await http.get(f"/api/videos/{video}")).json()["project_id"]
        url = f"/api/projects/{project}"
        tags = {name: (await http.get(f"{url}/{name}")).headers for name in ("glossary", "style")}
        match = {name: {"If-Match": found["etag"]} for name, found in tags.items()}
        term = {"language": "es", "term": "reel", "translation": "carrete"}
        hook = {"url": "http://127.0.0.1:9/", "events": ["job.completed"]}
        transaction = db.transaction()
        await transaction.start()
        if held:
            await projects.hold(db, UUID(project))
        else:
            await db.execute("delete from projects where id = $1", UUID(project))
        waiting = [
            asyncio.create_task(request)
            for request in (
                http.post("/api/videos/process", json={"videoId": video}),
                http.post(
                    "/api/videos",
                    json={"filename": "b.mp4", "size_bytes": 3, "project_id": project},
                ),
                http.put(f"{url}/glossary", json={"terms": [term]}, headers=match["glossary"]),
                http.put(f"{url}/style", json={"formality": {}}, headers=match["style"]),
                http.post(f"{url}/webhooks", json=hook),
            )
        ]
        other = await asyncpg.connect(dsn)

        async def all_wait() -> bool:
            held_back = await other.fetchval(
                "select count(distinct pid) from pg_locks where not granted"
            )
            return bool(held_back >= len(waiting))

        await eventually(all_wait)
        if held:
            # Who waits holds nothing that the deletion needs.
            await videos.lock(db, [UUID(video)])
            await videos.delete(db, [UUID(video)])
            await projects.delete(db, UUID(project))
        await transaction.commit()
        for task in waiting:
            assert problem(await task, 404)["type"].endswith("not-found")
        for table in ("projects", "videos", "processing_jobs", "glossary_terms", "webhooks"):
            assert await other.fetchval(f"select count(*) from {table}") == 0  # noqa: S608 - ours
        await other.close()


async def test_a_project_in_supabase_storage_is_emptied(
    start: Start, db: asyncpg.Connection
) -> None:
    async with (
        supabase.serving() as double,
        start(supabase_url=double.url, supabase_secret_key=SECRET, storage_dir=None) as http,
    ):
        owner = uuid4()
        stranger = await strangers_rows(db)
        await db.execute(
            "insert into org_members (org_id, user_id, role) values ($1, $2, 'owner')",
            stranger["org"],
            owner,
        )
        await end(db, "completed")
        video = stranger["video"]
        for n in range(230):
            double.objects[f"docreel/images/{video}/{n}.webp"] = b"x"
        double.objects[f"docreel/videos/{video}/deep/down.mp4"] = b"x"
        double.objects[f"docreel/videos/{video}/v.mp4"] = b"x"
        double.objects["docreel/videos/another/v.mp4"] = b"x"
        http.headers["Authorization"] = f"Bearer {double.token(owner)}"
        assert (await http.delete(f"/api/videos/{video}")).status_code == 204

        async def removed() -> bool:
            return len(double.objects) == 1

        await eventually(removed)
        assert list(double.objects) == ["docreel/videos/another/v.mp4"]


class _Away(Folder):
    """A storage that is away at first."""

    away = True

    async def listed(self, folder: str) -> list[Listed]:
        if self.away:
            raise TransientError(folder)
        return await super().listed(folder)


async def test_a_storage_that_is_away_is_asked_again_and_each_folder_twice(
    db: asyncpg.Connection, dsn: str, tmp_path: Path
) -> None:
    file = tmp_path / "images" / "a" / "b.webp"
    file.parent.mkdir(parents=True)
    file.touch()
    await db.execute("insert into removals (folder) values ('images/a'), ('images/b')")
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        storage = _Away(tmp_path)
        removals = Removals(pool, storage)
        await removals.remove()
        assert file.exists()
        storage.away = False
        await removals.remove()  # not due yet
        assert file.exists()
        await db.execute("update removals set due_at = now()")
        await removals.remove()
        assert not file.parent.exists()
        # A picture that a cancelled worker stored afterwards goes as well, and then it is over.
        file.parent.mkdir()
        file.touch()
        await db.execute("update removals set due_at = now(), created_at = now() - interval '2d'")
        await removals.remove()
        assert not file.parent.exists()
        assert await db.fetchval("select count(*) from removals") == 0


async def test_owners_say_who_the_members_are(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    me = (await http.get("/api/me")).json()
    org, own, other = me["organizations"][0]["id"], me["user_id"], str(uuid4())
    url = f"/api/organizations/{org}/members"

    async def members() -> list[tuple[str, str]]:
        return [(one["user_id"], one["role"]) for one in (await http.get(url)).json()]

    added = await http.put(f"{url}/{other}", json={"role": "viewer"})
    assert (added.status_code, added.json()["role"]) == (200, "viewer")
    assert await members() == [(own, "owner"), (other, "viewer")]
    problem(await http.put(f"{url}/{other}", json={"role": "king"}), 422)
    # Somebody has to own it.
    for refused in (
        await http.delete(f"{url}/{own}"),
        await http.put(f"{url}/{own}", json={"role": "writer"}),
    ):
        assert problem(refused, 409)["type"].endswith("last-owner")
    await http.put(f"{url}/{other}", json={"role": "owner"})
    assert (await http.put(f"{url}/{own}", json={"role": "writer"})).status_code == 200
    # Who is no owner any more changes nobody, and may leave.
    told = problem(await http.put(f"{url}/{other}", json={"role": "viewer"}), 403)
    assert told["type"].endswith("owners-only")
    problem(await http.delete(f"{url}/{other}"), 403)
    assert await members() == [(own, "writer"), (other, "owner")]
    assert (await http.delete(f"{url}/{own}")).status_code == 204
    problem(await http.get(url), 404)
    stranger = await strangers_rows(db)
    problem(await http.get(f"/api/organizations/{stranger['org']}/members"), 404)
    problem(await http.delete(f"/api/organizations/{stranger['org']}/members/{own}"), 404)


async def test_what_is_deleted_between_a_requests_statements_is_not_there(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    video = await uploaded(http)
    # By SQL: a gateway that deletes a video or its project keeps jobs on it from being made.
    await db.execute(
        """create function vanish() returns trigger language plpgsql security definer as $$
           begin delete from public.videos where id = new.video_id; return new; end $$;
           create trigger vanishes before insert on processing_jobs for each row
             execute function vanish()"""
    )
    wish = {"videoId": str(video), "languages": []}
    problem(await http.post("/api/videos/process", json=wish), 404)
    assert await db.fetchval("select count(*) from processing_jobs") == 0
