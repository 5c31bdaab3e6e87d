"""A person's own webhook: the page as JSON, signed by the Standard Webhooks scheme where they gave a key."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag, urlsplit

from pydantic import BaseModel

from shared.channels import push_text
from shared.channels.answers import passing
from shared.channels.channel import Call, Channel, HttpCall, HttpReply, Message, Notice, Outcome, Reply
from shared.domain.send_outcome import Answer, Refused, Sent
from shared.domain.webhook_signature import key_of, signed_headers
from shared.errors import Permanent

_ACTIONS = ("acknowledge", "resolve", "silence")
_CONTENT_LIMIT = 2000


class PersonalWebhookSettings(BaseModel):
    """What holds for everybody's."""

    timeout_s: float = 10.0


def unready(settings: PersonalWebhookSettings) -> str | None:
    """Return None: a webhook needs nothing but itself."""
    return None


def address(text: str) -> str | None:
    """Return the URL; its fragment, which never travels, is the signing secret. None when either is not one."""
    url, secret = urldefrag(text.strip())
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            return None
        if secret:
            key_of(secret)
    except (ValueError, Permanent):
        return None
    return text.strip() if url.isprintable() and " " not in url else None


def post(message: Message, target: str, settings: PersonalWebhookSettings) -> Call:
    """Describe the call; every try of a page carries the same ids, so that a receiver can tell repeats."""
    group = message.group
    body = {
        "event": {"type": "page", "time": _instant(message.sent_at), "important": message.important},
        "alert_group": {
            "id": group.id,
            "number": group.number,
            "integration_id": group.integration_id,
            "title": group.title,
            "state": group.state.value,
            "alerts_count": group.alerts_count,
            "created_at": _instant(group.opened_at),
            "acknowledged_at": _instant(group.acknowledged_at),
            "resolved_at": _instant(group.resolved_at),
            "labels": group.labels,
            "permalink": message.url,
        },
        "alert_groups_count": message.about,
        "title": message.card.title,
        "message": message.card.message,
        "note": message.note,
        "actions": {one: url for one in _ACTIONS if (url := push_text.act_url(message, one))},
    }
    return _call(message.id, message.sent_at, body, target, settings)


def notice(notice: Notice, target: str, settings: PersonalWebhookSettings) -> Call:
    """Describe plain words."""
    event = {"type": "notice", "time": _instant(notice.sent_at)}
    body = {"event": event, "title": notice.title, "message": notice.text}
    return _call(notice.id, notice.sent_at, body, target, settings)


def read(reply: Reply) -> Outcome:
    """Judge the answer: 2xx and 3xx took it, 429 and 503 later, other 5xx nobody knows, anything else never."""
    judged = passing(reply, "the webhook")
    if not isinstance(judged, HttpReply):
        return judged
    answer = Answer(judged.status, judged.body.decode("utf-8", "replace")[:_CONTENT_LIMIT])
    if judged.status < 400:
        return Sent(handle=f"HTTP {judged.status}", answer=answer)
    return Refused(f"the webhook answered {judged.status}", answer)


def _call(id: str, at: datetime, body: Any, target: str, settings: PersonalWebhookSettings) -> HttpCall:
    url, secret = urldefrag(target)
    payload = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": id,
        **signed_headers(id, at, payload, [secret] if secret else []),
    }
    return HttpCall("POST", url, headers, payload, settings.timeout_s)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at is not None else None


CHANNEL = Channel(
    slug="personal_webhook",
    title="Personal webhook",
    prefix="webhook_",
    settings=PersonalWebhookSettings,
    unready=unready,
    post=post,
    read=read,
    kind="webhook",
    pages=("webhook",),
    address=address,
    notice=notice,
    repeats_unknown=True,
)
