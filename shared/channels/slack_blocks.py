"""The Slack message of an alert group: Block Kit, within Slack's limits, with the buttons that fit the state."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    InteractiveElement,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.metadata import Metadata

from shared.channels.channel import Message
from shared.channels.group_state import COLOURS, actions_of
from shared.domain.model import Actor, Group, State

METADATA_TYPE = "tocsin_alert_group"
FOR_EVER_S = -1
_SECTION_LIMIT = 2800  # Slack's own limit is 3000; the rest is for the note
_TEXT_LIMIT = 1000
_NOTE_LIMIT = 1000
_TRIMMED = "\n… _trimmed; the whole text is in the alert group_"
_SILENCES = (
    (1800, "30 minutes"),
    *((hours * 3600, f"{hours} h") for hours in (1, 2, 3, 4, 6, 12, 16, 20, 24)),
)


def body(message: Message) -> dict[str, Any]:
    """Return text, blocks, attachments and metadata, as chat.postMessage and chat.update take them."""
    group, card = message.group, message.card
    title = card.title or "Alert"
    attachments: list[dict[str, Any]] = []
    if card.image_url:
        # Not an image block: Slack refuses the whole message when it cannot fetch a block's image.
        attachments.append({"color": COLOURS[group.state], "fallback": "image", "image_url": card.image_url})
    attachments.append(_footer(group, title).to_dict())
    return {
        "text": f"[{group.state.value.upper()}] {title}"[:_TEXT_LIMIT],
        "blocks": [block.to_dict() for block in _blocks(message, title)],
        "attachments": attachments,
        "metadata": metadata(message).to_dict(),
    }


def metadata(message: Message) -> Metadata:
    """Return what a lost message is found by: the ledger row, its group and the version shown."""
    payload = {"post_id": message.id, "group_id": message.group.id, "version": message.group.version}
    return Metadata(event_type=METADATA_TYPE, event_payload=payload)


def trimmed(text: str) -> str:
    """Cut a section's text to what Slack takes, and say so."""
    return text if len(text) <= _SECTION_LIMIT else text[:_SECTION_LIMIT] + _TRIMMED


def _blocks(message: Message, title: str) -> list[Block]:
    group, card = message.group, message.card
    blocks: list[Block] = [_section(f"title:{group.id}", title)]
    if message.note:
        note = PlainTextObject(text=message.note[:_NOTE_LIMIT])
        blocks.append(ContextBlock(elements=[note], block_id=f"note:{group.id}"[:255]))
    if card.message.strip():
        blocks.append(_section(f"message:{group.id}", card.message))
    count = "1 alert" if group.alerts_count == 1 else f"{group.alerts_count} alerts, the last one is shown"
    number = f"#{group.number} · " if group.number is not None else ""
    link = f" · <{message.url}|open>" if message.url else ""
    context = MarkdownTextObject(text=f"{number}{count}{link}")
    return [*blocks, ContextBlock(elements=[context], block_id=f"count:{group.id}")]


def _section(block_id: str, text: str) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=trimmed(text)), block_id=block_id[:255])


def _footer(group: Group, title: str) -> BlockAttachment:
    """Return the coloured part: who changed the state and when, and what can be done now."""
    blocks: list[Block] = []
    line = state_line(group)
    if line:
        blocks.append(_section(f"state:{group.id}", line))
    elements: list[InteractiveElement] = [_element(action, group) for action in actions_of(group)]
    blocks.append(ActionsBlock(elements=elements, block_id=f"actions:{group.id}"[:255]))
    return BlockAttachment(blocks=blocks, color=COLOURS[group.state], fallback=title[:_TEXT_LIMIT])


def state_line(group: Group) -> str:
    """Return who brought the group into its state, and when; empty while it fires."""
    match group.state:
        case State.RESOLVED:
            return _who("Resolved", group.resolved_by, group.resolved_at)
        case State.ACKNOWLEDGED:
            return _who("Acknowledged", group.acknowledged_by, group.acknowledged_at)
        case State.SILENCED:
            until = f", until {_when(group.silenced_until)}" if group.silenced_until else ", for ever"
            return _who("Silenced", group.silenced_by, group.silenced_at) + until
        case _:
            return ""


def _who(what: str, actor: Actor | None, at: datetime | None) -> str:
    by = f" by {escaped(str(actor))}" if actor else ""
    return f"*{what}*{by}" + (f", {_when(at)}" if at else "")


def _when(at: datetime) -> str:
    """Return the instant as Slack shows it, in each reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def escaped(text: str) -> str:
    """Return text that mrkdwn shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _element(action: str, group: Group) -> InteractiveElement:
    if action == "silence":
        options = [
            _option(label, group, delay_s) for delay_s, label in (*_SILENCES, (FOR_EVER_S, "for ever"))
        ]
        return StaticSelectElement(
            placeholder=PlainTextObject(text="Silence"), action_id="silence", options=options
        )
    style = "primary" if action in {"acknowledge", "resolve", "confirm"} else None
    return ButtonElement(
        text=PlainTextObject(text=action.capitalize()), action_id=action, value=_value(group), style=style
    )


def _option(label: str, group: Group, delay_s: int) -> Option:
    return Option(text=PlainTextObject(text=label), value=_value(group, delay_s=delay_s))


def _value(group: Group, **more: int) -> str:
    return json.dumps({"group_id": group.id, **more}, separators=(",", ":"))
