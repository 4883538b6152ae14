"""The gateway over HTTP: one method a request, answers as records, refusals as errors."""

import base64
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx

from . import records
from .callers import Tokens
from .errors import GatewayError, UnreachableError
from .names import valid
from .records import (
    Article,
    Engine,
    Estimate,
    Job,
    Json,
    Login,
    Look,
    Me,
    Subtitles,
    Ticket,
    Video,
)

_T = TypeVar("_T")
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)  # seconds
# The answer to an upload's last byte waits until the file is stored.
_UPLOAD_TIMEOUT = httpx.Timeout(300.0, connect=5.0)  # seconds
# A proxy set for the internet cannot reach the caller's own machine.
DIRECT: dict[str, httpx.BaseTransport | None] = {
    "all://127.0.0.1": None,
    "all://localhost": None,
    "all://[::1]": None,
}
_TUS = {"Tus-Resumable": "1.0.0"}
_PAGE = 500  # rows; the gateway gives no more at once
_REPEATS = 2  # of a request whose answer was lost
_REPEAT_PAUSE = 0.5  # seconds


class _Login(httpx.Auth):
    """A token for the gateway, which no other host is shown: an upload may go elsewhere."""

    def __init__(self, address: str, tokens: Tokens) -> None:
        self._origin = _origin(httpx.URL(address))
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if _origin(request.url) == self._origin and (token := self._tokens.current()):
            request.headers["Authorization"] = f"Bearer {token}"
        yield request


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


