"""Any name that a file system gives: taken, shown as it is, harmless where it becomes a path."""

import json
import unicodedata
from urllib.parse import unquote

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.headers import disposition
from shared.formats import names
from tests.support.gateway import TUS, patch

# What recorders and people call files, and what a video of that name is called.
NAMES = {
    "Screen Recording 2026-01-05 at 9.41.00\u202fAM.mp4": (
        "Screen Recording 2026-01-05 at 9.41.00\u202fAM"
    ),
    "録画\u3000その1.mp4": "録画\u3000その1",
    "Réunion «\u00a0bilan\u00a0».mp4": "Réunion «\u00a0bilan\u00a0»",
    "Team 👨‍👩‍👧 demo.mp4": "Team 👨‍👩‍👧 demo",
    "👨‍👩‍👧🏴󠁧󠁢󠁳󠁣󠁴󠁿.mp4": "👨‍👩‍👧🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "วิดีโอสอน.mp4": "วิดีโอสอน",
    "100% sure? #1 a&b.mp4": "100% sure? #1 a&b",
    "x" * 251 + ".mp4": "x" * 251,
    "录屏" * 125 + ".mp4": "录屏" * 125,  # on NTFS: 254 units of UTF-16
    "new\nline\x1b[2J.mp4": "new line [2J",
    "a\\b.mp4": "a\\b",
    unicodedata.normalize("NFD", "Übung ñ.mp4"): unicodedata.normalize("NFD", "Übung ñ"),
    "\u200fעברית\u200e.mp4": "\u200fעברית\u200e",  # noqa: RUF001
    "\u202egpj.mp4": "gpj",
    ".hidden.mp4": ".hidden",
    ".mp4": ".mp4",
    "...": "...",
    " .mp4": ".mp4",
    "CON.mp4": "CON",
    "aux": "aux",
    "talk 1.2": "talk 1.2",
    "-rf.mp4": "-rf",
    '"; filename=x.html; y=".mp4': '"; filename=x.html; y="',
    "bytes \udcff\udcfe.mp4": "bytes \ufffd\ufffd",
}


@pytest.mark.integration
async def test_every_name_is_taken_shown_and_given_back(
    http: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    for name, title in NAMES.items():
        # As a program sends it: with what is no text escaped.
        body = json.dumps({"filename": name, "size_bytes": 3})
        answer = await http.post(
            "/api/videos", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201, answer.text
        video = answer.json()
        assert video["filename"] == names.valid(name)
        assert video["title"] == title
        assert video["upload"]["metadata"] == {"filename": names.valid(name)}
        sent = await patch(http, video["upload_url"], 0, b"abc")
        assert sent.status_code == 204, (name, sent.text)
        path = await db.fetchval("select storage_path from videos where id = $1", video["id"])
        folder, _, key = path.rpartition("/")
        assert folder == f"videos/{video['id']}"
        assert key.isascii()
        assert len(key) <= 200
        played = await http.get(f"/api/videos/{video['id']}/file")
        assert played.content == b"abc"
        told = played.headers["content-disposition"]
        assert told.isprintable()
        assert told.count(";") == 2
        exported = await http.get(f"/api/videos/{video['id']}/export.zip")
        assert exported.status_code == 200
        assert exported.headers["content-disposition"].startswith('attachment; filename="')
        head = await http.head(video["upload_url"], headers=TUS)
        assert head.headers["upload-offset"] == "3"


def test_a_download_has_its_name_and_no_other_part() -> None:
    def offered(name: str, extra: str = "") -> str:
        return unquote(disposition(name, extra).rpartition("UTF-8''")[2])

    assert offered("録画\u3000その1.mp4") == "録画\u3000その1.mp4"
    assert offered("a\\b/c:d.mp4", ".es.pdf") == "a_b_c_d.es.pdf"
    assert offered(".mp4", ".zip") == "mp4.zip"
    assert offered("...", ".zip") == "video.zip"
    assert offered("\u202egpj.exe", ".zip") == "gpj.zip"
    assert len(offered("录" * 255 + ".mp4", ".es.docx").encode()) <= 200
    assert disposition('"; x="', ".pdf").startswith('attachment; filename="___x__.pdf"; ')


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("วิดีโอสอน.mp4", "วิดีโอสอน.mp4"),
        ("हिन्दी में", "हिन्दी-में"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("\u200d👍\u200d", "👍"),
        ("9.41.00\u202fAM", "9.41.00-AM"),
        (unicodedata.normalize("NFD", "Übung"), "Übung"),
        ("con", "con_"),
        ("Con.tar.gz", "Con_.tar.gz"),
        ("COM¹.vtt", "COM¹_.vtt"),
        ("lpt9", "lpt9_"),
        ("console", "console"),
        ("a\u202eb\u2066c", "a-b-c"),
        ("\x00\n", "otherwise"),
        ("\ufffd\ufffd", "\ufffd\ufffd"),
        ("a. ", "a"),
        ("录" * 90 + ".webp", "录" * 38 + ".webp"),
    ],
)
def test_a_component_keeps_every_letter_and_nothing_that_is_not_safe(told: str, name: str) -> None:
    assert names.component(told, "otherwise") == name


def test_names_of_one_folder_differ_on_every_system() -> None:
    folder = names.Folder()
    told = ["ß.png", "SS.png", "ﬁ.png", "fi.png", "a b.webp", "a-b.webp", "a?b.webp"]
    assert [folder.take(one, "image") for one in told] == [
        "ß.png",
        "SS-2.png",
        "ﬁ.png",
        "fi-2.png",
        "a-b.webp",
        "a-b-2.webp",
        "a-b-3.webp",
    ]


TEXTS = st.one_of(st.sampled_from(list(NAMES)), st.text(st.characters(), max_size=300))


@given(TEXTS)
def test_no_name_leaves_its_folder(told: str) -> None:
    name = names.component(names.valid(told), "otherwise")
    assert name
    assert name[0] not in ".-"
    assert name[-1] not in ".- "
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert len(name.encode()) <= 121
    key = names.key(told)
    assert key.isascii()
    assert "/" not in key
    assert len(key) <= 200
