"""What comes back from Mattermost: who pressed which button. It signs nothing: the URL that it calls holds a ticket."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.channels.callback import Heard, Incoming, Press, Response
from shared.channels.short_texts import silence_of
from shared.domain.tickets import ANY
from shared.errors import Permanent
from shared.events import derived_id

# The post's property that a lost post is found by.
PROP = "tocsin_post_id"
TICKET = ANY
ACTIONS = frozenset(
    {"acknowledge", "unacknowledge", "confirm", "resolve", "unresolve", "silence", "unsilence"}
)


def hear(incoming: Incoming) -> Heard:
    """Return the press.

    Raises:
        Permanent: the body is not what Mattermost sends, or the button is none of ours.
    """
    body = _json(incoming)
    action = str((body.get("context") or {}).get("action", ""))
    user_id = str(body.get("user_id") or "")
    if action not in ACTIONS or not user_id:
        raise Permanent("a button of Mattermost without the value that we gave it")
    query = {name: values[-1] for name, values in parse_qs(urlsplit(incoming.url).query).items()}
    press = Press(
        id=derived_id("mattermost", body.get("post_id"), user_id, action, body.get("trigger_id")),
        action=action,
        user_id=user_id,
        user_name=str(body.get("user_name") or ""),
        delay_s=silence_of(action),
        ticket=query.get("ticket", ""),
    )
    return Heard(presses=(press,))


def answer(incoming: Incoming, words: str) -> Response:
    """Answer with a note that only the presser sees."""
    return Response(200, "application/json", json.dumps({"ephemeral_text": words}).encode())


def _json(incoming: Incoming) -> dict[str, Any]:
    try:
        body = json.loads(incoming.body)
    except ValueError as error:
        raise Permanent("not a press of Mattermost") from error
    if not isinstance(body, dict) or not isinstance(body.get("context") or {}, dict):
        raise Permanent("not a press of Mattermost")
    return body
