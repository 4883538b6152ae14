"""What people take with them: a zip that is a site, and documents as HTML, DOCX and PDF."""

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import asyncpg
import httpx
import pytest
import yaml
from PIL import Image
from pypdf import PdfReader

from shared.formats.markdown import from_markdown
from tests.support.gateway import own_rows, problem

pytestmark = pytest.mark.integration

TEXT = """
Press **Save**, which costs $5 and not $6, and `<b>` stays.

![The page](/api/videos/{video}/images/shot.webp)

![Elsewhere](http://127.0.0.1:9/never-fetched.png)

![Gone](/api/videos/{video}/images/gone.webp)

Say \\<script>x()\\</script>.\\
Again.

1. Open it.
    - or do not

      ```html
      <b>y</b>
      ```
2. Close it.

| key | does |
| --- | --- |
| F5 | #runs |

```python
print("#set text(red)")
```

- [x] It is [saved](https://docs.example/saved).
- [ ] It is sent.
    - by mail
"""
ARABIC = "اضغط حفظ ثم أغلق الصفحة."


@pytest.fixture
async def video(http: httpx.AsyncClient, db: asyncpg.Connection, tmp_path: Path) -> UUID:
    """A video with an article in English and one in Arabic, and one picture of the two shown."""
    ids = await own_rows(http, db)
    folder = tmp_path / "images" / str(ids["video"])
    folder.mkdir(parents=True)
    Image.new("RGB", (640, 360), (20, 90, 200)).save(folder / "shot.webp")
    await db.execute(
        "update videos set vtt_content = 'WEBVTT', title = 'A $talk', filename = 'Übung \"1\".mp4'"
    )
    content = from_markdown(TEXT.replace("{video}", str(ids["video"])))
    await db.execute(
        "update articles set content_json = $2, title = 'How to *save*' where id = $1",
        ids["article"],
        json.dumps(content),
    )
    await db.execute(
        """insert into articles (id, chapter_id, language, slug, title, content_json,
             content_text) values ($1, $2, 'ar', 'intro', 'الحفظ', $3, '')""",
        uuid4(),
        ids["chapter"],
        json.dumps(from_markdown(ARABIC)),
    )
    return ids["video"]


async def printed(http: httpx.AsyncClient, video: UUID, kind: str, language: str) -> bytes:
    answer = await http.get(f"/api/videos/{video}/document.{kind}?language={language}")
    assert answer.status_code == 200, answer.text
    told = answer.headers["content-disposition"]
    quoted = f"{language}.{kind}"
    assert told == (
        f"attachment; filename=\"_bung__1_.{quoted}\"; filename*=UTF-8''%C3%9Cbung%20_1_.{quoted}"
    )
    return answer.content


