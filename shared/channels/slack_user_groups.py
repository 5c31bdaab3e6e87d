"""How a user group of Slack is given other members: all at once, never none, and never guests or bots."""

from __future__ import annotations

import json
from collections.abc import Sequence

from shared.channels.channel import HttpCall, Reply
from shared.channels.slack import SlackSettings
from shared.channels.slack_directory import judged
from shared.domain.send_outcome import Refused, Retry

METHOD = "usergroups.users.update"


def give_members(user_group_id: str, slack_ids: Sequence[str], settings: SlackSettings) -> HttpCall:
    """Describe the request that makes these people, and nobody else, the group's members."""
    headers = {
        "Authorization": f"Bearer {settings.bot_token.get_secret_value()}",
        "Content-Type": "application/json; charset=utf-8",
    }
    body = json.dumps({"usergroup": user_group_id, "users": list(slack_ids)}).encode()
    url = f"{settings.api_url.rstrip('/')}/{METHOD}"
    return HttpCall("POST", url, headers, body, settings.timeout_s, trusted=True)


def members_given(reply: Reply) -> tuple[str, ...] | Retry | Refused:
    """Return the members as Slack has them now."""
    body = judged(METHOD, reply)
    if isinstance(body, Retry | Refused):
        return body
    group = body.get("usergroup")
    users = group.get("users") if isinstance(group, dict) else None
    if not isinstance(users, list):
        return Refused("Slack changed the user group without naming its members")
    return tuple(str(one) for one in users)
