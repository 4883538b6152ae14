"""Who may do what at the gateway: every route, as everybody who may knock."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import pytest

from simulators.supabase import server as supabase
from simulators.supabase.server import SECRET, SupabaseDouble
from tests.support.gateway import TUS, Start, rows_of_project

pytestmark = pytest.mark.integration

WRITER, VIEWER, STRANGER, OPERATOR = (uuid4() for _ in range(4))


@dataclass(frozen=True)
class Case:
    """A request, and what a viewer, a writer and another organization's owner are answered."""

    method: str
    path: str
    viewer: int
    writer: int
    stranger: int = 404
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


# The ids are filled in: {org}, {user}, {project}, {video}, {job}, {article}, {webhook}. Requests
# that would change what a later one needs come last.
CASES = (
    Case("GET", "/api/engine", 200, 200, 200),
    Case("GET", "/api/me", 200, 200, 200),
    Case("GET", "/api/projects", 200, 200, 200),
    Case("POST", "/api/projects", 403, 201, 201, {"name": "P"}),
    Case("GET", "/api/projects/{project}", 200, 200),
    Case("PATCH", "/api/projects/{project}", 403, 200, body={"name": "Q"}),
    Case("GET", "/api/projects/{project}/activity", 200, 200),
    Case("GET", "/api/projects/{project}/glossary", 200, 200),
    Case(
        "PUT",
        "/api/projects/{project}/glossary",
        403,
        200,
        body={"terms": []},
        headers=(("If-Match", "*"),),
    ),
    Case("GET", "/api/projects/{project}/style", 200, 200),
    Case(
        "PUT",
        "/api/projects/{project}/style",
        403,
        200,
        body={"formality": {"es": "formal"}},
        headers=(("If-Match", "*"),),
    ),
    Case("GET", "/api/projects/{project}/webhooks", 200, 200),
    Case(
        "POST",
        "/api/projects/{project}/webhooks",
        403,
        201,
        body={"url": "http://127.0.0.1:9/hook"},
    ),
    Case("GET", "/api/webhooks/{webhook}/deliveries", 200, 200),
    Case("GET", "/api/videos", 200, 200, 200),
    Case("GET", "/api/videos?project_id={project}", 200, 200),
    Case(
        "POST",
        "/api/videos",
        403,
        201,
        body={"filename": "a.mp4", "size_bytes": 1, "project_id": "{project}"},
    ),
    Case("GET", "/api/videos/{video}", 200, 200),
    Case("PATCH", "/api/videos/{video}", 403, 200, body={"title": "T"}),
    Case("POST", "/api/videos/{video}/upload", 403, 409),
    Case("GET", "/api/videos/{video}/media", 200, 200),
    # The row names a file that is not stored: whoever may read it learns just that.
    Case("GET", "/api/videos/{video}/file", 404, 404),
    Case("GET", "/api/videos/{video}/images/a.png", 404, 404),
    Case("GET", "/api/videos/{video}/chapters.vtt", 200, 200),
    Case("GET", "/api/videos/{video}/segments", 200, 200),
    Case("GET", "/api/videos/{video}/chapters", 200, 200),
    Case("GET", "/api/videos/{video}/articles", 200, 200),
    Case("GET", "/api/videos/{video}/subtitles", 200, 200),
    Case("GET", "/api/videos/{video}/subtitles/en.vtt", 200, 200),
    Case("GET", "/api/videos/{video}/subtitles/en.srt", 200, 200),
    Case("GET", "/api/videos/{video}/subtitles/en", 200, 200),
    Case("GET", "/api/videos/{video}/reports/en", 200, 200),
    Case("GET", "/api/videos/{video}/document.html", 200, 200),
    Case(
        "PUT",
        "/api/videos/{video}/subtitles/en",
        403,
        200,
        body={"cues": []},
        headers=(("If-Match", "*"),),
    ),
    # There is no proposal: whoever may decide on one learns just that.
    Case(
        "PATCH",
        "/api/videos/{video}/subtitles/en",
        403,
        409,
        body={"proposal": "dismiss"},
        headers=(("If-Match", "*"),),
    ),
    Case("GET", "/api/videos/{video}/export.zip", 200, 200),
    # Uploads go to Storage here: nobody finds an upload at the gateway.
    Case("HEAD", "/api/uploads/{video}", 404, 404, headers=tuple(TUS.items())),
    Case(
        "PATCH",
        "/api/uploads/{video}",
        404,
        404,
        headers=(*TUS.items(), ("Upload-Offset", "0")),
    ),
    Case("GET", "/api/articles/{article}", 200, 200),
    Case("GET", "/api/articles/{article}.md", 200, 200),
    Case(
        "PATCH",
        "/api/articles/{article}",
        403,
        200,
        body={"status": "published"},
        headers=(("If-Match", "*"),),
    ),
    Case("GET", "/api/jobs", 200, 200, 200),
    Case("GET", "/api/jobs?project_id={project}", 200, 200),
    Case("GET", "/api/jobs?video_id={video}", 200, 200),
    Case("GET", "/api/jobs/batch?ids={job}", 200, 200, 200),
    Case("GET", "/api/jobs/{job}", 200, 200),
    Case("GET", "/api/jobs/{job}/usage", 200, 200),
    Case("GET", "/api/projects/{project}/usage", 200, 200),
    Case("GET", "/api/estimate?seconds=60", 200, 200, 200),
    Case("GET", "/api/jobs/{job}/timeline", 200, 200),
    Case("POST", "/api/jobs/{job}/retry", 403, 202),
    Case("POST", "/api/jobs/{job}/cancel", 403, 202),
    Case("GET", "/api/jobs/{job}/stream", 200, 200),
    Case("POST", "/api/videos/process", 403, 202, body={"videoId": "{video}", "force": True}),
    Case("GET", "/api/operations", 403, 403, 403),
    Case("GET", "/api/operations/costs", 403, 403, 403),
    Case("GET", "/api/operations/dead/docgen", 403, 403, 403),
    Case("POST", "/api/operations/dead/docgen/redrive", 403, 403, 403),
    Case("DELETE", "/api/webhooks/{webhook}", 403, 204),
    Case("GET", "/api/organizations/{org}/members", 200, 200),
    Case("PUT", "/api/organizations/{org}/members/{user}", 403, 403, body={"role": "viewer"}),
    Case("DELETE", "/api/organizations/{org}/members/{user}", 403, 403),
    Case("GET", "/api/organizations/{org}/invitations", 403, 403),
    Case(
        "POST",
        "/api/organizations/{org}/invitations",
        403,
        403,
        body={"email": "a@example.org"},
    ),
    Case("DELETE", "/api/organizations/{org}/invitations/{invitation}", 403, 403),
    Case("DELETE", "/api/projects/{project}", 403, 403),
    Case("DELETE", "/api/videos/{video}", 403, 204),
)
# What anybody may ask, or what is asked with a token of its own.
OPEN = {("GET", "/api/config"), ("OPTIONS", "/api/uploads/{video_id}")}