async def test_the_zip_is_a_site_that_mkdocs_builds_as_it_is(
    http: httpx.AsyncClient, video: UUID, tmp_path: Path
) -> None:
    answer = await http.get(f"/api/videos/{video}/export.zip")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_bung__1_.zip\"; filename*=UTF-8''%C3%9Cbung%20_1_.zip"
    )
    folder = tmp_path / "taken"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [
            "chapters.vtt",
            "docs/ar/01-intro.json",
            "docs/ar/01-intro.md",
            "docs/en/01-intro.json",
            "docs/en/01-intro.md",
            "docs/images/shot.webp",
            "docs/index.md",
            "mkdocs.yml",
            "reports/ar.json",
            "reports/en.json",
            "reports/es.json",
            "segments.json",
            "subtitles/en.srt",
            "subtitles/en.vtt",
            "subtitles/es.srt",
            "subtitles/es.vtt",
        ]
        archive.extractall(folder)
    built = subprocess.run(  # noqa: ASYNC221 - nothing else goes on
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    made = (folder / "site/en/01-intro/index.html").read_text()
    assert '<img alt="The page" src="../../images/shot.webp"' in made
    assert (folder / "site/images/shot.webp").exists()
    # MkDocs reads a Markdown of its own: what was said there is no HTML, and steps stay steps.
    assert "Say &lt;script&gt;x()&lt;/script&gt;.<br />" in made
    assert "<script>x()" not in made
    steps = "".join(re.search(r"<ol>.*?</ol>", made, re.DOTALL)[0].split())  # type: ignore[index]
    assert steps == (
        "<ol><li><p>Openit.</p><ul><li>ordonot<pre><code>&lt;b&gt;y&lt;/b&gt;</code></pre>"
        "</li></ul></li><li><p>Closeit.</p></li></ol>"
    )
    assert 'href="ar/01-intro/"' in (folder / "site/index.html").read_text()


async def test_one_language_is_taken_along_alone(http: httpx.AsyncClient, video: UUID) -> None:
    chosen = await http.get(f"/api/videos/{video}/export.zip?language=es")
    with zipfile.ZipFile(io.BytesIO(chosen.content)) as archive:
        assert sorted(archive.namelist()) == [
            "chapters.vtt",
            "docs/index.md",
            "mkdocs.yml",
            "reports/es.json",
            "segments.json",
            "subtitles/es.srt",
            "subtitles/es.vtt",
        ]


async def test_html_holds_its_pictures_and_fetches_nothing(
    http: httpx.AsyncClient, video: UUID
) -> None:
    made = (await printed(http, video, "html", "en")).decode()
    assert "<title>A $talk</title>" in made
    assert 'src="data:image/webp;base64,' in made
    assert "never-fetched" not in made
    assert "Elsewhere" in made
    assert "http://" not in made.replace("http://www.w3.org/", "")
    assert "costs $5 and not $6" in made
    assert "<code>&lt;b&gt;</code>" in made
    # A task has its box, and no bullet beside it.
    assert "ul.task-list[class]{list-style: none;}" in made
    boxes = re.findall(r'<li><p><label><input type="checkbox"( checked)?', " ".join(made.split()))
    assert boxes == [" checked", ""]
    assert made.count('<ul class="task-list">') == 1
    assert '<html xmlns="http://www.w3.org/1999/xhtml" lang="ar" xml:lang="ar" dir="rtl">' in (
        await printed(http, video, "html", "ar")
    ).decode().replace("\n", " ")


async def test_docx_has_pictures_that_word_shows_and_runs_both_ways(
    http: httpx.AsyncClient, video: UUID
) -> None:
    def text(data: bytes) -> tuple[str, dict[str, Any]]:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            media = {
                name: archive.read(name)[:8]
                for name in archive.namelist()
                if name.startswith("word/media/")
            }
            return archive.read("word/document.xml").decode(), media

    english, media = text(await printed(http, video, "docx", "en"))
    assert list(media.values()) == [b"\x89PNG\r\n\x1a\n"]
    assert "<w:tbl>" in english
    assert "<w:bidi" not in english
    arabic, media = text(await printed(http, video, "docx", "ar"))
    assert media == {}
    assert "<w:bidi" in arabic
    assert ARABIC.split(maxsplit=1)[0] in arabic


async def test_a_docx_says_of_its_pictures_what_they_are(
    http: httpx.AsyncClient, video: UUID
) -> None:
    with zipfile.ZipFile(io.BytesIO(await printed(http, video, "docx", "en"))) as archive:
        names = [name for name in archive.namelist() if name.startswith("word/media/")]
        types = ET.fromstring(archive.read("[Content_Types].xml"))  # noqa: S314 - our own file
        told = {one.get("Extension") or one.get("PartName"): one for one in types}
        links = archive.read("word/_rels/document.xml.rels").decode()
        assert len(names) == 1
        for name in names:
            suffix = name.rpartition(".")[2]
            said = told.get(f"/{name}", told.get(suffix))
            assert said is not None, f"{name} has no content type"
            with Image.open(archive.open(name)) as picture:
                assert picture.size == (640, 360)
                assert said.get("ContentType") == Image.MIME[str(picture.format)]
                assert picture.format == suffix.upper() == "PNG"
            assert f'Target="{name.removeprefix("word/")}"' in links


async def test_pdf_has_the_words_and_the_picture(http: httpx.AsyncClient, video: UUID) -> None:
    reader = PdfReader(io.BytesIO(await printed(http, video, "pdf", "en")))
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert reader.metadata is not None
    assert reader.metadata.title == "A $talk"
    for one in ("How to *save*", "costs $5 and not $6", "#runs", 'print("#set text(red)")'):
        assert one in words
    assert sum(len(page.images) for page in reader.pages) == 1
    # A task has its box, and no bullet beside it; what is under it has one.
    assert re.findall(r"(?:[•‣☐☒] ?)+(?=It is|by)", words) == ["☒ ", "☐ ", "‣ "]
    links = [
        annotation.get_object()["/A"]["/URI"]
        for page in reader.pages
        for annotation in page.get("/Annots", [])
        if "/URI" in annotation.get_object().get("/A", {})
    ]
    assert links == ["https://docs.example/saved"]
    # Its words are of the links' colour, #0b57d0.
    contents = [page.get_contents() for page in reader.pages]
    drawn = [content.get_data() for content in contents if content is not None]
    assert any(b"0.043137" in one for one in drawn)
    assert len(PdfReader(io.BytesIO(await printed(http, video, "pdf", "ar"))).pages) >= 1


async def test_what_there_is_not_is_refused(http: httpx.AsyncClient, video: UUID) -> None:
    none = problem(await http.get(f"/api/videos/{video}/document.pdf?language=ja"), 404)
    assert none["type"].endswith("not-in-language")
    problem(await http.get(f"/api/videos/{uuid4()}/document.pdf"), 404)
    problem(await http.get(f"/api/videos/{video}/document.doc"), 404)


async def test_chapters_are_a_track_in_which_one_ends_where_the_next_starts(
    http: httpx.AsyncClient, db: asyncpg.Connection, video: UUID
) -> None:
    await db.execute("update chapters set title = 'One & two', start_time = 0, end_time = 9")
    await db.execute(
        """insert into chapters
             (id, project_id, video_id, slug, title, start_time, end_time, "order")
           select $1, project_id, video_id, 'next', 'Next', 5, 20, 1 from chapters""",
        uuid4(),
    )
    track = await http.get(f"/api/videos/{video}/chapters.vtt")
    assert track.text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:05.000\nOne &amp; two\n"
        "\n00:00:05.000 --> 00:00:20.000\nNext\n"
    )
    taken = await http.get(f"/api/videos/{video}/export.zip")
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        assert archive.read("chapters.vtt") == track.content


