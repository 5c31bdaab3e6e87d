"""Plays what Slack tells of channels, members and user groups, and how it lets user groups be changed.

Rules: pages of at most 999; a user group is never empty, and has no guests. https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class SlackLists:
    """The lists of a workspace; `guests` are people whom a user group cannot have."""

    def __init__(self, channels: dict[str, str]) -> None:
        self.channels = channels
        self.user_groups: list[Json] = []
        self.members: dict[str, list[str]] = {}
        self.archived: set[str] = set()
        self.guests: set[str] = set()

    def list_channels(self, body: Json) -> Json:
        """conversations.list."""
        kinds = set(str(body.get("types", "public_channel")).split(","))
        if not kinds <= {"public_channel", "private_channel", "mpim", "im"}:
            return no("invalid_types")
        limit, cursor = str(body.get("limit", "100")), str(body.get("cursor", "0"))
        if not limit.isdecimal() or not 1 <= int(limit) <= 999:
            return no("invalid_limit")
        if not cursor.isdecimal():
            return no("invalid_cursor")
        start, end = int(cursor), int(cursor) + int(limit)
        left_out = self.archived if body.get("exclude_archived") == "true" else set()
        rows = [
            {
                "id": id,
                "name": name,
                "is_channel": True,
                "is_private": False,
                "is_archived": id in self.archived,
            }
            for id, name in self.channels.items()
            if id not in left_out
        ]
        more = str(end) if end < len(rows) else ""
        return {"ok": True, "channels": rows[start:end], "response_metadata": {"next_cursor": more}}

    def list_members(self, body: Json) -> Json:
        """conversations.members."""
        channel = body.get("channel")
        limit, cursor = str(body.get("limit", "100")), str(body.get("cursor", "0"))
        if channel not in self.channels:
            return no("channel_not_found")
        if not limit.isdecimal() or not 1 <= int(limit) <= 999:
            return no("invalid_limit")
        if not cursor.isdecimal():
            return no("invalid_cursor")
        members, end = self.members.get(str(channel), []), int(cursor) + int(limit)
        more = str(end) if end < len(members) else ""
        page = members[int(cursor) : end]
        return {"ok": True, "members": page, "response_metadata": {"next_cursor": more}}

    def update_group(self, body: Json) -> Json:
        """Replace all members; a group is never left empty, and guests and bots are taken into none."""
        users = body.get("users")
        users = users.split(",") if isinstance(users, str) else users
        if "usergroup" not in body:
            return no("missing_argument")
        if not users:
            return no("no_users_provided")
        found = [one for one in self.user_groups if one["id"] == body["usergroup"] and not one["date_delete"]]
        if not found:
            return no("no_such_subteam")
        if not all(isinstance(one, str) and one.startswith(("U", "W")) for one in users):
            return no("invalid_users")
        if self.guests & set(users):
            return no("invalid_users")
        found[0]["users"] = list(dict.fromkeys(users))
        return {"ok": True, "usergroup": found[0]}

    def list_groups(self, body: Json) -> Json:
        """usergroups.list."""
        told = body.get("include_users") == "true"
        shown = [
            one if told else {key: one[key] for key in one if key != "users"} for one in self.user_groups
        ]
        return {"ok": True, "usergroups": shown}


def no(error: str) -> Json:
    """Return the answer that refuses."""
    return {"ok": False, "error": error}
