"""What a zip of a video's results holds, by name."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.gateway.models.content import Article, Segment
from services.gateway.models.reports import Report
from shared.formats import names, tiptap
from shared.formats.site import to_site
from shared.formats.tiptap import Node, node
from shared.formats.vtt import read, write_srt


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
    images, pictures = names.Folder(), dict[str, str]()
    spoken = dict.fromkeys(
        [*subtitles, *(one.language for one in articles), *(one.language for one in reports)]
    )
    # Some languages' tags are no names on Windows ("con", Cofán).
    tags = names.Folder()
    folders = {tag: tags.take(tag, "language") for tag in spoken}
    stems = _stems(articles, folders)
    for one in articles:
        for name in shown(one.content_json, video_id):
            if name in stored and name not in pictures:
                pictures[name] = images.take(name, "image")
        stem = f"docs/{stems[one.id]}"
        # In the zip, pictures stand beside the documents.
        document = placed(one.content_json, video_id, "../images/", pictures)
        yield File(f"{stem}.md", to_site(document, title=one.title).encode())
        yield File(f"{stem}.json", _json(document))
    # YAML takes a string of JSON, but no surrogates, nor control characters.
    name = json.dumps(names.shown(title) or "Video", ensure_ascii=False)
    yield File("mkdocs.yml", f"site_name: {name}\n".encode())
    yield File("docs/index.md", _contents(title, articles, stems).encode())
    for name, file in pictures.items():
        yield File(f"docs/images/{file}", stored=f"images/{video_id}/{name}")
    for tag, text in subtitles.items():
        yield File(f"subtitles/{folders[tag]}.vtt", text.encode())
        yield File(f"subtitles/{folders[tag]}.srt", write_srt(read(text)).encode())
    for told in reports:
        report = _json(told.model_dump(mode="json"))
        yield File(f"reports/{folders[told.language]}.json", report)
    yield File("segments.json", _json([one.model_dump(mode="json") for one in segments]))


def _contents(title: str, articles: Sequence[Article], stems: Mapping[UUID, str]) -> str:
    """Return the site's first page as Markdown: each language's articles."""
    made: list[Node] = []
    for language in sorted({one.language for one in articles}):
        items = [
            node("listItem", [node("paragraph", [_link(one, stems)])])
            for one in articles
            if one.language == language
        ]
        made += [
            node("heading", [tiptap.text(language, [])], level=2),
            node("bulletList", items),
        ]
    return to_site(node("doc", made), title=title or "Video")


def _link(article: Article, stems: Mapping[UUID, str]) -> Node:
    target = {"type": "link", "attrs": {"href": f"{stems[article.id]}.md"}}
    return tiptap.text(article.title or article.slug, [target])


def _stems(articles: Sequence[Article], folders: Mapping[str, str]) -> dict[UUID, str]:
    """Return where each article lies below `docs/`, without the file's ending."""
    orders = {one.chapter_id: one.chapter_order for one in articles}
    ranked = sorted(orders, key=lambda chapter: (orders[chapter], chapter))
    numbers = {chapter: number for number, chapter in enumerate(ranked, 1)}
    taken: dict[str, names.Folder] = {}
    found: dict[UUID, str] = {}
    for one in articles:
        folder = taken.setdefault(one.language, names.Folder())
        name = folder.take(f"{numbers[one.chapter_id]:02}-{one.slug}", "article")
        found[one.id] = f"{folders[one.language]}/{name}"
    return found


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
    node: dict[str, Any], video_id: UUID, folder: str, files: Mapping[str, str]
) -> dict[str, Any]:
    """Return a document whose pictures lie in `folder`.

    `files` are those that there are, by the picture's name: any other picture is its alt text.
    """
    name = _picture(node, video_id)
    if node.get("type") == "image" and name not in files:
        alt = str(node.get("attrs", {}).get("alt") or "")
        content = [{"type": "text", "text": alt}] if alt else []
        return {"type": "paragraph", "content": content}
    made = dict(node)
    if name:
        made["attrs"] = {**node["attrs"], "src": f"{folder}{files[name]}"}
    if "content" in node:
        made["content"] = [placed(child, video_id, folder, files) for child in node["content"]]
    return made
