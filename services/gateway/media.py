"""Links to a video's file, pictures and subtitles that work without a header.

A player, an image and a text track of a page cannot send a token. Such a link carries its own: who
asked for it, for which video, until when, signed with a key that all gateways share.
"""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

import asyncpg

from services.gateway.problems import ProblemError

_KEY = "media"


async def signing_key(pool: asyncpg.Pool) -> bytes:
    """Return the installation's key, which the first gateway makes."""
    await pool.execute(
        """insert into gateway_keys (name, secret)
           values ($1, gen_random_uuid()::text || gen_random_uuid()::text)
           on conflict (name) do nothing""",
        _KEY,
    )
    return str(
        await pool.fetchval("select secret from gateway_keys where name = $1", _KEY)
    ).encode()


def _refusal() -> ProblemError:
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "media-link-invalid",
        "The link is not valid, or no longer",
        "Ask for a new one: GET /api/videos/<id>/media.",
        {"WWW-Authenticate": "Bearer"},
    )


@dataclass(frozen=True, slots=True)
class MediaLinks:
    """Makes and reads the token of a link, which works for `seconds`."""

    key: bytes
    seconds: float

    def token(self, video_id: UUID, user_id: UUID) -> tuple[str, float]:
        """Return a token, and until when it works (seconds of the Unix epoch)."""
        # In steps of a tenth, so that a page that asks again gets the same, and its cache holds.
        step = max(1.0, self.seconds / 10)
        until = int((time.time() // step + 1) * step + self.seconds)
        told = f"{user_id.hex}.{until:x}"
        return f"{told}.{self._signature(video_id, told)}", float(until)

    def user(self, video_id: UUID, token: str) -> UUID:
        """Return who a link was made for. Raises ProblemError (401)."""
        told, _, signature = token.rpartition(".")
        if not hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._signature(video_id, told).encode()
        ):
            raise _refusal()
        user, _, until = told.partition(".")
        if int(until, 16) < time.time():
            raise _refusal()
        return UUID(hex=user)

    def _signature(self, video_id: UUID, told: str) -> str:
        signed = f"{video_id.hex}.{told}".encode("utf-8", "replace")
        made = hmac.new(self.key, signed, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
