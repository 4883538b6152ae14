"""Storage: objects, signed links to them, and resumable uploads by tus."""

import base64
import email
import email.policy
import re
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.supabase.auth import SECRET

CHUNK = 6 * 1024 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def _refused(status: int, error: str, message: str) -> Response:
    body = {"statusCode": str(status), "error": error, "message": message}
    # Over HTTP, Storage says 400 for most of what it refuses.
    return JSONResponse(body, 400)


@dataclass
class Upload:
    """A resumable upload under way."""

    path: str
    length: int
    data: bytearray = field(default_factory=bytearray)


@dataclass
class Storage:
    """The objects of the project at `url`, by bucket and path, and what was asked for."""

    url: str
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def routes(self) -> list[Route]:
        """Return what is served below /storage/v1."""
        resumable = "/storage/v1/upload/resumable/sign"
        return [
            Route(resumable, self._begin, methods=["POST"]),
            Route(f"{resumable}/{{name}}", self._go_on, methods=["HEAD"]),
            Route(f"{resumable}/{{name}}", self._append, methods=["PATCH"]),
            Route("/storage/v1/object/list/{bucket}", self._page, methods=["POST"]),
            Route("/storage/v1/object/{bucket}", self._discarded, methods=["DELETE"]),
            Route("/storage/v1/{path:path}", self._storage, methods=["GET", "POST", "PUT"]),
        ]

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
                if int((await request.json())["expiresIn"]) <= 0:
                    return _refused(400, "InvalidRequest", "expiresIn must be positive")
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
    return data if isinstance(data, bytes) else b""