class Gateway:
    """A gateway at `address`; closes its connections at the end of its `with` block.

    `tokens` says who calls, where the gateway asks. Every method raises UnreachableError where
    nothing answers and GatewayError for a refusal.
    """

    def __init__(self, address: str, tokens: Tokens) -> None:
        self._address = address
        self._tokens = tokens
        self._http = httpx.Client(
            base_url=address, timeout=_TIMEOUT, mounts=DIRECT, auth=_Login(address, tokens)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def login(self) -> Login:
        """Return how users log in."""
        return self._read(self._send("GET", "/api/config"), Login.read)

    def me(self) -> Me:
        """Return who calls, and where they belong."""
        return self._read(self._send("GET", "/api/me"), Me.read)

    def engine(self) -> Engine:
        """Return what the AI services run on."""
        return self._read(self._send("GET", "/api/engine"), Engine.read)

    def estimate(self, seconds: float, languages: Sequence[str]) -> Estimate:
        """Return what a job on a video of so many seconds would use."""
        parameters = {"seconds": seconds, "languages": list(languages)}
        return self._read(self._send("GET", "/api/estimate", params=parameters), Estimate.read)

    def create_video(self, filename: str, size: int) -> Video:
        """Create a video of `size` bytes, to be uploaded as its ticket says."""
        # Linux has names that are no text.
        body = {"filename": valid(filename), "size_bytes": size}
        return self._read(self._create("/api/videos", json=body), Video.read)

    def video(self, video_id: str) -> Video:
        """Return a video's row."""
        return self._read(self._send("GET", f"/api/videos/{_part(video_id)}"), Video.read)

    def delete_video(self, video_id: str) -> None:
        """Delete a video with all that was made of it."""
        self._send("DELETE", f"/api/videos/{_part(video_id)}")

    def give_subtitles(self, video_id: str, filename: str, data: bytes, language: str) -> int:
        """Send a subtitle file with a video; return how many cues were read from it.

        `language` is BCP 47, and empty where its name tells it or nobody states it.
        """
        parameters = {"filename": filename} | ({"language": language} if language else {})
        path = f"/api/videos/{_part(video_id)}/subtitle-file"
        headers = {"Content-Type": "application/octet-stream"}
        answer = self._send("PUT", path, params=parameters, headers=headers, content=data)
        return self._read(answer, lambda found: int(found["cues"]))

    def create_upload(self, ticket: Ticket, size: int) -> str:
        """Create the upload of a ticket that is not there yet; return its URL."""
        told = {
            name: base64.b64encode(value.encode()).decode()
            for name, value in ticket.metadata.items()
        }
        headers = _TUS | {
            "Upload-Length": str(size),
            "Upload-Metadata": ",".join(f"{name} {value}" for name, value in told.items()),
        }
        answer = self._send("POST", ticket.create_url, headers=headers | ticket.headers)
        return self._read(
            answer, lambda _: str(answer.url.join(answer.headers["Location"])), body=False
        )

    def upload_offset(self, url: str, ticket: Ticket) -> int:
        """Return how many bytes of an upload have arrived."""
        answer = self._send("HEAD", url, headers=_TUS | ticket.headers)
        return self._read(answer, lambda _: int(answer.headers["Upload-Offset"]), body=False)

    def upload(
        self, url: str, ticket: Ticket, offset: int, length: int, blocks: Iterable[bytes]
    ) -> int:
        """Send `length` bytes, given in `blocks`, from `offset` on; return the next offset."""
        headers = _TUS | {
            "Upload-Offset": str(offset),
            "Content-Length": str(length),
            "Content-Type": "application/offset+octet-stream",
        }
        answer = self._send(
            "PATCH",
            url,
            headers=headers | ticket.headers,
            content=blocks,
            timeout=_UPLOAD_TIMEOUT,
        )
        return self._read(answer, lambda _: int(answer.headers["Upload-Offset"]), body=False)

    def process(self, video_id: str, wishes: records.Wishes) -> str:
        """Start a job on a video that was uploaded; return the job's id."""
        body: Json = {"videoId": video_id, "languages": list(wishes.languages)}
        if wishes.audio_track is not None:
            body["audioTrack"] = wishes.audio_track
        answer = self._create("/api/videos/process", json=body)
        return self._read(answer, lambda found: str(found["jobId"]))

    def jobs(self, limit: int) -> list[Job]:
        """Return the newest jobs first, at most `limit`, without their steps."""
        found: list[Job] = []
        cursor = ""
        while len(found) < limit:
            asked: dict[str, Any] = {"limit": min(limit - len(found), _PAGE)}
            answer = self._send(
                "GET", "/api/jobs", params=asked | ({"cursor": cursor} if cursor else {})
            )
            page = self._read(answer, lambda told: [Job.read(one) for one in told["items"]])
            found += page
            cursor = self._read(answer, lambda told: str(told.get("next_cursor") or ""))
            if not cursor or not page:
                break
        return found

    def job(self, job_id: str) -> Job:
        """Return a job with its steps."""
        return self._read(self._send("GET", f"/api/jobs/{_part(job_id)}"), Job.read)

    def look(self, job_id: str, etag: str) -> Look:
        """Look at a job again, cheaply where it is still as `etag` says ("": never seen)."""
        headers = {"If-None-Match": etag} if etag else {}
        answer = self._send("GET", f"/api/jobs/{_part(job_id)}", headers=headers)
        same = answer.status_code == httpx.codes.NOT_MODIFIED
        job = None if same else self._read(answer, Job.read)
        return Look(job, answer.headers.get("ETag", etag if same else ""), _retry_after(answer))

    def cancel(self, job_id: str) -> Job:
        """Ask for a job to be cancelled."""
        return self._read(self._send("POST", f"/api/jobs/{_part(job_id)}/cancel"), Job.read)

    def retry(self, job_id: str) -> str:
        """Run the missing pieces of a job again; return its id."""
        answer = self._create(f"/api/jobs/{_part(job_id)}/retry")
        return self._read(answer, lambda found: str(found["jobId"]))

    def segments(self, video_id: str) -> list[Json]:
        """Return the video's segments as the gateway tells them."""
        answer = self._send("GET", f"/api/videos/{_part(video_id)}/segments")
        return self._read(answer, lambda found: [dict(one) for one in found])

    def subtitles(self, video_id: str) -> Subtitles:
        """Return the languages that there are subtitles in."""
        answer = self._send("GET", f"/api/videos/{_part(video_id)}/subtitles")
        return self._read(answer, Subtitles.read)

    def vtt(self, video_id: str, language: str) -> bytes:
        """Return the subtitles in one language, as WebVTT in UTF-8."""
        path = f"/api/videos/{_part(video_id)}/subtitles/{_part(language)}.vtt"
        return self._send("GET", path).content

    def export(self, video_id: str, form: str, language: str | None) -> bytes:
        """Return a video's documents as a "zip", or as one "html", "docx" or "pdf"."""
        name = "export.zip" if form == "zip" else f"document.{form}"
        parameters = {} if language is None else {"language": language}
        path = f"/api/videos/{_part(video_id)}/{name}"
        return self._send("GET", path, params=parameters).content

    def report(self, video_id: str, language: str) -> Json:
        """Return what has no translation in a language, and what its subtitles fall short in."""
        path = f"/api/videos/{_part(video_id)}/reports/{_part(language)}"
        return self._read(self._send("GET", path), dict)

    def chapters(self, video_id: str) -> bytes:
        """Return the chapters as a WebVTT track, in UTF-8."""
        return self._send("GET", f"/api/videos/{_part(video_id)}/chapters.vtt").content

    def articles(self, video_id: str, language: str) -> list[Article]:
        """Return the video's articles in one language, in the order of their chapters."""
        path = f"/api/videos/{_part(video_id)}/articles"
        return self._read(self._send("GET", path, params={"language": language}), records.articles)

    def markdown(self, article_id: str) -> str:
        """Return an article as Markdown."""
        return self._send("GET", f"/api/articles/{_part(article_id)}.md").content.decode(
            "utf-8", "replace"
        )

    def image(self, video_id: str, name: str) -> bytes:
        """Return one of the images that the video's articles show."""
        return self._send("GET", f"/api/videos/{_part(video_id)}/images/{_part(name)}").content

    def _create(self, path: str, **options: Any) -> httpx.Response:
        """POST what may be sent again: with its key, the gateway makes it once."""
        headers = {"Idempotency-Key": str(uuid4())}
        for _ in range(_REPEATS):
            try:
                return self._send("POST", path, headers=headers, **options)
            except UnreachableError as error:
                # Where no connection came to be, nothing was sent.
                if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                    raise
            time.sleep(_REPEAT_PAUSE)
        return self._send("POST", path, headers=headers, **options)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **options)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise UnreachableError(self._address) from error
        if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
            return answer
        raise GatewayError(self._told(answer), answer.status_code, _retry_after(answer))

    def _told(self, answer: httpx.Response) -> str:
        # Another host than the gateway takes uploads, and knows nothing of its users.
        same = _origin(answer.request.url) == _origin(httpx.URL(self._address))
        if answer.status_code == httpx.codes.UNAUTHORIZED and same:
            return self._tokens.explain(_title(answer))
        return _refusal(answer)

    def _read(self, answer: httpx.Response, build: Callable[[Any], _T], *, body: bool = True) -> _T:
        try:
            return build(answer.json() if body else None)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = (
                f"What answers at {self._address} does not speak as Docreel's gateway does "
                f"({answer.request.method} {answer.request.url.path}): check --url."
            )
            raise GatewayError(message) from error


def _part(value: str) -> str:
    return quote(value, safe="")


def _title(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["title"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason_phrase}"


def _refusal(answer: httpx.Response) -> str:
    request = f"{answer.request.method} {answer.request.url.path}"
    plain = f"The gateway answered {answer.status_code} {answer.reason_phrase} to {request}."
    try:
        problem = answer.json()
    except ValueError:
        return plain
    if not isinstance(problem, Mapping):
        return plain
    told = problem.get("detail") or problem.get("title")
    return told if isinstance(told, str) else plain


def _retry_after(answer: httpx.Response) -> float:
    told = answer.headers.get("Retry-After", "")
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(told).timestamp() - time.time()
        except ValueError:
            return 0.0
    # An hour bounds a header that is wrong (and "nan" is no delay).
    return min(seconds, 3600.0) if seconds > 0 else 0.0
