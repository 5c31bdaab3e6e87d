"""Proving that a contact point is its owner's: a code is sent over its own channel, or a link is pressed there."""

from __future__ import annotations

import re
import secrets as random_source
import uuid
from typing import Any

import structlog
from aiohttp import web

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.contact_points import own_user_of
from services.api.group_shapes import instant
from services.api.notices import check_pace, tell
from services.api.refusals import Invalid
from services.api.resources import contact_points
from services.api.resources.desk import Body, Desk, parse, required
from services.api.ways import channels_for, why_not
from shared import clock
from shared.domain import verification
from shared.domain.configuration import User
from shared.domain.contacts import ContactPoint, Kind
from shared.domain.model import Actor
from shared.domain.verification import PURPOSE, VALID_FOR
from shared.events import NoticeRequested
from shared.secrets import digest
from shared.store.contact_codes import ContactCodes

log = structlog.get_logger(__name__)
CODE = re.compile(rf"[0-9]{{{verification.DIGITS}}}")
NO_CODE = "There is no code that is valid: ask for a new one."


class SendCodeBody(Body):
    """How the code is sent, where a contact point has several ways (sms or phone_call)."""

    channel: str | None = None


class VerifyBody(Body):
    """The code that came."""

    code: str | None = None


async def send_code(request: web.Request) -> web.Response:
    """POST: 202 when the notifier was asked to send a code; 429 when too many were sent."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(SendCodeBody, await read_json(request, api.settings.max_body_bytes))
    user_id, point_id = request.match_info["id"], request.match_info["point_id"]
    return json_answer(await send(api, principal, (user_id, point_id), body.channel), 202)


async def verify(request: web.Request) -> web.Response:
    """POST: 200 with the contact point, which is paged from now on; 400 for a code that is not the one."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(VerifyBody, await read_json(request, api.settings.max_body_bytes))
    user_id, point_id = request.match_info["id"], request.match_info["point_id"]
    return json_answer(await prove(api, principal, (user_id, point_id), body.code))


async def send(
    api: Api, principal: Principal, point_of: tuple[str, str], channel: str | None
) -> dict[str, Any]:
    """Have a code sent to a contact point (user id, point id); by the first channel that is set up, or this one.

    Raises:
        Refused: 404, 403 it is somebody else's, 429 too many were sent, or `Invalid`.
    """
    user_id, point_id = point_of
    desk = await api.desk(principal)
    user = own_user_of(desk, user_id)
    point = contact_points.of_user(user, point_id)
    if point.verified_at is not None:
        raise Invalid.field("detail", "This contact point is verified already.")
    by = _channel(api, point, channel)
    await check_pace(api, user.id, f"{point.kind}:{contact_points.clear(desk, point)}")
    notice = await _asked(api, user, point, by)
    return {"id": notice.id, "channel": by, "expires_at": instant(notice.valid_until)}


async def prove(
    api: Api, principal: Principal, point_of: tuple[str, str], code: str | None
) -> dict[str, Any]:
    """Return a contact point (user id, point id) that is verified now, because the code is the one that was sent.

    Raises:
        Refused: 404, 403 it is somebody else's, or `Invalid`: it is not the code.
    """
    user_id, point_id = point_of
    contact_points.of_user(own_user_of(await api.desk(principal), user_id), point_id)
    await _check(api, point_id, required(code, "code").strip())

    def edit(desk: Desk) -> dict[str, Any]:
        return contact_points.show(_verified(desk, own_user_of(desk, user_id), point_id))

    shape = (await api.edit(principal, edit)).result
    await ContactCodes(api.database).drop_code(point_id)
    return shape


async def confirm_link(api: Api, kind: Kind, token: str, address: str) -> str:
    """Make the address that a chat product reports the contact point of whoever asked for the link.

    `token` is what the person sent from there ("/start <token>"). Returns the sentence to answer there.

    Raises:
        Unavailable: the database is away; the product may call again.
    """
    codes = ContactCodes(api.database)
    link = await codes.take_link(digest(token), kind, clock.now())
    if link is None:
        return "This link is not valid (any more). Please ask Tocsin for a new one."

    def edit(desk: Desk) -> str | None:
        user = desk.draft.get(User, link.user_id)
        if user is None:
            return None
        body = contact_points.ContactPointBody(kind=kind, address=address)
        point = contact_points.add(desk, user, body, declared=False)
        _verified(desk, desk.draft.get(User, user.id) or user, point.id)
        return user.username

    username = (await api.edit_as(Actor(kind="user", id=link.user_id, name=kind), edit)).result
    log.info("contact_point.linked", kind=kind, user_id=link.user_id)
    if username is None:
        return "The user of this link does not exist any more."
    return f"Done: Tocsin reaches {username} here from now on."


def _channel(api: Api, point: ContactPoint, asked: str | None) -> str:
    """Return the channel that a code goes out by: the one that is asked for, else the first that is set up."""
    known = channels_for(point.kind)
    if asked is not None and asked not in known:
        raise Invalid.field("channel", f"Must be one of {', '.join(known)}.")
    wanted = [asked] if asked is not None else known
    missing = {name: why_not(api.settings, name) for name in wanted}
    ready = [name for name, reason in missing.items() if reason is None]
    if not ready:
        raise Invalid.field("channel", f"No code can be sent: {next(iter(missing.values()))}.")
    return ready[0]


async def _asked(api: Api, user: User, point: ContactPoint, channel: str) -> NoticeRequested:
    """Keep a new code, and ask for it to be sent; in clear it stands nowhere."""
    code, now = verification.new_code(random_source.randbelow), clock.now()
    signature = api.secrets.sign(PURPOSE, verification.signed_text(point.id, code))
    await ContactCodes(api.database).put_code(point.id, signature, now)
    notice = NoticeRequested(
        id=str(uuid.uuid4()),
        time=now,
        subject=user.id,
        config_version=await api.configuration.version(),
        user_id=user.id,
        channel=channel,
        contact_id=point.id,
        title=verification.TITLE,
        text_encrypted=api.secrets.encrypt(verification.words(code, channel)),
        valid_until=now + VALID_FOR,
    )
    await tell(api, notice)
    return notice


async def _check(api: Api, point_id: str, code: str) -> None:
    """Compare a code with the one that was sent, in constant time.

    Raises:
        Invalid: it is not this one, or none is valid.
    """
    tried = await ContactCodes(api.database).try_code(point_id, clock.now())
    if tried is None:
        raise Invalid.field("code", NO_CODE)
    text = verification.signed_text(point_id, code)
    if not api.secrets.is_signed(PURPOSE, text, tried.signature) or not CODE.fullmatch(code):
        left = f"{tried.tries_left} tries are left" if tried.tries_left else "ask for a new one"
        raise Invalid.field("code", f"This is not the code: {left}.")


def _verified(desk: Desk, user: User, point_id: str) -> ContactPoint:
    point = contact_points.of_user(user, point_id)
    after = point.model_copy(update={"verified_at": desk.tools.now})
    contact_points.put(desk, user, tuple(after if one is point else one for one in user.contact_points))
    return after
