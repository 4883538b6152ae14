"""Checks a caller's token: who signed it, for whom, for how long, and who it speaks for."""

import asyncio
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
import jwt
import structlog

from services.gateway.problems import ProblemError
from services.gateway.settings import Settings

_ASYMMETRIC = ("ES256", "RS256")
_LEGACY = "HS256"
_KEPT = 600.0  # seconds that the issuer's keys are kept
_ASK_AGAIN = 10.0  # seconds until an unknown key is asked for again
_PATIENCE = 5.0  # seconds for the issuer to answer
_LEEWAY = 10.0  # seconds that two machines' clocks may differ

logger = structlog.get_logger()


def _refusal(*, what: str, do: str, error: str = "invalid_token") -> ProblemError:
    challenge = "Bearer" if not error else f'Bearer error="{error}"'
    return ProblemError(
        HTTPStatus.UNAUTHORIZED, "unauthenticated", what, do, {"WWW-Authenticate": challenge}
    )


@dataclass(slots=True)
class IssuerKeys:
    """The issuer's public keys, fetched when needed and kept for ten minutes."""

    url: str
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _fetched: float = float("-inf")
    _asked: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def named(self, name: str) -> jwt.PyJWK | None:
        """Return a key by its id, or none; raises ProblemError (503) where it cannot be told."""
        async with self._lock:
            now = time.monotonic()
            stale = now - self._fetched > _KEPT
            # One not known may be new; asking each time would let anybody flood the issuer.
            if stale or (name not in self._keys and now - self._asked > _ASK_AGAIN):
                self._asked = now
                await self._fetch(now)
        return self._keys.get(name)

    async def _fetch(self, now: float) -> None:
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE) as http:
                answer = (await http.get(self.url)).raise_for_status().json()
            found = [one for one in answer["keys"] if one.get("kty") in {"EC", "RSA"}]
            self._keys = {one["kid"]: jwt.PyJWK(one) for one in found if "kid" in one}
            self._fetched = now
        except (httpx.HTTPError, ValueError, KeyError, TypeError, jwt.PyJWKError) as error:
            logger.warning("issuer_keys_missing", url=self.url, reason=repr(error))
            if not self._keys:
                raise ProblemError(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "auth-unavailable",
                    "Log-ins cannot be checked now",
                    "Supabase's keys cannot be fetched; send the request again in some seconds.",
                    {"Retry-After": "5"},
                ) from error
            # The old keys are better than none: they were right ten minutes ago.


@dataclass(frozen=True, slots=True)
class Tokens:
    """Reads the tokens of one issuer; with a `secret`, those that are signed with it too."""

    issuer: str
    audience: str
    keys: IssuerKeys
    secret: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Tokens":
        """Return what reads the tokens of the settings' Supabase project."""
        secret = settings.supabase_jwt_secret
        return cls(
            settings.issuer,
            settings.jwt_audience,
            IssuerKeys(f"{settings.issuer}/.well-known/jwks.json"),
            secret.get_secret_value() if secret else None,
        )

    async def read(self, header: str | None) -> tuple[UUID, dict[str, Any]]:
        """Return the user and the claims of an Authorization header.

        Raises ProblemError: 401 for what is no valid token, 503 where it cannot be told.
        """
        if not header:
            raise _refusal(
                what="You are not logged in",
                do="Send the header Authorization: Bearer <token>.",
                error="",
            )
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _refusal(
                what="Not a bearer token", do="Send the header Authorization: Bearer <token>."
            )
        claims = await self._verified(token.strip())
        try:
            user = UUID(str(claims["sub"]))
        except ValueError as error:
            raise _refusal(
                what="The token speaks for no user", do="Log in, and use that token."
            ) from error
        if claims.get("role") != "authenticated":
            raise _refusal(
                what="The token speaks for no user",
                do="Use the token of somebody who is logged in, not an API key.",
            )
        return user, claims

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            head = jwt.get_unverified_header(token)
            algorithm = head.get("alg")
            # The algorithm is never the token's to choose: each kind of key has its own.
            if algorithm == _LEGACY and self.secret is not None:
                key: Any = self.secret
            elif algorithm in _ASYMMETRIC:
                key = await self.keys.named(str(head.get("kid", "")))
            else:
                key = None
            if key is None:
                raise _refusal(
                    what="The token's signature is not one accepted here", do="Log in again."
                )
            found: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[str(algorithm)],
                audience=self.audience,
                issuer=self.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise _refusal(
                what="The token has expired", do="Refresh it, or log in again."
            ) from error
        except jwt.InvalidIssuerError as error:
            raise _refusal(
                what="The token is another installation's", do=f"Log in where {self.issuer} is."
            ) from error
        except jwt.InvalidAudienceError as error:
            raise _refusal(
                what="The token is for another audience", do=f"Its aud has to be {self.audience!r}."
            ) from error
        except jwt.PyJWTError as error:
            raise _refusal(what="The token is not valid", do=f"Log in again ({error}).") from error
        return found
