"""What a zip of a video's results holds, by name."""

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.gateway.models.content import Article, Segment
from services.gateway.models.reports import Report
from shared.formats import tiptap
from shared.formats.site import to_site
from shared.formats.tiptap import Node, node
from shared.formats.vtt import read, write_srt

_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class File:
    """A file of the zip: its `data`, or where in the storage it lies."""

    name: str
    data: bytes | None = None
    stored: str = ""


def files(  # noqa: PLR0913, PLR0917 - all that was made
    video_id: UUID,
    title: str,
    articles: Sequence[Article],
    subtitles: Mapping[str, str],
    segments: Sequence[Segment],
    reports: Sequence[Report],
    stored: Container[str],
) -> Iterator[File]:
    """Yield the files: documents, the pictures that they show, subtitles, segments, reports.

    The documents are a site for MkDocs, called `title`. `stored` names the pictures that there are.
    """
    pictures: dict[str, None] = {}
    orders = {one.chapter_id: one.chapter_order for one in articles}
    ranked = sorted(orders, key=lambda chapter: (orders[chapter], chapter))
    numbers = {chapter: number for number, chapter in enumerate(ranked, 1)}
    for one in articles:
        pictures |= {name: None for name in shown(one.content_json, video_id) if name in stored}
        stem = f"docs/{_stem(one, numbers)}"
        # In the zip, pictures stand beside the documents.
        document = placed(one.content_json, video_id, "../images/", stored)
        yield File(f"{stem}.md", to_site(document, title=one.title).encode())
        yield File(f"{stem}.json", _json(document))
    yield File("mkdocs.yml", f"site_name: {json.dumps(title or 'Video')}\n".encode())
    yield File("docs/index.md", _contents(title, articles, numbers).encode())
    for name in pictures:
        yield File(f"docs/images/{safe(name)}", stored=f"images/{video_id}/{name}")
    for tag, text in subtitles.items():
        yield File(f"subtitles/{safe(tag)}.vtt", text.encode())
        yield File(f"subtitles/{safe(tag)}.srt", write_srt(read(text)).encode())
    for told in reports:
        yield File(f"reports/{safe(told.language)}.json", _json(told.model_dump(mode="json")))
    yield File("segments.json", _json([one.model_dump(mode="json") for one in segments]))


def _contents(title: str, articles: Sequence[Article], numbers: Mapping[UUID, int]) -> str:
    """Return the site's first page as Markdown: each language's articles."""
    made: list[Node] = []
    for language in sorted({one.language for one in articles}):
        items = [
            node("listItem", [node("paragraph", [_link(one, numbers)])])
            for one in articles
            if one.language == language
        ]
        made += [
            node("heading", [tiptap.text(language, [])], level=2),
            node("bulletList", items),
        ]
    return to_site(node("doc", made), title=title or "Video")


def _link(article: Article, numbers: Mapping[UUID, int]) -> Node:
    target = {"type": "link", "attrs": {"href": f"{_stem(article, numbers)}.md"}}
    return tiptap.text(article.title or article.slug, [target])


def _stem(article: Article, numbers: Mapping[UUID, int]) -> str:
    number = numbers[article.chapter_id]
    return f"{safe(article.language)}/{number:02}-{safe(article.slug)}"


def safe(name: str) -> str:
    """Return a name that is a file's on any system."""
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


def shown(node: Mapping[str, Any], video_id: UUID) -> Iterator[str]:
    """Yield the names of the video's pictures that a document shows."""
    name = _picture(node, video_id)
    if name:
        yield name
    for child in node.get("content", []):
        yield from shown(child, video_id)


def placed(
    node: dict[str, Any],
    video_id: UUID,
    folder: str,
    known: Container[str] | Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a document whose pictures lie in `folder`.

    Where `known` names those that there are, any other is its alt text; it may give their files.
    """
    name = _picture(node, video_id)
    if node.get("type") == "image" and known is not None and name not in known:
        alt = str(node.get("attrs", {}).get("alt") or "")
        content = [{"type": "text", "text": alt}] if alt else []
        return {"type": "paragraph", "content": content}
    made = dict(node)
    if name:
        file = known[name] if isinstance(known, Mapping) else safe(name)
        made["attrs"] = {**node["attrs"], "src": f"{folder}{file}"}
    if "content" in node:
        made["content"] = [placed(child, video_id, folder, known) for child in node["content"]]
    return made


def attachment(name: str) -> str:
    """Return the `Content-Disposition` of a download by this name, in letters that all know."""
    *stem, ending = name.split(".")
    plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in ".".join(stem))
    return f'attachment; filename="{plain}.{ending}"'
