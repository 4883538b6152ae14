"""`docreel login` and `docreel logout`."""

import getpass
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from .accounts import Accounts, Session
from .address import gateway_address
from .callers import NewToken, Nobody
from .client import Gateway
from .errors import UsageError
from .records import Me
from .screen import Screen
from .sessions import Store

_Url = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="DOCREEL_URL", help="The gateway's address; else the local stack's."
    ),
]


def login(
    url: _Url = None,
    email: Annotated[str, typer.Option("--email", help="Your address; else it is asked.")] = "",
    token: Annotated[  # noqa: FBT002 - a flag on the command line
        bool,
        typer.Option("--token", help="Ask for a token, as the page hands it out, not a password."),
    ] = False,
) -> None:
    """Log in where the gateway has accounts; the session is kept, and renewed.

    A password or a token is asked for, or read from standard input: never given as an option,
    which everybody on the machine could see.
    """
    address, screen = gateway_address(url, Path.cwd()), Screen()
    with Gateway(address, Nobody()) as gateway:
        told = gateway.login()
    if told.kind == "none":
        screen.say(f"Nobody logs in at {address}: it has no accounts, every command works without.")
        return
    accounts = Accounts.of(told, address)
    if token:
        session = accounts.by_token(_asked("Token"))
    else:
        wanted = email or _asked("Email", hidden=False)
        session = accounts.by_password(wanted, _asked("Password"))
    # Asked before it is kept: what the gateway refuses is no session.
    with Gateway(address, NewToken(session.access_token)) as gateway:
        me = gateway.me()
    store = Store.of_user()
    with store.locked():
        store.put(address, session)
    _tell(screen, address, session, me)
    if os.environ.get("DOCREEL_TOKEN"):
        screen.warn("DOCREEL_TOKEN is set, and goes before this session: unset it.")


def logout(url: _Url = None) -> None:
    """End the session that `docreel login` keeps."""
    address, screen, store = gateway_address(url, Path.cwd()), Screen(), Store.of_user()
    with store.locked():
        session = store.get(address)
        if session is not None:
            store.put(address, None)
    if session is None:
        screen.say(f"You are not logged in at {address}.")
        return
    Accounts(session.supabase_url, session.publishable_key).end(session)
    screen.say(f"Logged out of {address}.")


def _tell(screen: Screen, address: str, session: Session, me: Me) -> None:
    who = me.email or session.email or me.user_id
    screen.say(f"Logged in at {address} as {who}.")
    for name, role in me.organizations:
        screen.say(f"Organization: {name} ({role})")
    if me.next_step:
        screen.say(f"You belong to no organization yet. {me.next_step}")
    if not session.refresh_token:
        until = time.strftime("%H:%M", time.localtime(session.expires_at))
        screen.say(f"An access token cannot be renewed: this one is good until {until}.")


def _asked(what: str, *, hidden: bool = True) -> str:
    """Ask on a terminal, else read a line."""
    if not sys.stdin.isatty():
        found = sys.stdin.readline().strip("\r\n")
    elif hidden:
        found = getpass.getpass(f"{what}: ")
    else:
        found = str(typer.prompt(what))
    if not found.strip():
        message = f"No {what.lower()} was given: type it, or send it to standard input as a line."
        raise UsageError(message)
    return found if what == "Password" else found.strip()
