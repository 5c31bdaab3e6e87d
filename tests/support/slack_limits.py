"""What Slack refuses in a message, by its published limits: the judgement of the double in slack_double.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def problems(body: Json) -> Iterator[tuple[str, str]]:
    """Yield (error code, detail) for everything that the real API would refuse."""
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        yield "no_text", "text is missing"
    elif len(text) > 40_000:
        yield "msg_too_long", "text is over 40,000 characters"
    blocks = body.get("blocks", [])
    attachments = body.get("attachments", [])
    for detail in _blocks(blocks):
        yield "invalid_blocks", detail
    if len(attachments) > 100:
        yield "too_many_attachments", "over 100 attachments"
    for attachment in attachments:
        for detail in _attachment(attachment):
            yield "invalid_attachments", detail
    nested = [one for attachment in attachments for one in attachment.get("blocks", [])]
    ids = [one["block_id"] for one in [*blocks, *nested] if "block_id" in one]
    if len(ids) != len(set(ids)):
        yield "invalid_blocks", "a block_id occurs twice"
    yield from _metadata(body.get("metadata"))


def _metadata(metadata: Json | None) -> Iterator[tuple[str, str]]:
    if metadata is None:
        return
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        yield "invalid_metadata_format", "event_type and event_payload are required"


def _attachment(attachment: Json) -> Iterator[str]:
    if "blocks" in attachment:
        yield from _blocks(attachment["blocks"])
        mixed = set(attachment) & {"image_url", "thumb_url", "fields", "title", "pretext"}
        if mixed:
            yield f"an attachment with blocks has also {sorted(mixed)}"
    elif not {"fallback", "text"} & set(attachment):
        yield "an attachment without fallback or text"


def _blocks(blocks: Any) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "blocks is not a list"
        return
    if len(blocks) > 50:
        yield "over 50 blocks"
    for block in blocks:
        if len(block.get("block_id", "")) > 255:
            yield "block_id is over 255 characters"
        check = _KINDS.get(block.get("type"))
        if check is None:
            yield f"unknown block type {block.get('type')!r}"
        else:
            yield from check(block)


def _text(value: Any, limit: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"a text object of {kinds} is wanted"
    elif not isinstance(value.get("text"), str) or not 1 <= len(value["text"]) <= limit:
        yield f"a text must have 1 to {limit} characters"


def _section(block: Json) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "a section without text"
    if "text" in block:
        yield from _text(block["text"], 3000)


def _header(block: Json) -> Iterator[str]:
    yield from _text(block.get("text"), 150, ("plain_text",))


def _image(block: Json) -> Iterator[str]:
    if not 1 <= len(block.get("image_url", "")) <= 3000 or not block.get("alt_text"):
        yield "an image needs image_url (up to 3000) and alt_text"


def _context(block: Json) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield "a context has 1 to 10 elements"
    for one in elements:
        yield from _text(one, 3000) if one.get("type") != "image" else _image(one)


def _actions(block: Json) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield "actions has 1 to 25 elements"
    ids = [one.get("action_id") for one in elements]
    if len(ids) != len(set(ids)):
        yield "an action_id occurs twice in a block"
    for one in elements:
        if len(one.get("action_id") or "") > 255:
            yield "action_id is over 255 characters"
        check = {"button": _button, "static_select": _select}.get(one.get("type"))
        yield from check(one) if check else (f"unknown element {one.get('type')!r}",)


def _button(element: Json) -> Iterator[str]:
    yield from _text(element.get("text"), 75, ("plain_text",))
    if len(element.get("value", "")) > 2000:
        yield "a button's value is over 2000 characters"
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield "a button's style is primary or danger"


def _select(element: Json) -> Iterator[str]:
    yield from _text(element.get("placeholder", {"type": "plain_text", "text": "x"}), 150, ("plain_text",))
    options = element.get("options") or []
    if not 1 <= len(options) <= 100:
        yield "a select has 1 to 100 options"
    for one in options:
        yield from _text(one.get("text"), 75, ("plain_text",))
        if not 1 <= len(one.get("value", "")) <= 150:
            yield "an option's value has 1 to 150 characters"


def _nothing(block: Json) -> Iterator[str]:
    return iter(())


_KINDS = {
    "section": _section,
    "header": _header,
    "image": _image,
    "context": _context,
    "actions": _actions,
    "divider": _nothing,
}
