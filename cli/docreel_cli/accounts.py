"""Supabase Auth over HTTP: sessions by password, renewed by refresh token, and ended."""

import base64
import binascii
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from .client import DIRECT
from .errors import CommandError
from .records import Login

_PATIENCE = 15.0  # seconds
_JWT_PARTS = 3  # header, claims, signature


class AuthAwayError(CommandError):
    """Supabase Auth does not answer, or not as it does: nothing is known of the session."""


class RefusedError(CommandError):
    """Supabase Auth refuses; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, until `expires_at` (seconds since 1970) without a refresh token."""

    access_token: str
    refresh_token: str
    expires_at: float
    email: str
    supabase_url: str
    publishable_key: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """The Supabase project whose users a gateway knows."""

    url: str
    key: str

    @classmethod
    def of(cls, login: Login, address: str) -> "Accounts":
        """Return what a gateway says; raises CommandError where it does not say enough."""
        if not login.publishable_key:
            message = (
                f"The gateway at {address} hands out no key to log in with: whoever runs it sets "
                "SUPABASE_PUBLISHABLE_KEY. Until then set DOCREEL_TOKEN to an access token."
            )
            raise CommandError(message)
        return cls(login.supabase_url.rstrip("/"), login.publishable_key)

    def by_password(self, email: str, password: str) -> Session:
        """Log in; raises RefusedError for a wrong password, AuthAwayError."""
        return self._session("password", {"email": email, "password": password}, email)

    def renewed(self, refresh_token: str, email: str = "") -> Session:
        """Return the session that follows; a refresh token is good for once. Raises as above."""
        return self._session("refresh_token", {"refresh_token": refresh_token}, email)

    def by_token(self, token: str) -> Session:
        """Return the session of a refresh token, or of an access token, which is not renewed."""
        if len(token.split(".")) != _JWT_PARTS:
            return self.renewed(token)
        claims = _claims(token)
        email, ends = str(claims.get("email") or ""), float(claims.get("exp") or 0)
        if ends <= time.time():
            message = "The token has expired: take a new one."
            raise RefusedError(message)
        return Session(token, "", ends, email, self.url, self.key)

    def end(self, session: Session) -> None:
        """End a session at Supabase too, where it answers."""
        headers = {"apikey": self.key, "Authorization": f"Bearer {session.access_token}"}
        try:
            with self._http() as http:
                http.post(f"{self.url}/auth/v1/logout?scope=local", headers=headers)
        except httpx.HTTPError:
            # It is forgotten here; what is left of it ends by itself.
            return

    def _session(self, grant: str, body: dict[str, str], email: str) -> Session:
        url = f"{self.url}/auth/v1/token?grant_type={grant}"
        try:
            with self._http() as http:
                answer = http.post(url, json=body, headers={"apikey": self.key})
            told = answer.json()
            if answer.is_success:
                user = told.get("user") or {}
                ends = told.get("expires_at") or time.time() + told["expires_in"]
                return Session(
                    told["access_token"],
                    told["refresh_token"],
                    float(ends),
                    str(user.get("email") or email),
                    self.url,
                    self.key,
                )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, AttributeError) as error:
            message = f"Supabase at {self.url} does not answer as it should: try again in a while."
            raise AuthAwayError(message) from error
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            message = f"Supabase at {self.url} cannot log in anybody now: try again in a while."
            raise AuthAwayError(message)
        raise RefusedError(_reason(told, email))

    @staticmethod
    def _http() -> httpx.Client:
        return httpx.Client(timeout=_PATIENCE, mounts=DIRECT)


def _reason(told: Any, email: str) -> str:
    told = told if isinstance(told, dict) else {}
    code = str(told.get("error_code") or told.get("error") or "")
    if code in {"invalid_credentials", "invalid_grant"}:
        return f"The address or the password is wrong ({email}): try again, or sign up on the page."
    if code == "email_not_confirmed":
        return f"The address is not confirmed yet: follow the link in the mail to {email} first."
    if code.startswith(("refresh_token", "session_")):
        return "The token is good no more, since it was used or its session has ended."
    said = told.get("msg") or told.get("message") or told.get("error_description")
    return f"Supabase refuses: {said or 'it does not say why'}."


def _claims(token: str) -> dict[str, Any]:
    """Return what a token claims; not verified, since the gateway does that."""
    part = token.split(".")[1]
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, dict):
        message = "That is no token: copy it as a whole."
        raise RefusedError(message)
    return found
