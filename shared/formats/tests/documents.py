"""Documents and Markdown that Hypothesis makes up, for the tests."""

from typing import Any

from hypothesis import strategies as st

from shared.formats import tiptap
from shared.formats.tiptap import Node, node

# What Markdown is made of, in any order.
_PIECES = (
    *("a", "b c", "字", "é", ".", "1", "!", "\\", "&amp;", "&#10;", "&nbsp;", "<b>", "\t"),
    *("- ", "* ", "+ ", "1. ", "2) ", "> ", "# ", "[ ] ", "[x] ", "\n", "\n\n", "    ", "  "),
    *("*", "**", "_", "__", "~~", "`", "```", "```py\n", "~~~", "[", "](u)", '](<u v> "t")'),
    *("![", "(", ")", ":", "|", "| a | b |\n| :-- | --- |\n", "---", "***", "===", "#"),
    *("\\\n", "  \n", "https://e.org"),
)
MARKDOWN = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)

_WORDS = st.text("ab字é*_`#[]()<>!|~&\\-+.1:= ", min_size=1, max_size=12).filter(
    lambda word: word.strip() == word
)
_LINK = {"type": "link", "attrs": {"href": "https://example.org/a?b=1", "title": 'A "t"'}}
_MARKS: tuple[list[dict[str, Any]], ...] = (
    [],
    [{"type": "bold"}],
    [{"type": "bold"}, {"type": "italic"}],
    [{"type": "strike"}],
    [{"type": "code"}],
    [_LINK],
    [_LINK, {"type": "bold"}],
)


def _sentence(words: list[tuple[str, list[dict[str, Any]]]]) -> list[Node]:
    made: list[Node] = []
    for word, marks in words:
        made += [tiptap.text(word, marks), tiptap.text(" , ", [])]
    return made[:-1]


_SENTENCES = st.lists(st.tuples(_WORDS, st.sampled_from(_MARKS)), min_size=1, max_size=4).map(
    _sentence
)
_PARAGRAPHS = _SENTENCES.map(lambda content: node("paragraph", content))
_LEAVES = st.one_of(
    _PARAGRAPHS,
    st.builds(lambda n, c: node("heading", c, level=n), st.integers(1, 6), _SENTENCES),
    st.builds(
        lambda language, code: node("codeBlock", [tiptap.text(code, [])], language=language),
        st.sampled_from([None, "python", "c++"]),
        st.text("ab`~\\ <&\n", min_size=1, max_size=20).filter(lambda code: "a" in code),
    ),
    st.just(node("horizontalRule")),
    st.builds(lambda alt: node("image", src="i.webp", alt=alt, title=None), st.text("ab ]")),
    st.lists(_PARAGRAPHS, min_size=4, max_size=4).map(
        lambda cells: node(
            "table",
            [
                node(
                    "tableRow", [node("tableHeader", [cell], align="right") for cell in cells[:2]]
                ),
                node("tableRow", [node("tableCell", [cell], align="right") for cell in cells[2:]]),
            ],
        )
    ),
)


def _containers(blocks: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    item = st.tuples(_PARAGRAPHS, st.lists(blocks, max_size=2)).map(lambda two: [two[0], *two[1]])
    items = st.lists(item, min_size=1, max_size=3)
    return st.one_of(
        st.lists(blocks, min_size=1, max_size=3).map(lambda inner: node("blockquote", inner)),
        items.map(lambda each: node("bulletList", [node("listItem", one) for one in each])),
        st.builds(
            lambda start, each: node(
                "orderedList", [node("listItem", one) for one in each], start=start
            ),
            st.integers(0, 99),
            items,
        ),
        st.builds(
            lambda done, each: node(
                "taskList", [node("taskItem", one, checked=done) for one in each]
            ),
            st.booleans(),
            items,
        ),
    )


DOCUMENTS = st.lists(st.recursive(_LEAVES, _containers, max_leaves=6), min_size=1, max_size=4).map(
    lambda blocks: node("doc", blocks)
)
