"""Slack: messages of a channel as alerts, by an app's Events API."""

from __future__ import annotations

import html
from typing import Any

from shared.domain.markup import without_slack_marks
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

NOTES = """\
Make a Slack app of its own for this (https://api.slack.com/apps): under *Event Subscriptions* enter the \
integration's URL as *Request URL*, which Slack verifies at once, and subscribe to the bot event `message.channels` \
(`message.groups` for private channels). Install the app, and invite it to the channels whose messages shall ring.

Every message is one alert group, also those of other apps and bots.
When the message is deleted the group resolves; when a bot edits its message, the group shows the new text.
Replies in a thread, edits by people, people who join or leave, and what Tocsin posts itself page nobody: use a \
channel for alerts all the same, and not the one that Tocsin posts to.

Slack signs its requests: with its signing secret in the integration's authentication nobody else can send any.
"""
TAKEN = (
    None,
    "bot_message",
    "file_share",
    "me_message",
    "thread_broadcast",
    "message_changed",
    "message_deleted",
)
OWN_METADATA = "tocsin"
TS = "([msg.ts, event.deleted_ts] | any_of)"
LOOK = Look(
    names={
        "event": "payload.event",
        "msg": "event.message or event.previous_message or event",
        "read": "payload.message",
        "attached": "msg.attachments | entries | first",
        "author": "msg.bot_profile",
        "upload": "msg.files | entries | first",
    },
    facts=[
        ("From", "[msg.username, author.name, msg.user, msg.bot_id] | any_of"),
        ("Channel", "event.channel"),
        ("At", f'{TS} | words | regex_replace("[.].*$", "") | when'),
        ("State", '"deleted" if event.subtype == "message_deleted" else ""'),
    ],
    text=(
        '[read.text, read.pretext, read.title, read.attachment or read.fallback, upload.name] | joined("\\n")'
    ),
    links=[("Attachment", "attached.title_link")],
    source_link=(
        f'("/archives/" ~ event.channel ~ "/p" ~ ({TS} | words | replace(".", ""))) | absolute(base_url)'
        ' if base_url and event.channel else ("https://slack.com/app_redirect?team=" ~ payload.team_id ~ "&channel="'
        f' ~ event.channel ~ "&message_ts=" ~ {TS}) if event.channel and payload.team_id else ""'
    ),
    image="attached.image_url | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Return the message.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: Slack verifies the address (the answer holds its challenge), or the event is no new message.
    """
    (payload,) = one_object(body)
    if payload.get("type") == "url_verification":
        challenge = payload.get("challenge")
        raise NotAnAlert(
            "Slack verified the address.",
            answer={"challenge": challenge if isinstance(challenge, str) else ""},
        )
    if payload.get("type") == "app_rate_limited":
        raise NotAnAlert("Slack holds events back: the workspace sends more than 30,000 an hour.")
    event = payload.get("event")
    if isinstance(event, dict):
        _refuse_other_events(event)
        _refuse_remarks(payload, event)
    return [payload]


def with_plain_text(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload with the message's texts under `message`, without Slack's mark-up and escapes.

    Each medium has mark-up of its own, so the texts must be plain before they go there.
    """
    event = payload.get("event")
    event = event if isinstance(event, dict) else {}
    message = next(
        (one for name in ("message", "previous_message") if isinstance(one := event.get(name), dict)), event
    )
    attachments = message.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    attachment = first if isinstance(first, dict) else {}
    text = plain(message.get("text"))
    read = {
        "text": text,
        "first_line": text.partition("\n")[0],
        "pretext": plain(attachment.get("pretext")),
        "title": plain(attachment.get("title")),
        "attachment": plain(attachment.get("text")),
        "fallback": plain(attachment.get("fallback")),
    }
    return {**payload, "message": {name: one for name, one in read.items() if one}}


def plain(text: Any) -> str:
    """Return a text of Slack's as people see it there; "" for what is no text."""
    return html.unescape(without_slack_marks(text.strip())) if isinstance(text, str) else ""


def _refuse_other_events(event: dict[str, Any]) -> None:
    if event.get("type", "message") not in ("message", "app_mention"):
        raise NotAnAlert(f"The event {str(event['type'])[:80]} is no message.")
    subtype = event.get("subtype")
    if not (subtype is None or isinstance(subtype, str)) or subtype in TAKEN:
        return
    raise NotAnAlert(f"A message of the kind {subtype[:80]} is no alert.")


def _refuse_remarks(payload: dict[str, Any], event: dict[str, Any]) -> None:
    message = event.get("message") if isinstance(event.get("message"), dict) else event
    if not isinstance(message, dict):
        return
    metadata = message.get("metadata")
    kind = metadata.get("event_type") if isinstance(metadata, dict) else None
    app = message.get("app_id")
    if (app and app == payload.get("api_app_id")) or str(kind).startswith(OWN_METADATA):
        raise NotAnAlert("Tocsin posted this message itself.")
    if event.get("subtype") == "message_changed" and not message.get("bot_id"):
        raise NotAnAlert("Somebody edited a message.")
    thread = message.get("thread_ts")
    if thread and thread != message.get("ts") and event.get("subtype") in (None, "bot_message", "file_share"):
        raise NotAnAlert("A reply in a thread is no alert.")


def example(status: str) -> dict[str, Any]:
    """Return the event of a bot's message, or of its deletion."""
    message = {
        "type": "message",
        "subtype": "bot_message",
        "text": "Backup of db1 failed: no space left on device",
        "ts": "1767607200.000100",
        "username": "backup",
        "bot_id": "B024BE7LH",
    }
    event: dict[str, Any] = {
        **message,
        "channel": "C024BE91L",
        "event_ts": "1767607200.000100",
        "channel_type": "channel",
    }
    if status == "resolved":
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "channel": "C024BE91L",
            "previous_message": message,
            "deleted_ts": "1767607200.000100",
            "ts": "1767610800.000200",
            "event_ts": "1767610800.000200",
            "channel_type": "channel",
        }
    return {
        "token": "XXYYZZ",
        "team_id": "T024BE7LD",
        "api_app_id": "A0FFV41KK",
        "event": event,
        "type": "event_callback",
        "event_id": "Ev0PV52K25",
        "event_time": 1767607200,
        "authorizations": [
            {"enterprise_id": None, "team_id": "T024BE7LD", "user_id": "U061F7AUR", "is_bot": True}
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-eyJldCI6Im1lc3NhZ2UifQ",
    }


TYPE = IntegrationType(
    slug="slack",
    title="Slack channel",
    category=Category.TICKETS,
    summary="Messages in a Slack channel, by people or other tools.",
    documentation="https://docs.slack.dev/reference/events/message/",
    templates=templates(
        title=(
            "[read.first_line, read.title, read.fallback, read.pretext, read.attachment, upload.title, upload.name]"
            " | any_of"
        ),
        grouping_key=f'([payload.team_id, event.channel, {TS}] | identity) if {TS} is not eq("") else ""',
        resolve='event.subtype == "message_deleted"',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=bodies,
    prepare=with_plain_text,
)