@pytest.fixture
async def project() -> AsyncIterator[SupabaseDouble]:
    async with supabase.serving() as double:
        yield double


@pytest.fixture
async def http(start: Start, project: SupabaseDouble) -> AsyncIterator[httpx.AsyncClient]:
    async with start(
        supabase_url=project.url,
        supabase_secret_key=SECRET,
        storage_dir=None,
        webhook_private_addresses=True,
    ) as client:
        yield client


@pytest.fixture
async def ids(db: asyncpg.Connection) -> dict[str, UUID]:
    """An organization with one of everything, a writer and a viewer; and a stranger's."""
    found = {
        name: uuid4()
        for name in ("org", "project", "video", "job", "chapter", "article", "webhook", "user")
    } | {"invitation": uuid4()}
    await db.execute("insert into organizations (id, name) values ($1, 'Ours')", found["org"])
    other = await db.fetchval("insert into organizations (name) values ('Theirs') returning id")
    for org, user, role in (
        (found["org"], WRITER, "writer"),
        (found["org"], VIEWER, "viewer"),
        (other, STRANGER, "owner"),
    ):
        await db.execute(
            "insert into org_members (org_id, user_id, role) values ($1, $2, $3)", org, user, role
        )
    await db.execute("insert into operators (user_id) values ($1)", OPERATOR)
    await rows_of_project(db, found)
    await db.execute(
        """insert into webhooks (id, project_id, url, events, secret)
           values ($1, $2, 'x', '{}', 'x')""",
        found["webhook"],
        found["project"],
    )
    await ready(db)
    return found


