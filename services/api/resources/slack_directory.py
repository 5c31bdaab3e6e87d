"""User groups and channels of Slack, as Slack told last; clients look them up by name and refer to them."""

from __future__ import annotations

from typing import Any

from services.api.resources.desk import Body, Desk, Resource
from shared.domain.configuration import SlackChannel, UserGroup


def show_group(_desk: Desk, row: UserGroup, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape."""
    slack = {"id": row.id, "name": row.name, "handle": row.handle}
    return {"id": row.id, "type": "slack_based", "slack": slack}


def select_groups(desk: Desk, query: dict[str, str]) -> list[UserGroup]:
    """Return user groups by handle; `slack_handle` matches in any case, with or without the @."""
    rows = sorted(desk.draft.all(UserGroup), key=lambda one: (one.handle, one.id))
    wanted = query.get("slack_handle")
    return [one for one in rows if wanted is None or one.handle.lower() == wanted.lower().removeprefix("@")]


def show_channel(_desk: Desk, row: SlackChannel, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape."""
    return {"name": row.name, "slack_id": row.id}


def select_channels(desk: Desk, query: dict[str, str]) -> list[SlackChannel]:
    """Return channels by name; `channel_name` matches in any case, with or without the #."""
    rows = sorted(desk.draft.all(SlackChannel), key=lambda one: (one.name, one.id))
    wanted = query.get("channel_name")
    return [one for one in rows if wanted is None or one.name.lower() == wanted.lower().removeprefix("#")]


USER_GROUPS = Resource(name="user_groups", model=UserGroup, body=Body, show=show_group, select=select_groups)
SLACK_CHANNELS = Resource(
    name="slack_channels", model=SlackChannel, body=Body, show=show_channel, select=select_channels
)
