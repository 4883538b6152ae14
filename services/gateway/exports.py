"""What a zip of a video's results holds, by name."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.gateway.models.content import Article, Segment
from services.gateway.models.reports import Report
from shared.formats.markdown import to_markdown
from shared.formats.vtt import read, write_srt

_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class File:
    """A file of the zip: its `data`, or where in the storage it lies."""

    name: str
    data: bytes | None = None
    stored: str = ""


def files(
    video_id: UUID,
    articles: Sequence[Article],
    subtitles: Mapping[str, str],
    segments: Sequence[Segment],
    reports: Sequence[Report],
) -> Iterator[File]:
    """Yield the files: documents, the pictures that they show, subtitles, segments, reports."""
    pictures: dict[str, None] = {}
    orders = {one.chapter_id: one.chapter_order for one in articles}
    ranked = sorted(orders, key=lambda chapter: (orders[chapter], chapter))
    numbers = {chapter: number for number, chapter in enumerate(ranked, 1)}
    for one in articles:
        pictures |= dict.fromkeys(_pictures(one.content_json, video_id))
        stem = f"docs/{_safe(one.language)}/{numbers[one.chapter_id]:02}-{_safe(one.slug)}"
        # In the zip, pictures stand beside the documents.
        document = _relocated(one.content_json, video_id)
        yield File(f"{stem}.md", to_markdown(document, title=one.title).encode())
        yield File(f"{stem}.json", _json(document))
    for name in pictures:
        yield File(f"images/{_safe(name)}", stored=f"images/{video_id}/{name}")
    for tag, text in subtitles.items():
        yield File(f"subtitles/{_safe(tag)}.vtt", text.encode())
        yield File(f"subtitles/{_safe(tag)}.srt", write_srt(read(text)).encode())
    for told in reports:
        yield File(f"reports/{_safe(told.language)}.json", _json(told.model_dump(mode="json")))
    yield File("segments.json", _json([one.model_dump(mode="json") for one in segments]))


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name).lstrip(".") or "_"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def _picture(node: Mapping[str, Any], video_id: UUID) -> str:
    """Return the name of the picture that a node shows, "" where it is none of the video's."""
    if node.get("type") != "image":
        return ""
    path = urlsplit(str(node.get("attrs", {}).get("src", ""))).path
    _, found, name = path.partition(f"/api/videos/{video_id}/images/")
    name = unquote(name)
    return name if found and "/" not in name else ""


def _pictures(node: Mapping[str, Any], video_id: UUID) -> Iterator[str]:
    name = _picture(node, video_id)
    if name:
        yield name
    for child in node.get("content", []):
        yield from _pictures(child, video_id)


def _relocated(node: dict[str, Any], video_id: UUID) -> dict[str, Any]:
    made = dict(node)
    name = _picture(node, video_id)
    if name:
        made["attrs"] = {**node["attrs"], "src": f"../../images/{_safe(name)}"}
    if "content" in node:
        made["content"] = [_relocated(child, video_id) for child in node["content"]]
    return made
