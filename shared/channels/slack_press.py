"""What comes back from Slack: a signed request that says who pressed which button of which alert group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from pydantic import BaseModel, Field, ValidationError
from slack_sdk.signature import Clock, SignatureVerifier

from shared.channels.channel import Press
from shared.errors import Permanent
from shared.events import derived_id

ACTIONS = frozenset(
    {"acknowledge", "unacknowledge", "confirm", "resolve", "unresolve", "silence", "unsilence"}
)


class _Value(BaseModel):
    group_id: str = Field(min_length=1, max_length=100)
    delay_s: int | None = None


class _At(Clock):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> float:
        return self._now.timestamp()


def is_signed(body: bytes, headers: Mapping[str, str], signing_secret: str, now: datetime) -> bool:
    """Whether Slack signed this body with our secret within the last five minutes."""
    names = {name.lower(): value for name, value in headers.items()}
    timestamp = names.get("x-slack-request-timestamp", "")
    if not signing_secret.strip() or not (timestamp.isascii() and timestamp.isdecimal()):
        return False
    verifier = SignatureVerifier(signing_secret, clock=_At(now))
    return bool(verifier.is_valid_request(body, names))


def press(body: bytes) -> tuple[Press, ...]:
    """Return the presses of our buttons that an interactive payload tells of; other payloads tell of none.

    Raises:
        Permanent: the body is not what Slack sends.
    """
    payload = _payload(body)
    if payload.get("type") != "block_actions":
        return ()
    actions = payload.get("actions") or ()
    return tuple(_pressed(payload, one) for one in actions if one.get("action_id") in ACTIONS)


def _payload(body: bytes) -> dict[str, Any]:
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=10)
        payload = json.loads(fields["payload"][0])
    except (UnicodeDecodeError, KeyError, ValueError) as error:
        raise Permanent("not an interactive payload of Slack") from error
    if not isinstance(payload, dict):
        raise Permanent("not an interactive payload of Slack")
    return payload


def _pressed(payload: dict[str, Any], action: dict[str, Any]) -> Press:
    chosen = action.get("selected_option") or {} if action["action_id"] == "silence" else action
    user, container = payload.get("user") or {}, payload.get("container") or {}
    try:
        value = _Value.model_validate_json(chosen.get("value") or "")
    except ValidationError as error:
        raise Permanent("a button of Slack without the value that we gave it") from error
    if not user.get("id"):
        raise Permanent("a press of a button by nobody")
    return Press(
        id=derived_id("slack", action.get("action_ts"), user["id"], value.group_id, action["action_id"]),
        action=action["action_id"],
        group_id=value.group_id,
        user_id=str(user["id"]),
        user_name=str(user.get("name") or user.get("username") or ""),
        delay_s=value.delay_s if value.delay_s is not None and value.delay_s > 0 else None,
        handle=f"{container.get('channel_id', '')}:{container.get('message_ts', '')}",
        answer_url=str(payload.get("response_url") or ""),
    )
