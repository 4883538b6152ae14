"""Auth: users who sign up, log in, renew their sessions and log out; tokens and their keys."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

PUBLISHABLE = "sb_publishable_of_the_double"
SECRET = "sb_secret_of_the_double"  # noqa: S105 - the double's own
_SHORTEST = 6  # characters of a password, unless the project asks for more
_INVALID = ("invalid_credentials", "Invalid login credentials")
_UNCONFIRMED = ("email_not_confirmed", "Email not confirmed")
_NO_SESSION = ("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": status, "error_code": code, "msg": message}, status)


@dataclass
class User:
    """Who can log in, once the address is confirmed."""

    id: UUID
    password: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in, of which each refresh token is good for one renewal."""

    user: UUID
    id: str


@dataclass
class Auth:
    """The users of the project at `url`; with `confirms`, each has to follow a link first."""

    url: str
    confirms: bool = False
    users: dict[str, User] = field(default_factory=dict)  # by address, in small letters
    sessions: dict[str, Session] = field(default_factory=dict)  # by refresh token
    mails: list[dict[str, str]] = field(default_factory=list)  # that were "sent"
    token_seconds: int = 3600
    renewals: int = 0
    keys_asked: int = 0
    away: bool = False  # the keys cannot be fetched
    users_away: bool = False  # nor can it be told who somebody is

    def __post_init__(self) -> None:
        """Make the keys that tokens are signed with."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def routes(self) -> list[Route]:
        """Return what is served below /auth/v1."""
        return [
            Route("/auth/v1/signup", self._sign_up, methods=["POST"]),
            Route("/auth/v1/token", self._log_in, methods=["POST"]),
            Route("/auth/v1/logout", self._log_out, methods=["POST"]),
            Route("/auth/v1/user", self._user),
            Route("/auth/v1/verify", self._verify),
            Route("/auth/v1/.well-known/jwks.json", self._keys),
            Route("/double/mails", self._mails),
        ]

    def token(self, user: object, *, alg: str = "ES256", **changed: Any) -> str:
        """Sign a token for a user, as Supabase Auth does but for what is changed."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "sub": str(user),
            "aud": "authenticated",
            "role": "authenticated",
            "iss": f"{self.url}/auth/v1",
            "iat": now,
            "exp": now + 3600,
            "email": self._email_of(user) or None,
            "is_anonymous": False,
        } | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        key = {"ES256": self.key, "RS256": self.rsa, "none": None}.get(alg, "x" * 32)
        return jwt.encode(claims, key, algorithm=alg, headers={"kid": alg})  # type: ignore[arg-type]

    def _email_of(self, user: object) -> str:
        return next((at for at, one in self.users.items() if str(one.id) == str(user)), "")

    def _session(self, user: UUID, id_: str) -> Response:
        refresh = uuid4().hex
        self.sessions[refresh] = Session(user, id_)
        ends = int(time.time()) + self.token_seconds
        return JSONResponse(
            {
                "access_token": self.token(user, exp=ends, session_id=id_),
                "token_type": "bearer",
                "expires_in": self.token_seconds,
                "expires_at": ends,
                "refresh_token": refresh,
                "user": self._shown(user),
            }
        )

    def _shown(self, user: UUID) -> dict[str, Any]:
        email = self._email_of(user)
        confirmed = email in self.users and self.users[email].confirmed
        at = "2026-01-01T00:00:00Z" if confirmed else None
        return {
            "id": str(user),
            "aud": "authenticated",
            "role": "authenticated",
            "email": email,
            "email_confirmed_at": at,
        }

    async def _sign_up(self, request: Request) -> Response:
        if (refusal := _check_key(request)) is not None:
            return refusal
        given = await request.json()
        email = str(given["email"]).strip().lower()
        if len(given["password"]) < _SHORTEST:
            return _refused(422, "weak_password", "Password should be at least 6 characters.")
        if email in self.users:
            return _refused(422, "user_already_exists", "User already registered")
        user = self.users[email] = User(uuid4(), given["password"], not self.confirms)
        if user.confirmed:
            return self._session(user.id, uuid4().hex)
        link = f"{self.url}/auth/v1/verify?token={user.id.hex}&type=signup"
        self.mails.append({"to": email, "link": link})
        return JSONResponse(self._shown(user.id))

    async def _log_in(self, request: Request) -> Response:
        if (refusal := _check_key(request)) is not None:
            return refusal
        given = await request.json()
        if request.query_params["grant_type"] == "refresh_token":
            known = self.sessions.pop(given["refresh_token"], None)
            self.renewals += known is not None
            return (
                _refused(400, *_NO_SESSION)
                if known is None
                else self._session(known.user, known.id)
            )
        user = self.users.get(str(given["email"]).strip().lower())
        if user is None or user.password != given["password"]:
            return _refused(400, *_INVALID)
        if not user.confirmed:
            return _refused(400, *_UNCONFIRMED)
        return self._session(user.id, uuid4().hex)

    def _claims(self, request: Request) -> dict[str, Any] | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        keys: dict[str, Any] = {"ES256": self.key.public_key(), "RS256": self.rsa.public_key()}
        try:
            algorithm = str(jwt.get_unverified_header(token).get("alg"))
            found: dict[str, Any] = jwt.decode(
                token, keys.get(algorithm, ""), [algorithm], audience="authenticated"
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        return found

    async def _log_out(self, request: Request) -> Response:
        claims = self._claims(request)
        if claims is None:
            return _refused(403, "bad_jwt", "invalid JWT")
        local = request.query_params.get("scope") == "local"
        ended = {
            refresh
            for refresh, one in self.sessions.items()
            if str(one.user) == claims["sub"] and (not local or one.id == claims.get("session_id"))
        }
        for refresh in ended:
            del self.sessions[refresh]
        return Response(status_code=204)

    async def _user(self, request: Request) -> Response:
        if self.users_away:
            return Response(status_code=503)
        claims = self._claims(request)
        if claims is None:
            return _refused(403, "bad_jwt", "invalid JWT")
        return JSONResponse(self._shown(UUID(claims["sub"])))

    async def _verify(self, request: Request) -> Response:
        wanted = request.query_params.get("token", "")
        user = next((one for one in self.users.values() if one.id.hex == wanted), None)
        if user is None:
            return _refused(403, "otp_expired", "Email link is invalid or has expired")
        user.confirmed = True
        to = request.query_params.get("redirect_to")
        return RedirectResponse(to, 303) if to else Response("Confirmed. Log in now.")

    async def _mails(self, _: Request) -> Response:
        return JSONResponse(self.mails)

    async def _keys(self, _: Request) -> Response:
        self.keys_asked += 1
        if self.away:
            return Response(status_code=503)
        elliptic = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        other = jwt.algorithms.RSAAlgorithm.to_jwk(self.rsa.public_key(), as_dict=True)
        return JSONResponse(
            {
                "keys": [
                    {**elliptic, "kid": "ES256", "alg": "ES256", "use": "sig"},
                    {**other, "kid": "RS256", "alg": "RS256", "use": "sig"},
                ]
            }
        )


def _check_key(request: Request) -> Response | None:
    if request.headers.get("apikey") in {PUBLISHABLE, SECRET}:
        return None
    return JSONResponse({"message": "Invalid API key"}, 401)
