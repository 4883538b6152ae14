"""The first minutes of somebody who logs in: what they belong to, as SIGN_UP says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from simulators.supabase.server import SECRET, SupabaseDouble, User, serving
from tests.support.gateway import Start, problem

pytestmark = pytest.mark.integration

ADA, GRACE = "ada@example.org", "grace@example.org"


@pytest.fixture
async def project() -> AsyncIterator[SupabaseDouble]:
    async with serving() as double:
        for email in (ADA, GRACE):
            double.auth.users[email] = User(uuid4(), "right horse")
        yield double


def settings(project: SupabaseDouble, sign_up: str = "own_organization") -> dict[str, Any]:
    return {
        "supabase_url": project.url,
        "supabase_secret_key": SECRET,
        "storage_dir": None,
        "sign_up": sign_up,
    }


class Person:
    """Who calls the gateway with a token of their own; `relogin` begins another session."""

    def __init__(self, http: httpx.AsyncClient, project: SupabaseDouble, email: str) -> None:
        self.http, self.project, self.email = http, project, email
        self.id: UUID = project.auth.users[email].id
        self.relogin()

    def relogin(self, **claims: Any) -> None:
        self.headers = {
            "Authorization": "Bearer "
            + self.project.token(self.id, session_id=uuid4().hex, **claims)
        }

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers=self.headers)

    async def me(self) -> dict[str, Any]:
        answer = await self.ask("GET", "/api/me")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def organization(self) -> str:
        (one,) = (await self.me())["organizations"]
        return str(one["id"])


async def test_whoever_logs_in_has_an_organization_and_a_project_of_their_own(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    async with start(**settings(project)) as http:
        assert (await http.get("/api/config")).json()["login"]["sign_up"] == "own_organization"
        ada, grace = Person(http, project, ADA), Person(http, project, GRACE)
        me = await ada.me()
        assert (me["email"], me["next_step"]) == (ADA, None)
        assert [(one["name"], one["role"]) for one in me["organizations"]] == [(ADA, "owner")]
        # The first request need not be that one: a first video has where to go.
        made = await grace.ask("POST", "/api/videos", {"filename": "a.mp4", "size_bytes": 1})
        assert made.status_code == 201, made.text
        assert [one["name"] for one in (await ada.ask("GET", "/api/projects")).json()["items"]] == [
            "My videos"
        ]
        assert (await ada.ask("GET", "/api/videos")).json()["items"] == []
        ada.relogin()
        assert await ada.organization() == me["organizations"][0]["id"]
    assert await db.fetchval("select count(*) from organizations") == 2


async def test_first_requests_at_once_make_one_organization(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    async with start(**settings(project)) as one, start(**settings(project)) as other:
        people = [Person(http, project, ADA) for http in (one, other) for _ in range(10)]
        found = await asyncio.gather(*(person.organization() for person in people))
        assert len(set(found)) == 1
    assert await db.fetchval("select count(*) from organizations") == 1
    assert await db.fetchval("select count(*) from projects") == 1


async def test_who_has_no_address_has_an_organization_too(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    user = uuid4()  # by telephone, say
    async with start(**settings(project)) as http:
        headers = {"Authorization": f"Bearer {project.token(user)}"}
        me = (await http.get("/api/me", headers=headers)).json()
        assert me["email"] is None
        assert me["organizations"][0]["name"] == f"User {str(user)[:8]}"
    assert await db.fetchval("select email from org_members") is None


async def test_who_has_to_be_invited_is_told_so_and_is_in_as_soon_as_they_are(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    org = await db.fetchval("insert into organizations (name) values ('Ours') returning id")
    async with start(**settings(project, "invited")) as http:
        ada, grace = Person(http, project, ADA), Person(http, project, GRACE)
        await db.execute("insert into org_members values ($1, $2, 'owner')", org, ada.id)
        for path, body in (
            ("/api/projects", {"name": "P"}),
            ("/api/videos", {"filename": "a.mp4", "size_bytes": 1}),
        ):
            refused = problem(await grace.ask("POST", path, body), 403)
            assert refused["type"] == "urn:docreel:problem:no-organization"
            assert f"invite {GRACE}" in refused["detail"]
        assert f"invite {GRACE}" in (await grace.me())["next_step"]

        invitations = f"/api/organizations/{org}/invitations"
        # However the address is written.
        wanted = {"email": " Grace@Example.ORG ", "role": "viewer"}
        made = (await ada.ask("POST", invitations, wanted)).json()
        assert (made["email"], made["role"], made["invited_by"]) == (GRACE, "viewer", str(ada.id))
        again = (await ada.ask("POST", invitations, {"email": GRACE, "role": "writer"})).json()
        assert (again["id"], again["role"]) == (made["id"], "writer")
        assert [one["email"] for one in (await ada.ask("GET", invitations)).json()] == [GRACE]

        # With the same session: nobody has to guess that it takes another log-in.
        assert [(one["id"], one["role"]) for one in (await grace.me())["organizations"]] == [
            (str(org), "writer")
        ]
        assert (await ada.ask("GET", invitations)).json() == []
        members = (await ada.ask("GET", f"/api/organizations/{org}/members")).json()
        assert {one["email"]: one["role"] for one in members} == {ADA: "owner", GRACE: "writer"}
        # It was good for once: who is removed stays out.
        removed = await ada.ask("DELETE", f"/api/organizations/{org}/members/{grace.id}")
        assert removed.status_code == 204
        grace.relogin()
        assert (await grace.me())["organizations"] == []
    assert await db.fetchval("select count(*) from organizations") == 1


async def test_an_invitation_is_for_a_confirmed_address_whatever_a_token_says(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    org = await db.fetchval("insert into organizations (name) values ('Ours') returning id")
    await db.execute(
        "insert into invitations (org_id, email, invited_by) values ($1, $2, $3)",
        org,
        GRACE,
        uuid4(),
    )
    async with start(**settings(project, "invited")) as http:
        ada, grace = Person(http, project, ADA), Person(http, project, GRACE)
        # What a user may write into their own token's metadata counts for nothing.
        ada.relogin(email=GRACE, user_metadata={"email": GRACE, "email_verified": True})
        assert (await ada.me())["organizations"] == []
        project.auth.users[GRACE].confirmed = False
        grace.relogin(user_metadata={"email_verified": True})
        assert (await grace.me())["organizations"] == []
        assert await db.fetchval("select count(*) from invitations") == 1
        project.auth.users[GRACE].confirmed = True
        # However Supabase writes it.
        grace.relogin(email="GRACE@example.org")
        assert await grace.organization() == str(org)


async def test_who_is_invited_joins_and_founds_nothing(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    async with start(**settings(project)) as http:
        ada = Person(http, project, ADA)
        org = await ada.organization()
        await ada.ask("POST", f"/api/organizations/{org}/invitations", {"email": GRACE})
        many = [Person(http, project, GRACE) for _ in range(8)]
        assert set(await asyncio.gather(*(one.organization() for one in many))) == {org}
        # A member takes it up at the next log-in, and stays what they are where they are.
        grace = many[0]
        await db.execute("update org_members set role = 'viewer' where user_id = $1", grace.id)
        other = await db.fetchval("insert into organizations (name) values ('More') returning id")
        for to in (other, org):
            await db.execute(
                "insert into invitations (org_id, email, invited_by, role) "
                "values ($1, $2, $3, 'owner')",
                to if isinstance(to, UUID) else UUID(to),
                GRACE,
                ada.id,
            )
        grace.relogin()
        roles = {one["id"]: one["role"] for one in (await grace.me())["organizations"]}
        assert roles == {org: "viewer", str(other): "owner"}
    assert await db.fetchval("select count(*) from organizations") == 2


async def test_where_it_is_closed_nobody_is_invited_and_each_is_told_whom_to_ask(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    org = await db.fetchval("insert into organizations (name) values ('Ours') returning id")
    async with start(**settings(project, "closed")) as http:
        ada, grace = Person(http, project, ADA), Person(http, project, GRACE)
        await db.execute("insert into org_members values ($1, $2, 'owner')", org, ada.id)
        refused = await ada.ask("POST", f"/api/organizations/{org}/invitations", {"email": GRACE})
        assert problem(refused, 409)["type"] == "urn:docreel:problem:invitations-closed"
        await db.execute(
            "insert into invitations (org_id, email, invited_by) values ($1, $2, $3)",
            org,
            GRACE,
            ada.id,
        )
        me = await grace.me()
        assert me["organizations"] == []
        assert str(grace.id) in me["next_step"]
    assert await db.fetchval("select count(*) from organizations") == 1


async def test_invitations_are_made_and_withdrawn_by_owners_of_their_organization_alone(
    start: Start, project: SupabaseDouble
) -> None:
    async with start(**settings(project)) as http:
        ada, grace = Person(http, project, ADA), Person(http, project, GRACE)
        ours, theirs = await ada.organization(), await grace.organization()
        path = f"/api/organizations/{ours}/invitations"
        made = (await ada.ask("POST", path, {"email": "new@example.org"})).json()
        problem(await grace.ask("GET", path), 404)
        problem(await grace.ask("POST", path, {"email": GRACE}), 404)
        for elsewhere in (ours, theirs):
            gone = f"/api/organizations/{elsewhere}/invitations/{made['id']}"
            problem(await grace.ask("DELETE", gone), 404)
        # Letters that Python and PostgreSQL make small differently are an address as well.
        odd = await ada.ask("POST", path, {"email": "İ@example.org"})
        assert odd.status_code == 201, odd.text
        for wrong in ("", "ada", "a b@example.org", "x" * 321 + "@example.org"):
            problem(await ada.ask("POST", path, {"email": wrong}), 422)
        assert (await ada.ask("DELETE", f"{path}/{made['id']}")).status_code == 204
        problem(await ada.ask("DELETE", f"{path}/{made['id']}"), 404)


async def test_an_invitation_that_cannot_be_checked_now_founds_nothing(
    start: Start, project: SupabaseDouble, db: asyncpg.Connection
) -> None:
    org = await db.fetchval("insert into organizations (name) values ('Ours') returning id")
    await db.execute(
        "insert into invitations (org_id, email, invited_by) values ($1, $2, $3)",
        org,
        GRACE,
        uuid4(),
    )
    async with start(**settings(project)) as http:
        grace = Person(http, project, GRACE)
        project.auth.users_away = True
        told = await grace.ask("GET", "/api/me")
        assert problem(told, 503)["type"] == "urn:docreel:problem:auth-unavailable"
        project.auth.users_away = False
        assert await grace.organization() == str(org)
    assert await db.fetchval("select count(*) from organizations") == 1


async def test_without_accounts_nobody_is_invited(http: httpx.AsyncClient) -> None:
    me = (await http.get("/api/me")).json()
    assert (me["email"], me["next_step"]) == (None, None)
    path = f"/api/organizations/{me['organizations'][0]['id']}/invitations"
    assert "docs/supabase.md" in problem(await http.post(path, json={"email": ADA}), 409)["detail"]
