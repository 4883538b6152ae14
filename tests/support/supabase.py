"""A small double of a Supabase project: Auth and Storage, answering as recorded.

The real `supabase` package and real tus clients speak to it; facts/supabase-postgres.md of the
project's notes holds what was recorded.
"""

import asyncio
import base64
import email
import email.policy
import json
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PUBLISHABLE = "sb_publishable_of_the_double"
SECRET = "sb_secret_of_the_double"  # noqa: S105 - the double's own
CHUNK = 6 * 1024 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def _refused(status: int, error: str, message: str) -> Response:
    body = {"statusCode": str(status), "error": error, "message": message}
    # Over HTTP, Storage says 400 for most of what it refuses.
    return JSONResponse(body, 400)


@dataclass
class User:
    """Who can log in."""

    id: UUID
    password: str


@dataclass
class Upload:
    """A resumable upload under way."""

    path: str
    length: int
    data: bytearray = field(default_factory=bytearray)


class SupabaseDouble:
    """One project at `url`; keeps its objects and what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, Upload] = {}
        self.asked: list[tuple[str, str]] = []
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.users: dict[str, User] = {}  # by address
        self.sessions: dict[str, UUID] = {}  # by refresh token, which is good for one renewal
        self.renewals = 0
        self.token_seconds = 3600
        self.keys_asked = 0
        self.away = False
        self.application = Starlette(
            # As Supabase does, it lets pages of every site ask.
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=["*"],
                    allow_methods=["*"],
                    allow_headers=["*"],
                    expose_headers=["Location", "Upload-Offset", "Upload-Length", "Tus-Resumable"],
                )
            ],
            routes=[
                Route("/auth/v1/token", self._log_in, methods=["POST"]),
                Route("/auth/v1/logout", self._log_out, methods=["POST"]),
                Route("/auth/v1/.well-known/jwks.json", self._keys),
                Route("/storage/v1/upload/resumable/sign", self._begin, methods=["POST"]),
                Route("/storage/v1/upload/resumable/sign/{name}", self._go_on, methods=["HEAD"]),
                Route("/storage/v1/upload/resumable/sign/{name}", self._append, methods=["PATCH"]),
                Route("/storage/v1/object/list/{bucket}", self._page, methods=["POST"]),
                Route("/storage/v1/object/{bucket}", self._discarded, methods=["DELETE"]),
                Route("/storage/v1/{path:path}", self._storage, methods=["GET", "POST", "PUT"]),
            ],
        )

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
        } | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        key = {"ES256": self.key, "RS256": self.rsa, "none": None}.get(alg, "x" * 32)
        return jwt.encode(claims, key, algorithm=alg, headers={"kid": alg})  # type: ignore[arg-type]

    async def _log_in(self, request: Request) -> Response:
        if request.headers.get("apikey") != PUBLISHABLE:
            return JSONResponse({"message": "Invalid API key"}, 401)
        told = await request.json()
        if request.query_params["grant_type"] == "refresh_token":
            known = self.sessions.pop(told["refresh_token"], None)
            self.renewals += known is not None
            refused = ("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        else:
            user = self.users.get(told["email"])
            known = user.id if user and user.password == told["password"] else None
            refused = ("invalid_credentials", "Invalid login credentials")
        if known is None:
            return JSONResponse({"code": 400, "error_code": refused[0], "msg": refused[1]}, 400)
        refresh = uuid4().hex
        self.sessions[refresh] = known
        ends = int(time.time()) + self.token_seconds
        return JSONResponse(
            {
                "access_token": self.token(known, exp=ends),
                "token_type": "bearer",
                "expires_in": self.token_seconds,
                "expires_at": ends,
                "refresh_token": refresh,
                "user": {"id": str(known)},
            }
        )

    async def _log_out(self, request: Request) -> Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, self.key.public_key(), ["ES256"], audience="authenticated")
        user = UUID(claims["sub"])
        self.sessions = {one: known for one, known in self.sessions.items() if known != user}
        return Response(status_code=204)

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

    async def _storage(self, request: Request) -> Response:  # noqa: C901, PLR0911 - one a request
        path = request.path_params["path"]
        self.asked.append((request.method, path))
        token = request.query_params.get("token", "")
        if path.startswith("object/sign/") and request.method == "GET":
            name = path.removeprefix("object/sign/")
            if token != f"read-{name}":
                return _refused(400, "InvalidJWT", "jwt malformed")
            return self._part(request, name)
        if request.headers.get("apikey") != SECRET:
            return _refused(403, "Unauthorized", "Invalid Compact JWS")
        match request.method, path.split("/"):
            case "POST", ["object", "sign", *rest]:
                name = "/".join(rest)
                assert str(int((await request.json())["expiresIn"])) > "0"
                if name not in self.objects:
                    return _refused(404, "not_found", "Object not found")
                return JSONResponse({"signedURL": f"/object/sign/{name}?token=read-{name}"})
            case "POST", ["object", "upload", "sign", *rest]:
                name = "/".join(rest)
                return JSONResponse({"url": f"/object/upload/sign/{name}?token=write-{name}"})
            case "GET", ["object", "info", *rest]:
                found = self.objects.get("/".join(rest))
                if found is None:
                    return _refused(404, "not_found", "Object not found")
                return JSONResponse({"id": str(uuid4()), "size": len(found)})
            case "GET", ["object", *rest]:
                return self._part(request, "/".join(rest))
            case "POST" | "PUT", ["object", *rest]:
                name = "/".join(rest)
                if name in self.objects and request.headers.get("x-upsert") != "true":
                    return _refused(409, "Duplicate", "The resource already exists")
                self.objects[name] = await _file(request)
                return JSONResponse({"Key": name, "Id": str(uuid4())})
        return _refused(404, "not_found", "no such route")

    async def _page(self, request: Request) -> Response:
        """One folder's objects, and the folders within, which have no id and no times."""
        asked = await request.json()
        prefix = f"{request.path_params['bucket']}/{asked['prefix']}/"
        within = [name.removeprefix(prefix) for name in self.objects if name.startswith(prefix)]
        entries = {name.partition("/")[0]: None if "/" in name else str(uuid4()) for name in within}
        written = "2026-01-01T00:00:00.000Z"
        every = [
            {"name": name, "id": id_, "updated_at": written if id_ else None}
            for name, id_ in sorted(entries.items())
        ]
        return JSONResponse(every[asked["offset"] :][: asked["limit"]])

    async def _discarded(self, request: Request) -> Response:
        bucket = request.path_params["bucket"]
        names = [f"{bucket}/{one}" for one in (await request.json())["prefixes"]]
        gone = [name for name in names if self.objects.pop(name, None) is not None]
        return JSONResponse([{"name": name} for name in gone])

    def _part(self, request: Request, name: str) -> Response:
        data = self.objects.get(name)
        if data is None:
            return _refused(404, "not_found", "Object not found")
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        if asked is None:
            return Response(data, headers={"Accept-Ranges": "bytes"})
        start, end = int(asked[1]), int(asked[2] or len(data) - 1)
        told = {"Content-Range": f"bytes {start}-{end}/{len(data)}", "Accept-Ranges": "bytes"}
        return Response(data[start : end + 1], 206, told)

    async def _begin(self, request: Request) -> Response:
        pairs = (one.split(" ") for one in request.headers["upload-metadata"].split(","))
        told = {name: base64.b64decode(value).decode() for name, value in pairs}
        path = f"{told['bucketName']}/{told['objectName']}"
        if request.headers.get("x-signature") != f"write-{path}":
            return _refused(403, "Unauthorized", "signature verification failed")
        name = uuid4().hex
        self.uploads[name] = Upload(path, int(request.headers["upload-length"]))
        where = f"{self.url}/storage/v1/upload/resumable/sign/{name}"
        return Response(status_code=201, headers={"Location": where, "Tus-Resumable": "1.0.0"})

    async def _go_on(self, request: Request) -> Response:
        upload = self.uploads[request.path_params["name"]]
        return Response(headers=self._state(upload))

    async def _append(self, request: Request) -> Response:
        upload = self.uploads[request.path_params["name"]]
        if request.headers.get("x-signature") != f"write-{upload.path}":
            return _refused(403, "Unauthorized", "signature verification failed")
        data = await request.body()
        if int(request.headers["upload-offset"]) != len(upload.data):
            return Response(status_code=409)
        last = len(upload.data) + len(data) == upload.length
        if len(data) != CHUNK and not last:
            return _refused(400, "InvalidChunk", "chunks are of exactly 6 MB")
        upload.data += data
        if len(upload.data) == upload.length:
            self.objects[upload.path] = bytes(upload.data)
        return Response(status_code=204, headers=self._state(upload))

    @staticmethod
    def _state(upload: Upload) -> dict[str, str]:
        return {
            "Upload-Offset": str(len(upload.data)),
            "Upload-Length": str(upload.length),
            "Tus-Resumable": "1.0.0",
        }


async def _file(request: Request) -> bytes:
    """Return the file of a multipart form, of which it is the last part."""
    kind = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = email.message_from_bytes(kind + await request.body(), policy=email.policy.HTTP)
    data = list(form.iter_parts())[-1].get_payload(decode=True)
    assert isinstance(data, bytes)
    return data


def legacy_key(role: str) -> str:
    """Return a key as Supabase's older ones are: a JWT that names a role."""
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJl"


@asynccontextmanager
async def serving() -> AsyncIterator[SupabaseDouble]:
    """Serve a double on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        double = SupabaseDouble(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(double.application, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        yield double
        server.should_exit = True
        await task
