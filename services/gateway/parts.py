"""What every request's handler is built from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

import asyncpg
from fastapi import Depends, Header, Request

from services.gateway.access import Access
from services.gateway.courier import Courier
from services.gateway.limits import Rate
from services.gateway.media import MediaLinks
from services.gateway.newcomers import Newcomers, belongs_nowhere
from services.gateway.newcomers import address as address_of
from services.gateway.printing import Printer
from services.gateway.probe import Prober
from services.gateway.problems import ProblemError
from services.gateway.queues import Queues
from services.gateway.readiness import Readiness
from services.gateway.settings import Settings
from services.gateway.tokens import Tokens
from services.gateway.uploads import Uploads
from shared.storage import ServedStorage

_READING = ("GET", "HEAD", "OPTIONS")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Parts:
    """Opened at the gateway's start, closed at its end; `access` is the present caller's.

    `uploads` is none where videos go straight to the storage, `tokens` where there are no accounts.
    """

    settings: Settings
    pool: asyncpg.Pool
    access: Access
    courier: Courier
    storage: ServedStorage
    uploads: Uploads | None
    tokens: Tokens | None
    newcomers: Newcomers
    media: MediaLinks
    rate: Rate
    prober: Prober
    printer: Printer
    queues: Queues
    readiness: Readiness

    async def called_by(self, authorization: str | None, address: str) -> "Parts":
        """Return the parts as the caller's, who is counted. Raises ProblemError (401, 429, 503)."""
        if self.tokens is None:
            self.rate.count(str(self.access.user_id))
            return self
        try:
            user, claims = await self.tokens.read(authorization)
        except ProblemError:
            self.rate.count(address)
            raise
        self.rate.count(str(user))
        await self.newcomers.welcome(user, claims, authorization or "")
        return replace(self, access=Access.of(self.pool, user, claims, address_of(claims)))

    def belongs_nowhere(self) -> ProblemError:
        """Return the refusal for a caller who belongs to no organization."""
        return belongs_nowhere(self.settings.sign_up, self.access.user_id, self.access.email)


def opened(request: Request) -> Parts:
    """Return what the application has open."""
    parts: Parts = request.app.state.parts
    return parts


def address(request: Request) -> str:
    """Return the network address that a request comes from."""
    return request.client.host if request.client else "unknown"


async def _given(
    request: Request,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Parts:
    parts = opened(request)
    if parts.tokens is None:
        _check_site(request, parts.settings.cors_origins)
    return await parts.called_by(authorization, address(request))


def _check_site(request: Request, allowed: Sequence[str]) -> None:
    """Keep pages of other sites from acting as the local user, whom no token tells from them.

    Raises ProblemError (403).
    """
    origin = request.headers.get("origin")
    if origin is None or request.method in _READING or {origin, "*"} & set(allowed):
        return
    site = urlsplit(origin)
    if site.netloc == request.headers.get("host") or site.hostname in _THIS_MACHINE:
        return
    raise ProblemError(
        HTTPStatus.FORBIDDEN,
        "foreign-site",
        "A page of another site may not change anything here",
        f"Name {origin} in CORS_ORIGINS where it is to be trusted.",
    )


# A router's parameter of this type is given the parts: of anybody, and of a caller who is known.
Opened = Annotated[Parts, Depends(opened)]
Given = Annotated[Parts, Depends(_given)]
