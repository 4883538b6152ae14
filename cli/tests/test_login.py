"""`docreel login` and `logout`, on the double of Supabase Auth, and a gateway for its users."""

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from simulators.supabase.server import PUBLISHABLE, SupabaseDouble, User, serving

from .conftest import DOCREEL, JOB, Docreel, Ended, FakeGateway

ADA, PASSWORD = "ada@example.org", "right horse"


@pytest.fixture
def project() -> Iterator[SupabaseDouble]:
    """The double on a loop of its own, in a thread."""
    found: list[SupabaseDouble] = []
    ready, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serving() as double:
            double.auth.users[ADA] = User(uuid4(), PASSWORD)
            found.append(double)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    yield found[0]
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


@pytest.fixture
def guarded(gateway: FakeGateway, project: SupabaseDouble) -> FakeGateway:
    """A gateway with accounts, where only `project`'s users may ask."""
    gateway.accounts = {
        "kind": "supabase",
        "supabase_url": project.url,
        "supabase_publishable_key": PUBLISHABLE,
    }
    gateway.known = lambda token: _email(project, token)
    return gateway


def _email(project: SupabaseDouble, token: str) -> str | None:
    import jwt  # noqa: PLC0415 - only here

    try:
        claims = jwt.decode(
            token, project.auth.key.public_key(), ["ES256"], audience="authenticated"
        )
    except jwt.PyJWTError:
        return None
    return str(claims.get("email"))


