"""One HTML file with all of it: chapters, pictures, languages, subtitles, jumps into the video.

It opens from a disk and asks nothing of a network.
"""

import base64
import html
import math
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import webvtt
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .markup import Renderer, Spoken
from .records import Article

Json = dict[str, Any]
Picture = tuple[str, bytes]  # a file's name and bytes

_RIGHT_TO_LEFT = frozenset(
    {*("ar", "ckb", "dv", "fa", "he", "ks", "nqo", "prs", "ps", "sd", "syr", "ug", "ur", "yi")}
    | {"arab", "hebr", "nkoo", "syrc", "thaa"}
)
_TEMPLATES = Environment(
    loader=PackageLoader("docreel_cli", "assets"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Pages:
    """What is shown: articles and WebVTT by language, the language spoken first.

    `video` is the address of the video's file as seen from the page, "" for none. `complete` tells
    whether the job came to its end: else what is not there may come.
    """

    title: str
    video: str
    articles: Mapping[str, Sequence[Article]]
    subtitles: Mapping[str, str]
    segments: Sequence[Json]
    complete: bool = True


def written(pages: Pages, picture: Callable[[str], Picture | None]) -> str:
    """Return the page; `picture` gives the picture at an address of an article, None for none."""
    images: dict[str, int] = {}
    files: list[Picture] = []

    def shown(address: str) -> Markup | None:
        if address not in images:
            found = picture(address)
            if found is None:
                return None
            images[address] = len(files)
            files.append(found)
            source = _data_address(*found)
            return Markup('src="{}" data-picture="{}"').format(source, images[address])
        # Once in the file, however many languages show it.
        return Markup('data-shows="{}"').format(images[address])

    renderer = Renderer(_spoken(pages.segments), shown)
    notices = {language: _notice(articles) for language, articles in pages.articles.items()}
    found = {
        language: {
            one.chapter_id: {
                "title": one.title,
                "html": renderer.html(_without(one.content, notices[language])),
                "second": _first_second(one.content),
            }
            for one in articles
        }
        for language, articles in pages.articles.items()
    }
    order = {
        one.chapter_id: one.chapter_order
        for articles in pages.articles.values()
        for one in articles
    }
    languages = list(dict.fromkeys([*pages.articles, *pages.subtitles]))
    return _TEMPLATES.get_template("index.html.jinja").render(
        pages=pages,
        languages=[
            {"tag": tag, "direction": _direction(tag), "articles": bool(pages.articles.get(tag))}
            for tag in languages
        ],
        chapters=[
            {language: articles.get(chapter) for language, articles in found.items()}
            for chapter in sorted(order, key=lambda one: (order[one], one))
        ],
        notices={tag: renderer.html(notice) for tag, notice in notices.items() if notice},
        cues={
            language: cues for language, text in pages.subtitles.items() if (cues := _cues(text))
        },
        clock=clock,
    )


def srt(text: str) -> str:
    """Return a WebVTT file as SubRip; nothing for one without cues, or that cannot be read."""
    blocks = [
        f"{number}\n{str(one.start_time).replace('.', ',')} --> "
        f"{str(one.end_time).replace('.', ',')}\n{html.unescape(one.text)}\n"
        for number, one in enumerate(_captions(text), 1)
    ]
    return "\n".join(blocks)


def clock(seconds: float) -> str:
    """Return a moment as a player shows it: `0:07`, `12:30`, `1:02:03`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _notice(articles: Sequence[Article]) -> Json | None:
    """Return what every article of a language begins with, if it is a quotation, as a document."""
    begun: list[Json] = [next(iter(one.content.get("content") or []), {}) for one in articles]
    if not begun or begun[0].get("type") != "blockquote":
        return None
    same = all(_bare(one) == _bare(begun[0]) for one in begun)
    return {"type": "doc", "content": [begun[0]]} if same else None


def _without(doc: Json, notice: Json | None) -> Json:
    return {**doc, "content": doc["content"][1:]} if notice else doc


def _bare(node: Json) -> Json:
    """Return a node without what differs between copies of it, such as ids."""
    content = [_bare(child) for child in node.get("content") or []]
    return {"type": node.get("type"), "text": node.get("text"), "content": content}


def _direction(tag: str) -> str:
    # A script that is named decides: "az-Arab", "ks-Deva".
    language, *rest = tag.lower().split("-")
    script = next((part for part in rest if len(part) == 4), "")  # noqa: PLR2004 - as all of them
    return "rtl" if (script or language) in _RIGHT_TO_LEFT else "ltr"


def _data_address(name: str, data: bytes) -> str:
    kind = mimetypes.guess_type(name)[0] or "image/webp"
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _spoken(segments: Sequence[Json]) -> dict[str, Spoken]:
    return {
        str(one["id"]): Spoken(float(one["start_time"]), len(str(one.get("spoken_content") or "")))
        for one in segments
        if isinstance(one.get("start_time"), int | float) and "id" in one
    }


def _first_second(node: Json) -> float | None:
    """Return the earliest second that a document rests on."""
    own = (node.get("attrs") or {}).get("second")
    told = [_first_second(child) for child in node.get("content") or []]
    found = [one for one in (own, *told) if isinstance(one, int | float) and math.isfinite(one)]
    return min(found, default=None)


def _cues(text: str) -> list[Json]:
    return [
        {
            "second": one.start_time.in_milliseconds() / 1000,
            "text": html.unescape(one.text).replace("\n", " "),
        }
        for one in _captions(text)
    ]


def _captions(text: str) -> list[webvtt.Caption]:
    try:
        found: list[webvtt.Caption] = webvtt.from_string(text).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError):
        return []
    return found