async def ready(db: asyncpg.Connection) -> None:
    await db.execute("update videos set probed_at = now()")
    await db.execute("update processing_jobs set status = 'completed', cancel_requested_at = null")


def filled(value: Any, ids: dict[str, UUID]) -> Any:
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    return value.format(**ids) if isinstance(value, str) else value


async def asked(
    http: httpx.AsyncClient, case: Case, ids: dict[str, UUID], token: str | None
) -> httpx.Response:
    headers = dict(case.headers)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    path = case.path.format(**ids)
    if "/uploads/" in path:
        return await http.request(case.method, path, content=b"x", headers=headers)
    return await http.request(case.method, path, json=filled(case.body, ids), headers=headers)


def test_the_matrix_holds_every_route() -> None:
    from services.gateway.app import build  # noqa: PLC0415 - only this test needs it
    from services.gateway.settings import Settings  # noqa: PLC0415 - as above

    described = build(Settings(amqp_url="x", database_url="x", storage_dir="x")).openapi()["paths"]
    shown = {(method.upper(), path) for path, known in described.items() for method in known}
    tried = set()
    for case in CASES:
        plain = re.sub(
            r"\{(project|video|job|article|webhook|org|user|invitation)\}", r"{\1_id}", case.path
        )
        plain = plain.partition("?")[0].replace("/en.", "/{language}.").replace("/a.png", "/{name}")
        plain = plain.replace("document.html", "document.{kind}")
        plain = re.sub("/en$", "/{language}", plain).replace("docgen", "{service}")
        tried.add((case.method, plain))
    # With a body that is no JSON: who may do what is tried in test_gateway_subtitle_files.
    path = "/api/videos/{video_id}/subtitle-file"
    raw = {(method, path) for method in ("GET", "PUT", "DELETE")}
    assert shown - OPEN - raw - tried == set()


async def test_every_route_as_who_belongs(
    http: httpx.AsyncClient, project: SupabaseDouble, ids: dict[str, UUID], db: asyncpg.Connection
) -> None:
    wrong = []
    for name, user in (("stranger", STRANGER), ("viewer", VIEWER), ("writer", WRITER)):
        token = project.token(user)
        for case in CASES:
            if case.path.endswith(("/stream", "/retry")) or case.method == "DELETE":
                await ready(db)
            if case.path.endswith("/cancel"):
                await db.execute("update processing_jobs set status = 'pending'")
            answer = await asked(http, case, ids, token)
            if answer.status_code != getattr(case, name):
                wrong.append((name, case.method, case.path, answer.status_code, answer.text[:200]))
            if name == "stranger":
                told = answer.text
                assert str(ids["video"]) not in told.replace(case.path.format(**ids), "")
    assert wrong == []


async def test_every_route_as_who_is_nobody(
    http: httpx.AsyncClient, project: SupabaseDouble, ids: dict[str, UUID]
) -> None:
    good = project.token(WRITER)
    head, claims, signature = good.split(".")
    tokens = {
        "anonymous": None,
        "expired": project.token(WRITER, exp=1),
        "without end": project.token(WRITER, exp=None),
        "wrong issuer": project.token(WRITER, iss="https://elsewhere.supabase.co/auth/v1"),
        "wrong audience": project.token(WRITER, aud="somebody-else"),
        "alg none": project.token(WRITER, alg="none"),
        "HS256 without leave": project.token(WRITER, alg="HS256"),
        "the public key as a secret": jwt.encode(
            {"sub": str(WRITER)}, "public" * 6, algorithm="HS256", headers={"kid": "ES256"}
        ),
        "another's signature": f"{head}.{claims}.{signature[::-1]}",
        "an API key": project.token(WRITER, role="anon"),
        "nobody": project.token("not-a-uuid"),
        "no token": "garbage",
    }
    wrong = []
    for name, token in tokens.items():
        for case in CASES:
            answer = await asked(http, case, ids, token)
            if answer.status_code != 401 or "www-authenticate" not in answer.headers:
                wrong.append((name, case.method, case.path, answer.status_code))
    assert wrong == []


