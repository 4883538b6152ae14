from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.formats.markdown import from_markdown, to_markdown
from shared.formats.tests.documents import DOCUMENTS, MARKDOWN
from shared.formats.tiptap import Node, plain_text, safe_link

SAMPLE = """# Title *one*

Some **bold**, *italic*, ~~old~~, `a|b` and [a link](https://example.org/x "t").\\
Next line.

3. three
4. four
   - inner

   more

> quoted
>
> - item

```python
x = "```"

y = 1
```

***

| a | b |
| --- | --: |
| 1 **x** | ![pic](i.png) |

- [x] done
- [ ] to do
  1. first

before ![alt text](img/a.png "A title") after
"""

WORDS = st.text("ab*_`#[]()<>!|~&\\-+.1:=", min_size=1, max_size=12)
MARKS = st.sampled_from([[], ["code"], ["link"]])


def paragraph(words: list[tuple[str, list[str]]]) -> dict[str, Any]:
    content = []
    for word, names in words:
        made: dict[str, Any] = {"type": "text", "text": f"{word}"}
        if names:
            attrs = {"link": {"href": "https://example.org/a?b=1"}}
            made["marks"] = [
                {"type": n, **({"attrs": attrs[n]} if n in attrs else {})} for n in names
            ]
        content += [made, {"type": "text", "text": " , "}]
    return {"type": "paragraph", "content": content[:-1]}


def kinds(item: dict[str, Any]) -> set[str]:
    found = {item["type"], *(mark["type"] for mark in item.get("marks", []))}
    return found.union(*(kinds(child) for child in item.get("content", [])))


def test_every_kind_of_content_survives_the_round_trip() -> None:
    doc = from_markdown(SAMPLE)
    assert kinds(doc) == {
        *("doc", "heading", "paragraph", "bulletList", "orderedList", "listItem", "codeBlock"),
        *("taskList", "taskItem"),
        *("blockquote", "horizontalRule", "table", "tableRow", "tableHeader", "tableCell"),
        *("image", "hardBreak", "text", "bold", "italic", "strike", "code", "link"),
    }
    assert from_markdown(to_markdown(doc)) == doc


@given(st.lists(st.tuples(WORDS, MARKS), min_size=1, max_size=6))
def test_text_survives_whatever_its_characters(words: list[tuple[str, list[str]]]) -> None:
    doc = {"type": "doc", "content": [paragraph(words)]}
    assert plain_text(from_markdown(to_markdown(doc))) == plain_text(doc)


@example("_- *- *_")
@example(".~~~  \n\\~~~")
@given(MARKDOWN)
def test_a_document_is_the_same_once_it_was_markdown(text: str) -> None:
    doc = from_markdown(text)
    assert from_markdown(to_markdown(doc)) == doc


@given(DOCUMENTS)
def test_markdown_keeps_the_content_of_any_document(doc: Node) -> None:
    again = from_markdown(to_markdown(doc))
    assert kinds(again) == kinds(doc)
    assert plain_text(again).split() == plain_text(doc).split()
    assert from_markdown(to_markdown(again)) == again


@given(st.text())
def test_any_text_is_read_and_written(text: str) -> None:
    assert to_markdown(from_markdown(text)).endswith("\n")


def test_html_is_text() -> None:
    doc = from_markdown("<script>x</script>\n\na <b>c</b>")
    assert plain_text(doc) == "<script>x</script>\na <b>c</b>"


def test_an_image_stands_between_blocks() -> None:
    content = from_markdown("a ![x](y.png) b")["content"]
    assert [item["type"] for item in content] == ["paragraph", "image", "paragraph"]
    assert content[1]["attrs"] == {"src": "y.png", "alt": "x", "title": None}


def test_a_list_item_starts_with_a_paragraph() -> None:
    item = from_markdown("- ![x](y.png)")["content"][0]["content"][0]
    assert [child["type"] for child in item["content"]] == ["paragraph", "image"]


def test_tasks_are_a_list_of_their_own() -> None:
    doc = from_markdown("- [x] a\n- [ ] b\n- c\n- \\[ ] d\n\n1. [x] e\n")
    tasks, plain, ordered = doc["content"]
    assert [item["attrs"] for item in tasks["content"]] == [{"checked": True}, {"checked": False}]
    assert plain_text(tasks) == "a\nb"
    assert plain_text(plain) == "c\n[ ] d"
    assert plain_text(ordered) == "[x] e"  # Tiptap's task lists have no numbers
    assert from_markdown(to_markdown(doc)) == doc


def test_tables_keep_the_alignment_of_their_columns() -> None:
    table = "| a | b | c | d |\n| :-- | :-: | --: | --- |\n| 1 | 2 | 3 | 4 |\n"
    doc = from_markdown(table)
    cells = doc["content"][0]["content"][1]["content"]
    aligned = [cell.get("attrs", {}).get("align") for cell in cells]
    assert aligned == ["left", "center", "right", None]
    assert to_markdown(doc) == table


def test_lists_within_lists_are_no_rule() -> None:
    doc = from_markdown("+ + + \n")
    assert from_markdown(to_markdown(doc)) == doc


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://a.b", True),
        ("mailto:a@b.c", True),
        ("#x", True),
        ("a/b.md", True),
        ("javascript:x", False),
        ("java\nscript:x", False),
        (" data:text/html,x", False),
        ("ftp://a", False),
    ],
)
def test_links_are_limited(address: str, safe: bool) -> None:  # noqa: FBT001 - a table's column
    assert safe_link(address) is safe


def test_an_unsafe_link_keeps_its_text() -> None:
    assert kinds(from_markdown("[x](ftp://a)")) == {"doc", "paragraph", "text"}


def test_neighbouring_lists_stay_apart_and_pipes_stay_in_their_cell() -> None:
    doc = from_markdown("- a\n* b\n\n1. c\n1) d\n\n| `x\\|y` | z\\|w |\n| - | - |\n| q | r |\n")
    assert len(doc["content"]) == 5
    assert from_markdown(to_markdown(doc)) == doc


def test_ordinary_sentences_are_written_as_a_person_would() -> None:
    plain = "Use a_b-c (v1.2), e.g. 3 > 2: it's 100 % fine! Ask me@x or #5 [sic]."
    doc = {
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": plain}]}],
    }
    assert to_markdown(doc) == plain + "\n"
