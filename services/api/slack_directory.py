"""The endpoints that have Slack's user groups and channels read now."""

from __future__ import annotations

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API
from services.api.refusals import Invalid
from shared import clock
from shared.channels.slack import CHANNEL
from shared.channels.slack_directory import MEMBERS
from shared.store.slack_directory import SlackDirectory


async def refresh(request: web.Request) -> web.Response:
    """POST user_groups/refresh or slack_channels/refresh: 202, the list is read within seconds."""
    api = request.app[API]
    await api.caller(request)
    missing = CHANNEL.unready(CHANNEL.settings_from(api.settings))
    if missing is not None:
        raise Invalid.field("detail", f"{missing}.")
    part = request.path.rstrip("/").split("/")[-2]
    directory = SlackDirectory(api.database)
    await directory.ask(part, clock.now())
    if part == "slack_channels":
        await directory.ask_all(MEMBERS, clock.now())
    return json_answer({"detail": "Slack is being asked."}, 202)