async def test_both_kinds_of_keys_are_accepted_and_kept(
    http: httpx.AsyncClient, project: SupabaseDouble, ids: dict[str, UUID]
) -> None:
    for alg in ("ES256", "RS256"):
        token = project.token(WRITER, alg=alg)
        me = await http.get("/api/me", headers={"Authorization": f"Bearer {token}"})
        assert me.json()["organizations"] == [
            {"id": str(ids["org"]), "name": "Ours", "role": "writer"}
        ]
        assert me.json()["operator"] is False
    assert project.auth.keys_asked == 1


async def test_log_ins_that_cannot_be_checked_are_no_refusal(
    http: httpx.AsyncClient, project: SupabaseDouble
) -> None:
    project.auth.away = True
    answer = await http.get("/api/me", headers={"Authorization": f"Bearer {project.token(WRITER)}"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:docreel:problem:auth-unavailable"
    assert answer.headers["retry-after"]


async def test_the_legacy_secret_is_accepted_where_it_is_set(
    start: Start, project: SupabaseDouble
) -> None:
    async with start(
        supabase_url=project.url,
        supabase_secret_key=SECRET,
        storage_dir=None,
        supabase_jwt_secret="x" * 32,
    ) as http:
        token = project.token(WRITER, alg="HS256")
        answer = await http.get("/api/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


async def test_an_operator_sees_the_installation_and_nobodys_rows(
    http: httpx.AsyncClient, project: SupabaseDouble, ids: dict[str, UUID]
) -> None:
    login = {"Authorization": f"Bearer {project.token(OPERATOR)}"}
    shown = (await http.get("/api/operations", headers=login)).json()
    assert shown["jobs"]["completed"] == 1
    assert shown["broker"].startswith("cannot be asked")
    assert [one["service"] for one in shown["queues"]] == [
        "transcriber",
        "docgen",
        "translator",
        "progress",
    ]
    assert (await http.get(f"/api/jobs/{ids['job']}", headers=login)).status_code == 404
    dead = await http.get("/api/operations/dead/docgen", headers=login)
    assert dead.status_code == 503


async def test_a_link_to_media_works_for_its_video_and_its_user_alone(
    http: httpx.AsyncClient, project: SupabaseDouble, ids: dict[str, UUID], db: asyncpg.Connection
) -> None:
    login = {"Authorization": f"Bearer {project.token(VIEWER)}"}
    video = f"/api/videos/{ids['video']}"
    media = (await http.get(f"{video}/media", headers=login)).json()
    token = media["token"]
    assert (await http.get(f"{video}/subtitles/en.vtt?token={token}")).status_code == 200
    assert media["file_url"] == f"{video}/file?token={token}"
    project.objects["docreel/x"] = b"film"
    to = await http.get(media["file_url"])
    assert (to.status_code, to.headers["location"].startswith(project.url)) == (307, True)
    for changed in (token[:-1], f"{token}A", "a.b.c", "x", token.replace(".", "0.", 1)):
        assert (await http.get(f"{video}/file?token={changed}")).status_code == 401
    other = f"/api/videos/{uuid4()}/file?token={token}"
    assert (await http.get(other)).status_code == 401
    # Elsewhere it opens nothing, and with the membership it ends.
    assert (await http.get(f"{video}/segments?token={token}")).status_code == 401
    await db.execute("delete from org_members where user_id = $1", VIEWER)
    assert (await http.get(media["file_url"])).status_code == 404


async def test_a_storage_that_is_away_is_no_fault_of_the_request(
    start: Start, project: SupabaseDouble, ids: dict[str, UUID]
) -> None:
    # A key that Storage refuses: the log-ins are checked by other keys, and still work.
    async with start(
        supabase_url=project.url,
        supabase_secret_key=f"{SECRET}_revoked",
        storage_dir=None,
    ) as http:
        http.headers["Authorization"] = f"Bearer {project.token(WRITER)}"
        body = {"filename": "a.mp4", "size_bytes": 1, "project_id": str(ids["project"])}
        answer = await http.post("/api/videos", json=body)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:docreel:problem:storage-unavailable"
        assert [one["id"] for one in (await http.get("/api/videos")).json()["items"]] == [
            str(ids["video"])
        ]