async def test_a_pdf_whose_letters_no_font_has_is_refused_with_what_to_install(
    http: httpx.AsyncClient, db: asyncpg.Connection, video: UUID
) -> None:
    # No font has a letter where Unicode has none, whatever is installed.
    content = from_markdown("Say \U00050000 twice: \U00050000.")
    await db.execute("update articles set content_json = $1", json.dumps(content))
    refused = problem(await http.get(f"/api/videos/{video}/document.pdf?language=en"), 503)
    assert refused["type"].endswith("font-missing")
    assert "symbols (U+50000): install fonts-noto-core" in refused["detail"]
    for kind in ("html", "docx"):
        assert await printed(http, video, kind, "en")


async def test_a_zip_has_names_that_every_system_takes(
    http: httpx.AsyncClient, db: asyncpg.Connection, video: UUID, tmp_path: Path
) -> None:
    # Cofán's tag is a device on Windows; two pictures differ in what a file cannot be called.
    names = ["a?b.webp", "a*b.webp", "CON.webp", "x" * 230 + ".webp"]
    for name in names:
        (tmp_path / "images" / str(video) / name).write_bytes(name.encode())
    shown = "\n\n".join(f"![{n}](/api/videos/{video}/images/{quote(n)})" for n in names)
    await db.execute(
        """update articles set language = 'con', content_json = $1, slug = 'aux.b'
           where language = 'ar'""",
        json.dumps(from_markdown(shown)),
    )
    await db.execute("update videos set title = $1", "Team 👨‍👩‍👧 \x85\x7f\u2028\u202e录屏")
    answer = await http.get(f"/api/videos/{video}/export.zip?language=con")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
        archive.extractall(tmp_path / "taken")
    pictures = [one for one in entries if one.startswith("docs/images/")]
    assert [entries[one].decode() for one in pictures] == names
    assert pictures[:3] == [f"docs/images/{one}.webp" for one in ("a-b", "a-b-2", "CON_")]
    assert {"docs/con_/01-aux.b.md", "reports/con_.json"} <= set(entries)
    for one in pictures:
        assert f"](../images/{Path(one).name})" in entries["docs/con_/01-aux.b.md"].decode()
    assert pictures[3] == f"docs/images/{'x' * 115}.webp"
    site = yaml.safe_load(entries["mkdocs.yml"])
    assert site == {"site_name": "Team 👨‍👩‍👧     录屏"}
