"""What somebody finds who logs in: the organizations that invited them, or one of their own."""

from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import structlog

from services.gateway.problems import ProblemError
from services.gateway.queries import invitations, members
from services.gateway.settings import Settings, SignUp

_PATIENCE = 5.0  # seconds for Supabase Auth to answer
_WAIT = 10.0  # seconds for a free connection
_KEPT = 10_000  # log-ins that are known to have been seen to

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accounts:
    """Supabase Auth, asked whether somebody's address is confirmed.

    A token names an address, but nothing in it that its owner cannot write says that it is theirs.
    """

    url: str
    key: str

    async def has_confirmed(self, authorization: str, email: str) -> bool:
        """Tell whether the user of a token has confirmed an address; raises ProblemError (503)."""
        headers = {"Authorization": authorization, "apikey": self.key}
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE) as http:
                answer = await http.get(f"{self.url}/auth/v1/user", headers=headers)
                if answer.is_client_error:  # logged out, or deleted, since the token was made
                    return False
                user = answer.raise_for_status().json()
            found = str(user["email"]).lower()
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            logger.warning("address_not_checked", reason=repr(error))
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "auth-unavailable",
                "Your invitation cannot be checked now",
                "Supabase does not answer; send the request again in some seconds.",
                {"Retry-After": "5"},
            ) from error
        return found == email and bool(user.get("email_confirmed_at"))


@dataclass(slots=True)
class Newcomers:
    """Sees to everybody once a log-in; whoever belongs nowhere is looked at again each time."""

    pool: asyncpg.Pool
    sign_up: SignUp
    accounts: Accounts
    project: str  # the name of a first project
    _seen: OrderedDict[tuple[UUID, str], None] = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, pool: asyncpg.Pool, settings: Settings) -> "Newcomers":
        """Return what sees to the users of the settings' Supabase project."""
        key = settings.supabase_secret_key
        secret = key.get_secret_value() if key else ""
        accounts = Accounts(settings.supabase, secret)
        return cls(pool, settings.sign_up, accounts, settings.local_project)

    async def welcome(self, user: UUID, claims: dict[str, Any], authorization: str) -> None:
        """Let a user into what they are invited to, or give them an organization, as SIGN_UP says.

        Raises ProblemError (503) where Supabase has to be asked and does not answer.
        """
        log_in = (user, str(claims.get("session_id") or claims.get("iat") or ""))
        if log_in in self._seen:
            return
        email = address(claims)
        async with self.pool.acquire(timeout=_WAIT) as db:
            invited = (
                email is not None
                and self.sign_up is not SignUp.CLOSED
                and await invitations.waiting(db, email)
            )
            belongs = await members.note_email(db, user, email)
        if invited and email and await self.accounts.has_confirmed(authorization, email):
            async with self.pool.acquire(timeout=_WAIT) as db, db.transaction():
                belongs = await invitations.take_up(db, user, email) or belongs
        if not belongs and self.sign_up is SignUp.OWN_ORGANIZATION:
            async with self.pool.acquire(timeout=_WAIT) as db, db.transaction():
                await members.found(db, user, email, self.project)
            belongs = True
        if belongs:
            self._seen[log_in] = None
            if len(self._seen) > _KEPT:
                self._seen.popitem(last=False)


def address(claims: dict[str, Any]) -> str | None:
    """Return the address that a token names, in small letters; none where there is none."""
    found = claims.get("email")
    return found.strip().lower() or None if isinstance(found, str) else None


def next_step(sign_up: SignUp, user: UUID, email: str | None) -> str:
    """Tell somebody who belongs to no organization how they come to be in one."""
    if sign_up is SignUp.INVITED:
        return (
            f"Ask an owner of an organization to invite {email or 'you'}, then come back: "
            "you are in as soon as you are invited."
        )
    if sign_up is SignUp.CLOSED:
        return (
            f"Ask who runs this installation to make you a member of one; your user id is {user}."
        )
    return "Log out and in again: you are given one of your own."


def belongs_nowhere(sign_up: SignUp, user: UUID, email: str | None) -> ProblemError:
    """Return the refusal for somebody who belongs to no organization."""
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        "no-organization",
        "You belong to no organization yet",
        f"You belong to no organization yet. {next_step(sign_up, user, email)}",
    )
