"""The web page where users log in, on a double of Supabase Auth and Storage, over real HTTP."""

import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local import web
from simulators.supabase import server as supabase
from simulators.supabase.server import PUBLISHABLE, SECRET, SupabaseDouble, User
from tests.support.gateway import Start, film, rows_of_project
from tests.support.servers import run_alone
from tests.web.walks import Site, embedded, walk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WRITER = uuid4()
LOGIN = ("writer@example.com", "right horse")


@pytest.fixture
async def project() -> AsyncIterator[SupabaseDouble]:
    async with supabase.serving() as double:
        double.auth.users[LOGIN[0]] = User(WRITER, LOGIN[1])
        yield double


def accounts(project: SupabaseDouble) -> dict[str, Any]:
    """What a gateway is told of the project."""
    return {
        "supabase_url": project.url,
        "supabase_secret_key": SECRET,
        "supabase_publishable_key": PUBLISHABLE,
        "storage_dir": None,
    }


@pytest.fixture
async def ids(db: asyncpg.Connection) -> dict[str, UUID]:
    """Our organization, whose writer logs in, and another one."""
    found = {}
    for name, member in (("Theirs", uuid4()), ("Ours", WRITER)):
        found = {one: uuid4() for one in ("org", "project", "video", "job", "chapter", "article")}
        await db.execute("insert into organizations (id, name) values ($1, $2)", found["org"], name)
        await db.execute(
            "insert into org_members (org_id, user_id, role) values ($1, $2, 'writer')",
            found["org"],
            member,
        )
        await rows_of_project(db, found)
        await db.execute("update projects set name = $2 where id = $1", found["project"], name)
        await db.execute(
            "update videos set title = $2 where id = $1", found["video"], f"{name}: a talk"
        )
    await db.execute("insert into engines (service, engine) values ('translator', 'told')")
    return found


async def test_users_log_in_stay_and_log_out(
    start: Start, project: SupabaseDouble, ids: dict[str, UUID], builder: web.Node
) -> None:
    del ids  # there to be seen

    def do(what: str) -> Any:
        match what:
            case "shorten tokens":
                project.auth.token_seconds = 62  # the page renews a minute before the end
            case "end sessions":
                project.auth.sessions.clear()
        return {"renewals": project.auth.renewals, "sessions": len(project.auth.sessions)}

    async with start(
        supabase_url=project.url,
        supabase_secret_key=SECRET,
        supabase_publishable_key=PUBLISHABLE,
        storage_dir=None,
    ) as http:
        url = str(http.base_url)
        await asyncio.to_thread(walk, builder, "login", url, *LOGIN, do=do, script="accounts.mjs")


async def test_a_page_of_another_site_uploads_as_its_user(  # noqa: PLR0913, PLR0917 - its parts
    start: Start,
    project: SupabaseDouble,
    ids: dict[str, UUID],
    db: asyncpg.Connection,
    builder: web.Node,
    tmp_path: Path,
) -> None:
    file = tmp_path / "talk.mp4"
    file.write_bytes(film())
    with Site.served() as site:
        async with start(
            supabase_url=project.url,
            supabase_secret_key=SECRET,
            supabase_publishable_key=PUBLISHABLE,
            storage_dir=None,
            cors_origins=[site.url],
        ) as http:
            site.show("/", embedded(str(http.base_url).rstrip("/"), project.token(WRITER)))
            await asyncio.to_thread(
                walk,
                builder,
                "embedded",
                site.url,
                str(file),
                do=lambda _: {},
                script="accounts.mjs",
            )
    made = await db.fetchrow("select * from videos where title = 'From elsewhere'")
    assert made is not None
    assert made["project_id"] == ids["project"]
    assert project.objects[f"docreel/{made['storage_path']}"] == film()


async def test_people_sign_up_invite_each_other_and_log_the_command_in(
    start: Start, project: SupabaseDouble, builder: web.Node, tmp_path: Path
) -> None:
    project.auth.confirms = True

    def do(what: str) -> Any:
        match what.split():
            case ["confirm", email]:
                (mail,) = [one for one in project.auth.mails if one["to"] == email]
                with urllib.request.urlopen(mail["link"], timeout=10) as answer:  # noqa: S310 - the double
                    return bool(answer.status == 200)
            case ["command", token]:
                return logged_in(token)
        raise AssertionError(what)

    async with start(**accounts(project)) as http:
        url = str(http.base_url).rstrip("/")

        def logged_in(token: str) -> str:
            done = subprocess.run(  # noqa: S603 - our own command
                [Path(sys.executable).with_name("docreel"), "login", "--token", "--url", url],
                input=f"{token}\n",
                text=True,
                capture_output=True,
                env={"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path)},
                check=False,
            )
            return done.stdout + done.stderr

        await asyncio.to_thread(
            walk, builder, "people", url, "right horse", do=do, script="accounts.mjs"
        )


async def test_who_has_to_be_invited_is_told_so_and_let_in(
    start: Start,
    project: SupabaseDouble,
    ids: dict[str, UUID],
    dsn: str,
    builder: web.Node,
) -> None:
    async def invite(email: str) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(
                "insert into invitations (org_id, email, invited_by) values ($1, $2, $3)",
                ids["org"],
                email,
                WRITER,
            )
        finally:
            await connection.close()

    def do(what: str) -> Any:
        run_alone(invite(what.split()[1]))

    async with start(**accounts(project), sign_up="invited") as http:
        url = str(http.base_url)
        await asyncio.to_thread(
            walk, builder, "invited", url, "right horse", do=do, script="accounts.mjs"
        )
