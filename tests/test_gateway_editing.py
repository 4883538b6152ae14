"""What people change: articles, subtitles, glossaries, names; and what they take with them."""

import json
from typing import Any

import asyncpg
import httpx
import pytest
import webvtt

from shared.formats import blocks
from shared.formats.markdown import from_markdown
from tests.support.gateway import film, own_rows, problem, uploaded

pytestmark = pytest.mark.integration

DOCUMENT = {"type": "doc", "content": [{"type": "paragraph", "content": []}]}


def said(text: str) -> dict[str, Any]:
    return {"type": "doc", "content": [{"type": "paragraph", "content": [node(text)]}]}


def node(text: str, **attrs: str) -> dict[str, Any]:
    marks = [{"type": "link", "attrs": attrs}] if attrs else []
    return {"type": "text", "text": text, "marks": marks}


async def test_an_article_is_edited_where_nobody_did_meanwhile(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    url = f"/api/articles/{ids['article']}"
    read = await http.get(url)
    mine = {"If-Match": read.headers["etag"]}
    assert problem(await http.patch(url, json={"title": "A"}), 428)
    edited = await http.patch(
        url, json={"title": "Better", "content_json": said("Press New.")}, headers=mine
    )
    assert edited.status_code == 200
    shown = edited.json()
    assert (shown["title"], shown["status"]) == ("Better", "draft")
    assert shown["content_text"] == "Press New."
    assert (await http.get(url)).headers["etag"] == edited.headers["etag"] != mine["If-Match"]
    conflict = await http.patch(url, json={"title": "Worse"}, headers=mine)
    assert problem(conflict, 412)["type"].endswith("edit-conflict")
    assert conflict.headers["etag"] == edited.headers["etag"]
    published = await http.patch(
        url, json={"status": "published"}, headers={"If-Match": edited.headers["etag"]}
    )
    assert published.json()["status"] == "published"
    assert published.json()["title"] == "Better"
    kept = {"If-Match": published.headers["etag"]}
    back = await http.patch(url, json={"status": "draft", "title": "Mine"}, headers=kept)
    assert back.json()["status"] == "draft"
    unchanged = await http.get(url, headers={"If-None-Match": back.headers["etag"]})
    assert unchanged.status_code == 304


async def test_a_later_text_of_the_machines_is_accepted_or_dismissed(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    url = f"/api/articles/{ids['article']}"
    proposed = {"title": "Later", "content": said("Newer words."), "origin": {"digest": "d"}}
    for decision, title in (("dismiss", "Intro"), ("accept", "Later")):
        await db.execute("update articles set proposal = $1", json.dumps(proposed))
        read = await http.get(url)
        assert read.json()["proposal"] == {"title": "Later", "content_json": said("Newer words.")}
        both = {"proposal": "accept", "title": "Mine"}
        problem(await http.patch(url, json=both, headers={"If-Match": "*"}), 422)
        decided = await http.patch(
            url, json={"proposal": decision}, headers={"If-Match": read.headers["etag"]}
        )
        assert (decided.json()["title"], decided.json()["proposal"]) == (title, None)
    assert decided.json()["content_text"] == "Newer words."
    assert json.loads(await db.fetchval("select origin from articles")) == {"digest": "d"}
    again = await http.patch(url, json={"proposal": "accept"}, headers={"If-Match": "*"})
    assert problem(again, 409)["type"].endswith("no-proposal")


async def test_stale_blocks_are_decided_on(http: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    ids = await own_rows(http, db)
    source = said("As it reads now.")
    source["content"][0]["attrs"] = {"blockId": "a"}
    await db.execute(
        "update articles set content_json = $2 where id = $1", ids["article"], json.dumps(source)
    )
    content = said("Una persona.")
    content["content"][0]["attrs"] = {
        "blockId": "a",
        "source": "before",
        "stale": True,
        "second": 1,
    }
    translated = await db.fetchval(
        """insert into articles (chapter_id, language, slug, title, content_json, content_text)
           values ($1, 'es', 'intro', 'Intro', $2, '') returning id""",
        ids["chapter"],
        json.dumps(content),
    )
    url = f"/api/articles/{translated}"
    any_one = {"If-Match": "*"}
    told = await http.patch(url, json={"blocks": {"a": "again"}}, headers=any_one)
    attrs = told.json()["content_json"]["content"][0]["attrs"]
    assert attrs == {
        "blockId": "a",
        "stale": True,  # until the machine has translated it
        "second": 1,
        "machine": blocks.digest(content["content"][0]),
    }
    told = await http.patch(url, json={"blocks": {"a": "current"}}, headers=any_one)
    attrs = told.json()["content_json"]["content"][0]["attrs"]
    assert attrs["source"] == blocks.digest(source["content"][0])
    assert "stale" not in attrs
    told = await http.patch(url, json={"blocks": {"b": "current"}}, headers=any_one)
    assert problem(told, 409)["type"].endswith("no-such-block")
    problem(await http.patch(url, json={"blocks": {"a": "x"}}, headers=any_one), 422)


async def test_no_links_token_gets_into_a_document(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    url = f"/api/articles/{ids['article']}"
    own = f"/api/videos/{ids['video']}/images/a.webp"
    sources = [
        own,
        f"{own}?token=t",
        f"https://docreel.example{own}?token=t#x",
        "https://a.b/c?d=e",
    ]
    document = {
        "type": "doc",
        "content": [{"type": "image", "attrs": {"src": one, "alt": ""}} for one in sources],
    }
    mine = {"If-Match": (await http.get(url)).headers["etag"]}
    told = await http.patch(url, json={"content_json": document}, headers=mine)
    kept = [one["attrs"]["src"] for one in told.json()["content_json"]["content"]]
    assert kept == [own, own, f"https://docreel.example{own}", "https://a.b/c?d=e"]


async def test_a_list_tells_which_translations_their_original_has_left_behind(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    source = blocks.signed(from_markdown("# a\n\nb\n\nc\n"), "seed")
    await db.execute(
        """update articles set content_json = $2, title = 'T', origin = '{"engine": "e"}'
           where id = $1""",
        ids["article"],
        json.dumps(source),
    )
    made = blocks.mapped(
        source, lambda one: blocks.with_attrs(one, source=blocks.attr(one, "machine"))
    )
    origin = {
        "title": "Título",
        "sourceTitle": "T",
        "engine": "e:1",
        "blocks": [blocks.attr(one, "blockId") for one in blocks.walk(source)],
    }
    for language, began in (("es", origin), ("fr", None)):
        await db.execute(
            """insert into articles (chapter_id, language, slug, title, content_json,
                 content_text, origin) values ($1, $2, 'intro', 'Título', $3, '', $4)""",
            ids["chapter"],
            language,
            json.dumps(made),
            began and json.dumps(began),
        )

    async def behind(**params: str) -> dict[str, int]:
        found = (await http.get(f"/api/videos/{ids['video']}/articles", params=params)).json()
        return {one["language"]: one["behind"] for one in found}

    assert await behind() == {"en": 0, "es": 0, "fr": 0}
    url, any_one = f"/api/articles/{ids['article']}", {"If-Match": "*"}
    heading, first, _ = source["content"]
    first = {**first, "content": [node("b, changed")]}
    edited = {"type": "doc", "content": [heading, first, *said("New.")["content"]]}
    await http.patch(url, json={"title": "T2", "content_json": edited}, headers=any_one)
    assert await behind() == {"en": 0, "es": 4, "fr": 0}
    assert await behind(language="es") == {"es": 4}
    # What a job has proposed beside a text in review is what a person decides on.
    newest = {"title": "T2", "content": made, "origin": {**origin, "sourceTitle": "T2"}}
    await db.execute("update articles set proposal = $1 where language = 'es'", json.dumps(newest))
    assert (await behind())["es"] == 3
    await http.patch(url, json={"title": "T", "content_json": source}, headers=any_one)
    await db.execute("update articles set proposal = null")
    assert await behind() == {"en": 0, "es": 0, "fr": 0}


@pytest.mark.parametrize(
    "document",
    [
        {"type": "paragraph"},
        {"type": "doc", "content": [{"text": "no type"}]},
        {"type": "doc", "content": [{"type": "text"}]},
        {"type": "doc", "content": "no list"},
        {"type": "doc", "content": [node("x", href="javascript:alert(1)")]},
        {"type": "doc", "content": [node("x", href="java\nscript:alert(1)")]},
        {"type": "doc", "content": [{"type": "image", "attrs": {"src": "data:text/html,x"}}]},
        {"type": "doc", "content": [{"type": "image", "attrs": {"alt": 5}}]},
        {"type": "doc", "content": [{"type": "image", "attrs": None}]},
        {"type": "doc", "attrs": {"n": 2**70}},
        said("\ud800"),
        said("nothing\u0000"),
    ],
)
async def test_a_document_that_cannot_be_shown_is_refused(
    http: httpx.AsyncClient, db: asyncpg.Connection, document: dict[str, Any]
) -> None:
    ids = await own_rows(http, db)
    # By the standard library, which writes what UTF-8 cannot as an escape.
    answer = await http.patch(
        f"/api/articles/{ids['article']}",
        content=json.dumps({"content_json": document}),
        headers={"If-Match": "*", "Content-Type": "application/json"},
    )
    problem(answer, 422)


async def test_a_document_nested_without_end_is_refused(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    for depth in (100, 200_000):
        inner = b'{"type":"a","content":[' * depth + b"]}" * depth
        answer = await http.patch(
            f"/api/articles/{ids['article']}",
            content=b'{"content_json":{"type":"doc","content":[' + inner + b"]}}",
            headers={"If-Match": "*", "Content-Type": "application/json"},
        )
        assert answer.status_code in {413, 422}


async def test_subtitles_are_edited_as_cues(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    await db.execute(
        """update videos set vtt_content = $1""",
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nOne &amp; two\n",
    )
    url = f"/api/videos/{ids['video']}/subtitles"
    for language, spoken in (("en", "vtt_content"), ("es", "vtt_languages ->> 'es'")):
        read = await http.get(f"{url}/{language}")
        cues = [
            {"start": 2.0, "end": 3.25, "text": "Later\nin two lines"},
            {"start": 0.5, "end": 1.5, "text": "First <b>"},
        ]
        saved = await http.put(
            f"{url}/{language}", json={"cues": cues}, headers={"If-Match": read.headers["etag"]}
        )
        assert saved.json()["cues"] == [cues[1], cues[0]]
        text = await db.fetchval(f"select {spoken} from videos")  # noqa: S608 - our own words
        times = [(one.start, one.end) for one in webvtt.from_string(text).captions]
        assert times == [("00:00:00.500", "00:00:01.500"), ("00:00:02.000", "00:00:03.250")]
        assert "First &lt;b&gt;" in text
        stale = await http.put(
            f"{url}/{language}", json={"cues": []}, headers={"If-Match": read.headers["etag"]}
        )
        assert problem(stale, 412)
    srt = await http.get(f"{url}/en.srt")
    assert srt.headers["content-type"].startswith("application/x-subrip")
    assert srt.text.startswith("1\n00:00:00,500 --> 00:00:01,500\nFirst <b>\n")
    for wrong in (
        {"start": 2, "end": 1, "text": "x"},
        {"start": 1, "end": 1.0001, "text": "x"},
        {"start": -1, "end": 1, "text": "x"},
        {"start": 0, "end": 1, "text": "  "},
    ):
        refused = await http.put(f"{url}/en", json={"cues": [wrong]}, headers={"If-Match": "*"})
        problem(refused, 422)
    problem(await http.get(f"{url}/fr"), 404)


@pytest.mark.parametrize(("decision", "stays"), [("accept", "Heard."), ("dismiss", "Edited.")])
async def test_what_was_heard_later_is_taken_or_left(
    http: httpx.AsyncClient, db: asyncpg.Connection, decision: str, stays: str
) -> None:
    ids = await own_rows(http, db)
    url = f"/api/videos/{ids['video']}/subtitles/en"

    def cues(text: str) -> list[dict[str, Any]]:
        return [{"start": 1.0, "end": 2.5, "text": text}]

    for column, text in (("content", "Edited."), ("machine", "Heard."), ("proposal", "Heard.")):
        await db.execute(
            f"update videos set vtt_{column} = $1 where id = $2",  # noqa: S608 - our own words
            f"WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n{text}\n",
            ids["video"],
        )
    read = await http.get(url)
    assert read.json() == {"cues": cues("Edited."), "proposal": {"cues": cues("Heard.")}}
    # A translation has none, and another version's reader decides on nothing.
    assert (await http.get(url.replace("/en", "/es"))).json()["proposal"] is None
    body = {"proposal": decision}
    problem(await http.patch(url, json=body), 428)
    problem(await http.patch(url, json=body, headers={"If-Match": '"older"'}), 412)
    decided = await http.patch(url, json=body, headers={"If-Match": read.headers["etag"]})
    assert decided.json() == {"cues": cues(stays), "proposal": None}
    row = await db.fetchrow(
        "select vtt_content, vtt_proposal from videos where id = $1", ids["video"]
    )
    assert row is not None
    assert (stays in row["vtt_content"], row["vtt_proposal"]) == (True, None)
    again = await http.patch(url, json=body, headers={"If-Match": "*"})
    assert problem(again, 409)["type"].endswith("no-proposal")


async def test_a_glossary_is_put_as_a_whole(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    url = f"/api/projects/{ids['project']}/glossary"
    empty = await http.get(url)
    assert empty.json() == {"terms": []}
    terms: list[dict[str, str | None]] = [
        {"language": "pt_br", "term": "queue", "translation": "fila"},
        {"language": "es", "term": "RabbitMQ", "translation": None},
    ]
    put = await http.put(url, json={"terms": terms}, headers={"If-Match": empty.headers["etag"]})
    assert put.json()["terms"] == [terms[1], terms[0] | {"language": "pt-BR"}]
    stale = await http.put(url, json={"terms": []}, headers={"If-Match": empty.headers["etag"]})
    problem(stale, 412)
    twice = {"terms": [terms[1], terms[1]]}
    problem(await http.put(url, json=twice, headers={"If-Match": "*"}), 422)
    klingon = {"terms": [terms[1] | {"language": "klingon!"}]}
    problem(await http.put(url, json=klingon, headers={"If-Match": "*"}), 422)
    assert (await http.get(url)).headers["etag"] == put.headers["etag"]


async def test_how_readers_are_addressed_is_put_as_a_whole(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    url = f"/api/projects/{ids['project']}/style"
    empty = await http.get(url)
    assert empty.json() == {"formality": {}}
    wanted = {"formality": {"pt_br": "informal", "es": "formal"}}
    put = await http.put(url, json=wanted, headers={"If-Match": empty.headers["etag"]})
    assert put.json() == {"formality": {"es": "formal", "pt-BR": "informal"}}
    # As the translator reads it.
    row = await db.fetchval(
        "select formality ->> 'pt-BR' from projects where id = $1", ids["project"]
    )
    assert row == "informal"
    stale = await http.put(url, json=wanted, headers={"If-Match": empty.headers["etag"]})
    problem(stale, 412)
    for wrong in ({"es": "rude"}, {"klingon!": "formal"}, {"pt_br": "formal", "pt-BR": "formal"}):
        problem(await http.put(url, json={"formality": wrong}, headers={"If-Match": "*"}), 422)
    assert (await http.get(url)).headers["etag"] == put.headers["etag"]
    unnamed = await http.put(url, json=wanted)
    problem(unnamed, 428)


async def test_projects_and_videos_are_renamed(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    ids = await own_rows(http, db)
    made = await http.post("/api/projects", json={"name": " Demos ", "source_language": "PT_br"})
    assert (made.json()["name"], made.json()["source_language"]) == ("Demos", "pt-BR")
    assert made.headers["location"] == f"/api/projects/{made.json()['id']}"
    project = await http.patch(made.headers["location"], json={"name": "Films"})
    assert project.json()["name"] == "Films"
    video = await http.patch(f"/api/videos/{ids['video']}", json={"title": "Queues"})
    assert video.json()["title"] == "Queues"
    for body in ({"name": "  "}, {"name": "a\nb"}, {"name": "x", "source_language": "nonsense!"}):
        problem(await http.post("/api/projects", json=body), 422)
    nowhere = {"name": "x", "org_id": str(ids["video"])}
    problem(await http.post("/api/projects", json=nowhere), 404)


async def test_a_film_is_played_by_ranges(http: httpx.AsyncClient) -> None:
    video = await uploaded(http)
    media = (await http.get(f"/api/videos/{video}/media")).json()
    whole = await http.get(media["file_url"])
    assert (whole.content, whole.headers["content-type"]) == (film(), "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    part = await http.get(media["file_url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{len(film())}"
    beyond = await http.get(media["file_url"], headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
