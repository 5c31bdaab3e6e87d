"""How a person is told before going on call: the person's own setting, or an admin's for them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.contact_points import own_user_of, user_of
from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, parse
from shared.domain.configuration import User
from shared.domain.contacts import KIND_OF_CHANNEL, KINDS
from shared.domain.people import OnCallReminders

# Before a time on call, in seconds: 15 minutes, 1, 6, 12 and 24 hours.
LEADS_S = (900, 3600, 21_600, 43_200, 86_400)
CHANNELS = (*KIND_OF_CHANNEL, *(one for one in KINDS if one not in KIND_OF_CHANNEL.values()))


class OnCallRemindersBody(Body):
    """What a client writes; null and what is not sent are the defaults: no reminder, by e-mail."""

    before: list[int] | None = None
    channel: str | None = None


async def read_reminders(request: web.Request) -> web.Response:
    """GET: the setting of a person."""
    api = request.app[API]
    desk = await api.desk(await api.caller(request))
    return json_answer(_show(user_of(desk, request.match_info["id"]).on_call_reminders))


async def write_reminders(request: web.Request) -> web.Response:
    """PUT: 200 with the setting as it is now."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(OnCallRemindersBody, await read_json(request, api.settings.max_body_bytes))
    return json_answer(await set_reminders(api, principal, request.match_info["id"], body))


async def set_reminders(
    api: Api, principal: Principal, user_id: str, body: OnCallRemindersBody
) -> dict[str, Any]:
    """Change how a person is told before going on call, and return it.

    Raises:
        Refused: 404, 403 it is somebody else, or `Invalid`.
    """
    _checked(body)

    def edit(desk: Desk) -> dict[str, Any]:
        row = own_user_of(desk, user_id)
        wanted = checked_reminders(row, body)
        desk.draft.put(row.model_copy(update={"on_call_reminders": wanted}))
        return _show(wanted)

    return (await api.edit(principal, edit)).result


def checked_reminders(row: User, body: OnCallRemindersBody) -> OnCallReminders:
    """Return the setting that somebody wants for a person; the one there is stays, whatever became of the address.

    Raises:
        Invalid: a time that is not offered, or a channel without an address that anybody vouches for.
    """
    wanted = _checked(body)
    if wanted != row.on_call_reminders and wanted.before and row.contact(wanted.channel) is None:
        raise Invalid.field("channel", f"{row.username} has no verified address for {wanted.channel}.")
    return wanted


def _checked(body: OnCallRemindersBody) -> OnCallReminders:
    before = sorted(set(body.before or ()))
    if any(one not in LEADS_S for one in before):
        raise Invalid.field("before", f"Each must be one of {', '.join(map(str, LEADS_S))} seconds.")
    channel = body.channel or OnCallReminders().channel
    if channel not in CHANNELS:
        raise Invalid.field("channel", f"Must be one of {', '.join(CHANNELS)}.")
    return OnCallReminders(before=tuple(before), channel=channel)


def _show(row: OnCallReminders) -> dict[str, Any]:
    return {"before": list(row.before), "channel": row.channel}
