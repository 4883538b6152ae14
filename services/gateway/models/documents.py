"""Whether what a client sends is a Tiptap document that can be stored and shown."""

import re
from typing import Any

import orjson

from shared.formats import tiptap

_DEEPEST = 60  # levels of nodes; Tiptap's own commands go nowhere near
_MOST = 50_000  # nodes
_PICTURE = re.compile(r"((?:https?://[^/?#]+)?/api/videos/[^/?#]+/images/[^?#]+)[?#].*", re.DOTALL)
_SAFE = {"href": tiptap.safe_link, "src": tiptap.safe_image}


def check_document(document: dict[str, Any]) -> None:
    """Raise ValueError, with what to change, for what is no document or would be unsafe to show."""
    if document.get("type") != "doc":
        message = 'the document\'s outermost node has to be of type "doc"'
        raise ValueError(message)
    try:
        orjson.dumps(document)
    except TypeError as error:
        message = f"the document holds something that cannot be stored: {error}"
        raise ValueError(message) from error
    level, seen = [document], 0
    for _ in range(_DEEPEST):
        seen += len(level)
        if seen > _MOST:
            message = f"the document has more than {_MOST} nodes: divide it"
            raise ValueError(message)
        level = [child for node in level for child in _checked(node)]
        if not level:
            return
    message = f"the document is nested more than {_DEEPEST} levels deep: flatten it"
    raise ValueError(message)


def without_tokens(node: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose pictures name no link's token: it is one user's, for a while."""
    made = dict(node)
    attributes = node.get("attrs")
    if attributes and isinstance(source := attributes.get("src"), str):
        made["attrs"] = {**attributes, "src": _PICTURE.sub(r"\1", source)}
    if "content" in node:
        made["content"] = [without_tokens(child) for child in node["content"]]
    return made


def _checked(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Check one node; return its children."""
    kind = node.get("type")
    if not isinstance(kind, str):
        message = "a node of the document has no type"
        raise ValueError(message)  # noqa: TRY004 - pydantic tells a ValueError as a refusal
    if kind == "text" and not isinstance(node.get("text"), str):
        message = "a text node of the document has no text"
        raise ValueError(message)
    marks, children = node.get("marks", []), node.get("content", [])
    if not (_is_nodes(marks) and _is_nodes(children)):
        message = f"the node {kind!r} has marks or content that are no list of nodes"
        raise ValueError(message)
    for one in (node, *marks):
        _check_attributes(one)
    return list(children)


def _is_nodes(several: object) -> bool:
    return isinstance(several, list) and all(isinstance(one, dict) for one in several)


def _check_attributes(node: dict[str, Any]) -> None:
    attributes = node.get("attrs", {})
    if not isinstance(attributes, dict) or not isinstance(node.get("type"), str):
        message = f"the attributes of {node.get('type')!r} are no object"
        raise ValueError(message)  # noqa: TRY004 - as above
    if not isinstance(attributes.get("alt", ""), str | None):
        message = "an image's alternative text (alt) has to be a text"
        raise ValueError(message)  # noqa: TRY004 - as above
    for name, is_safe in _SAFE.items():
        address = attributes.get(name)
        if address is not None and not (isinstance(address, str) and is_safe(address)):
            message = f"{str(address)[:80]!r} is no address that may be shown: use http or https"
            raise ValueError(message)
