from hypothesis import given, settings

from shared.formats.markdown import from_markdown
from shared.formats.site import to_site
from shared.formats.tests.documents import DOCUMENTS
from shared.formats.tiptap import Node, plain_text


def test_items_stand_four_columns_in_and_code_within_has_no_fence() -> None:
    doc = from_markdown("1. a\\\n   b\n   - c\n\n     ```js\n     <b>\n     ```\n\n- [x] d\n")
    assert to_site(doc, title="T") == (
        "# T\n\n1.  a  \n    b\n\n    -   c\n\n            <b>\n\n<!-- -->\n\n-   [x] d\n"
    )


@settings(deadline=None)  # a machine under load is no fault of the text
@given(DOCUMENTS)
def test_commonmark_finds_the_content_of_any_document(doc: Node) -> None:
    again = from_markdown(to_site(doc, title=""))
    assert _said(again) == _said(doc)


def _said(doc: Node) -> str:
    # We read no HTML: what keeps neighbouring lists apart is text to us.
    return "".join(plain_text(doc).split()).replace("<!---->", "")
