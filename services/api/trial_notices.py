"""The endpoint that sends a person a test over one channel, and answers what became of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from aiohttp import web

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.contact_points import own_user_of
from services.api.notices import check_pace, outcome_of, outcome_shape, tell
from services.api.refusals import Invalid
from services.api.resources.desk import Body, parse, required
from services.api.resources.rules import CHANNELS
from shared import clock
from shared.domain.personal import CHANNEL_PREFIX
from shared.events import NoticeRequested

NAMES = tuple(one.removeprefix(CHANNEL_PREFIX) for one in CHANNELS)
VALID_FOR = timedelta(minutes=5)
TITLE = "Tocsin: this is a test"
TEXT = "This is a test that was asked for. If it had been an alert, this is how you would have heard of it."


class TrialBody(Body):
    """Which channel is tried, as in a notification rule without notify_by_."""

    channel: str | None = None


async def send_trial(request: web.Request) -> web.Response:
    """POST: 200 with the outcome, also when it failed (`state`, `reason`); 202 when it is not known after 10 s."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(TrialBody, await read_json(request, api.settings.max_body_bytes))
    channel = required(body.channel, "channel").removeprefix(CHANNEL_PREFIX)
    notice_id = await ask_trial(api, principal, request.match_info["id"], channel)
    row = await outcome_of(api, notice_id)
    return json_answer(outcome_shape(notice_id, channel, row), 202 if row is None else 200)


async def ask_trial(api: Api, principal: Principal, user_id: str, channel: str) -> str:
    """Have a person sent a test over one channel; return the id of its delivery.

    Raises:
        Refused: 404, 403 it is somebody else, 429 too many were sent, or `Invalid`: there is no such channel.
    """
    user = own_user_of(await api.desk(principal), user_id)
    if channel not in NAMES:
        raise Invalid.field("channel", f"Must be one of {', '.join(NAMES)}.")
    await check_pace(api, user.id, f"test {user.id} {channel}")
    now = clock.now()
    notice = NoticeRequested(
        id=str(uuid.uuid4()),
        time=now,
        subject=user.id,
        config_version=await api.configuration.version(),
        user_id=user.id,
        channel=channel,
        title=TITLE,
        text=TEXT,
        valid_until=now + VALID_FOR,
    )
    await tell(api, notice)
    return notice.id
