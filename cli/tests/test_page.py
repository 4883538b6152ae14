import re
from html.parser import HTMLParser
from typing import Any

from docreel_cli import page
from docreel_cli.records import Article

Json = dict[str, Any]
SEGMENTS = [
    {"id": "a", "start_time": 1.0, "spoken_content": "Open the window. It is large."},
    {"id": "b", "start_time": 9.5, "spoken_content": "Press create."},
]
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nTom &amp; <i>me</i>\nagain\n"


def text(value: str, *marks: Json) -> Json:
    return {"type": "text", "text": value, "marks": list(marks)}


def node(kind: str, *content: Json, **attrs: Any) -> Json:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def article(number: int, *blocks: Json, title: str = "A & <b>") -> Article:
    return Article(
        f"i{number}", f"c{number}", number, title, "slug", {"type": "doc", "content": list(blocks)}
    )


def written(*blocks: Json, **more: Any) -> str:
    told: Json = {
        "title": "The <talk>",
        "video": "",
        "articles": {"en": [article(1, *blocks)]},
        "subtitles": {},
        "segments": SEGMENTS,
    }
    return page.written(page.Pages(**(told | more)), lambda _: ("x.webp", b"\0picture"))


def body(html: str) -> str:
    return html.split("<main>")[1].split("</main>", maxsplit=1)[0]


class Balance(HTMLParser):
    """Fails where an element is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        del attrs
        if tag not in {"img", "br", "hr", "input", "meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_all_kinds_of_blocks_are_elements() -> None:
    bold = {"type": "bold"}
    html = written(
        node("heading", text("Head"), level=2, second=1.0),
        node("paragraph", text("a <b> "), text("bold", bold), node("hardBreak")),
        node("bulletList", node("listItem", node("paragraph", text("x")))),
        node("orderedList", node("listItem", node("paragraph", text("y"))), start=3),
        node("taskList", node("taskItem", node("paragraph", text("z")), checked=True)),
        node("table", node("tableRow", node("tableHeader", node("paragraph"), align="right"))),
        node("codeBlock", text("if a < b:"), language="python"),
        node("horizontalRule"),
        node("unheard", node("paragraph", text("kept"))),
        node("blockquote", node("paragraph", text("q"), unsupported=True)),
    )
    Balance().feed(html)
    for part in (
        '<h3 data-second="1">Head</h3>',
        "<p>a &lt;b&gt; <strong>bold</strong><br></p>",
        "<ul><li><p>x</p></li></ul>",
        '<ol start="3"><li><p>y</p></li></ol>',
        '<li><input type="checkbox" disabled checked><div><p>z</p></div></li>',
        '<th class="right"><p></p></th>',
        "<pre><code>if a &lt; b:</code></pre>",
        "<hr><p>kept</p>",
        '<mark title="Nothing in the video supports this.">check</mark>',
    ):
        assert part in body(html)
    assert "<title>The &lt;talk&gt;</title>" in html
    assert "A &amp; &lt;b&gt;" in body(html)


def test_sentences_know_their_second() -> None:
    paragraph = node(
        "paragraph",
        text("Open the window. It is "),
        text("large", {"type": "italic"}),
        text(". Press create."),
        segmentIds=["a", "b", "gone"],
        second=1.0,
    )
    assert (
        '<p data-second="1"><span data-second="1">Open the window. </span>'
        '<span data-second="1">It is <em>large</em>. </span>'
        '<span data-second="9.5">Press create.</span></p>'
    ) in body(written(paragraph))


def test_what_could_do_harm_is_left_out() -> None:
    links = [
        text(address, {"type": "link", "attrs": {"href": address}})
        for address in ("java\nscript:x", "data:text/html,x", 'https://e.org/?a=1&b="2"')
    ]
    html = body(written(node("paragraph", *links)))
    assert re.findall('href="([^"]*)"', html) == ["https://e.org/?a=1&amp;b=&#34;2&#34;"]


def test_a_picture_stands_in_the_file_once_and_nothing_is_asked_of_a_network() -> None:
    image = node("image", src="/api/i.webp", alt='A "screen"', second=3.25)
    articles = {"en": [article(1, image)], "ar": [article(1, image)]}
    html = written(articles=articles, subtitles={"en": VTT})
    assert html.count("data:image/webp;base64,AHBpY3R1cmU=") == 1
    assert 'data-shows="0"' in html
    assert '<figure data-second="3.25"><img src="data:' in html
    assert 'lang="ar" dir="rtl" hidden' in html
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)
    assert "default-src 'none'" in html


def test_a_picture_that_cannot_be_had_is_its_words() -> None:
    image = node("image", src="x", alt="A screen")
    told = page.Pages("T", "", {"en": [article(1, image)]}, {}, [])
    assert "<p><em>A screen</em></p>" in page.written(told, lambda _: None)


def test_subtitles_are_listed_and_cannot_end_the_script_that_holds_them() -> None:
    html = written(subtitles={"en": VTT, "es": "WEBVTT\n\nbroken </script><b>"})
    assert "Tom &amp; me again" in body(html)
    assert "</script><b>" not in html
    assert page.srt(VTT) == "1\n00:00:01,000 --> 00:00:02,500\nTom & me\nagain\n"
    assert page.srt("no subtitles") == ""


def test_what_every_chapter_begins_with_is_said_once() -> None:
    def label() -> Json:
        return node("blockquote", node("paragraph", text("Draft."), blockId=str(id(object()))))

    chapters = [article(n, label(), node("paragraph", text(f"Text {n}"))) for n in (1, 2)]
    assert body(written(articles={"en": chapters})).count("Draft.") == 1
    chapters.append(article(3, node("paragraph", text("Text 3"))))
    assert body(written(articles={"en": chapters})).count("Draft.") == 2


def test_a_video_in_which_nothing_is_said_is_a_page_too() -> None:
    assert "Nothing is said in this video" in written(articles={})