@pytest.fixture
def typed(environment: dict[str, str], tmp_path: Path) -> Any:
    """Run the command with lines on its standard input."""

    def run(given: str, *words: str, **changed: str) -> Ended:
        ended = subprocess.run(  # noqa: S603 - the command under test
            [DOCREEL, *words],
            cwd=tmp_path,
            env=environment | changed,
            input=given.encode(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return run


def _file(environment: dict[str, str]) -> Path:
    return Path(environment["XDG_CONFIG_HOME"]) / "docreel" / "sessions.json"


def test_who_logs_in_is_known_until_they_log_out(
    guarded: FakeGateway,
    project: SupabaseDouble,
    docreel: Docreel,
    typed: Any,
    environment: dict[str, str],
) -> None:
    before = docreel("jobs")
    assert (before.status, before.err) == (
        1,
        f"Error: You are not logged in at {guarded.url}: run `docreel login`.\n",
    )
    ended = typed(f"{PASSWORD}\n", "login", "--email", ADA)
    assert ended.out.splitlines() == [
        f"Logged in at {guarded.url} as {ADA}.",
        "Organization: Ours (owner)",
    ]
    assert PASSWORD not in ended.out + ended.err
    file = _file(environment)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert PASSWORD not in file.read_text()
    assert JOB in docreel("jobs").out
    # At another address nobody is logged in, and no token is shown to it.
    other = guarded.url.replace("127.0.0.1", "localhost")
    assert docreel("jobs", "--url", other).err.startswith(
        f"Error: You are not logged in at {other}"
    )
    assert docreel("logout").out == f"Logged out of {guarded.url}.\n"
    assert project.auth.sessions == {}
    assert docreel("jobs").status == 1
    assert docreel("logout").out == f"You are not logged in at {guarded.url}.\n"


def test_the_address_is_asked_for_too(guarded: FakeGateway, typed: Any) -> None:
    assert f"as {ADA}" in typed(f"{ADA}\n{PASSWORD}\n", "login").out
    nothing = typed("", "login")
    assert (nothing.status, nothing.err) == (
        2,
        "Error: No email was given: type it, or send it to standard input as a line.\n",
    )
    del guarded


def test_what_is_refused_is_told_and_keeps_nothing(
    guarded: FakeGateway, project: SupabaseDouble, typed: Any, environment: dict[str, str]
) -> None:
    wrong = typed("wrong\n", "login", "--email", ADA)
    assert wrong.status == 1
    assert wrong.err == (
        f"Error: The address or the password is wrong ({ADA}): try again, or sign up on the page.\n"
    )
    project.auth.users[ADA].confirmed = False
    early = typed(f"{PASSWORD}\n", "login", "--email", ADA)
    assert "is not confirmed yet: follow the link in the mail" in early.err
    project.auth.users[ADA].confirmed = True
    # The gateway may know other users than the project that it names.
    guarded.known = lambda _: None
    other = typed(f"{PASSWORD}\n", "login", "--email", ADA)
    assert (other.status, "may be another project's" in other.err) == (1, True)
    assert not _file(environment).exists()


def test_a_gateway_without_accounts_needs_no_login(gateway: FakeGateway, typed: Any) -> None:
    ended = typed("", "login")
    assert (ended.status, ended.out) == (
        0,
        f"Nobody logs in at {gateway.url}: it has no accounts, every command works without.\n",
    )


def test_a_gateway_that_hands_out_no_key_says_who_can_mend_it(
    guarded: FakeGateway, typed: Any
) -> None:
    guarded.accounts["supabase_publishable_key"] = None
    ended = typed(f"{PASSWORD}\n", "login", "--email", ADA)
    assert (ended.status, "SUPABASE_PUBLISHABLE_KEY" in ended.err) == (1, True)


def test_who_belongs_nowhere_is_told_what_to_do(guarded: FakeGateway, typed: Any) -> None:
    guarded.organizations = []
    guarded.next_step = "Ask an owner to invite you."
    ended = typed(f"{PASSWORD}\n", "login", "--email", ADA)
    assert ended.out.splitlines()[1:] == [
        "You belong to no organization yet. Ask an owner to invite you."
    ]


def test_a_session_is_renewed_before_its_end_once_for_all_commands(
    guarded: FakeGateway, project: SupabaseDouble, docreel: Docreel, typed: Any
) -> None:
    project.auth.token_seconds = 30  # within the minute before its end
    typed(f"{PASSWORD}\n", "login", "--email", ADA)
    project.auth.token_seconds = 3600
    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(lambda _: docreel("jobs"), range(4)))
    assert [one.status for one in several] == [0] * 4
    assert project.auth.renewals == 1
    assert len(project.auth.sessions) == 1
    del guarded


def test_supabase_that_is_away_ends_no_session(
    guarded: FakeGateway, project: SupabaseDouble, docreel: Docreel, typed: Any, environment: Any
) -> None:
    typed(f"{PASSWORD}\n", "login", "--email", ADA)
    _change(environment, supabase_url="http://127.0.0.1:9", expires_at=time.time() + 30)
    assert docreel("jobs").status == 0
    _change(environment, expires_at=1.0)
    ended = docreel("jobs")
    assert (ended.status, "try again in a while" in ended.err) == (1, True)
    _change(environment, supabase_url=project.url)
    assert docreel("jobs").status == 0
    del guarded


def _change(environment: dict[str, str], **fields: Any) -> None:
    file = _file(environment)
    kept = json.loads(file.read_text())
    for session in kept.values():
        session.update(fields)
    file.write_text(json.dumps(kept))


def test_a_session_that_has_ended_is_told_and_forgotten(
    guarded: FakeGateway, project: SupabaseDouble, docreel: Docreel, typed: Any, environment: Any
) -> None:
    typed(f"{PASSWORD}\n", "login", "--email", ADA)
    project.auth.sessions.clear()
    _change(environment, expires_at=1.0)
    ended = docreel("jobs")
    assert ended.err == (
        f"Error: Your session at {guarded.url} has ended: run `docreel login` again.\n"
    )
    assert "You are not logged in" in docreel("jobs").err


def test_a_token_of_the_page_logs_in(
    guarded: FakeGateway, project: SupabaseDouble, docreel: Docreel, typed: Any, environment: Any
) -> None:
    user = project.auth.users[ADA].id
    # An access token is good until its end, and says so.
    token = project.token(user)
    ended = typed(f"{token}\n", "login", "--token")
    assert ended.out.splitlines()[0] == f"Logged in at {guarded.url} as {ADA}."
    assert "cannot be renewed" in ended.out
    assert docreel("jobs").status == 0
    _change(environment, expires_at=1.0)
    assert "has expired: run `docreel login` again" in docreel("jobs").err
    assert "has expired" in typed(f"{project.token(user, exp=1)}\n", "login", "--token").err
    # A refresh token is a session, which the command goes on with.
    typed(f"{PASSWORD}\n", "login", "--email", ADA)
    (refresh,) = project.auth.sessions
    ended = typed(f"{refresh}\n", "login", "--token")
    assert ended.out.splitlines()[0] == f"Logged in at {guarded.url} as {ADA}."
    assert refresh not in project.auth.sessions
    again = typed(f"{refresh}\n", "login", "--token")
    assert again.err == (
        "Error: The token is good no more, since it was used or its session has ended.\n"
    )
    assert "no token" in typed("a.b.c\n", "login", "--token").err


def test_the_environments_token_goes_first(
    guarded: FakeGateway, project: SupabaseDouble, docreel: Docreel, typed: Any
) -> None:
    typed(f"{PASSWORD}\n", "login", "--email", ADA)
    ended = docreel("jobs", DOCREEL_TOKEN="garbage")  # noqa: S106 - none
    assert ended.status == 1
    assert ended.err == (
        "Error: The gateway refuses the token in DOCREEL_TOKEN (Not logged in): set it to a new "
        "one, or unset it and run `docreel login`.\n"
    )
    assert docreel("jobs", DOCREEL_TOKEN=project.token(uuid4())).status == 0
    del guarded


def test_a_file_of_sessions_that_cannot_be_read_is_told(
    guarded: FakeGateway, docreel: Docreel, environment: dict[str, str]
) -> None:
    file = _file(environment)
    file.parent.mkdir(parents=True)
    file.write_text("{")
    ended = docreel("jobs")
    assert (ended.status, str(file) in ended.err, ended.err.count("\n")) == (1, True, 1)
    del guarded
