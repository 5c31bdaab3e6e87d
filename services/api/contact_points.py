"""The endpoints of a person's contact points: list, add, take away."""

from __future__ import annotations

import secrets as random_source
from typing import Any

from aiohttp import web

from services.api.answers import empty_answer, json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.group_shapes import instant
from services.api.refusals import Invalid, Refused
from services.api.resources import contact_points
from services.api.resources.contact_points import ContactPointBody
from services.api.resources.desk import Desk, parse
from shared import clock
from shared.domain.configuration import User
from shared.domain.verification import VALID_FOR
from shared.secrets import digest
from shared.store.contact_codes import ContactCodes, Link

CURRENT = "current"
# Whose address only the product itself can tell: the person presses a link instead of entering it.
LINKED = ("telegram",)


async def list_points(request: web.Request) -> web.Response:
    """GET: the contact points of a person, with those that an admin entered as the user's own fields."""
    api = request.app[API]
    user = user_of(await api.desk(await api.caller(request)), request.match_info["id"])
    return json_answer({"results": [contact_points.show(one) for one in user.contact_points]})


async def add_point(request: web.Request) -> web.Response:
    """POST: 201 with the contact point; of a kind that is linked, without an address, 201 with the link."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(ContactPointBody, await read_json(request, api.settings.max_body_bytes))
    return json_answer(await add(api, principal, request.match_info["id"], body), 201)


async def remove_point(request: web.Request) -> web.Response:
    """DELETE: 204; a second time 404."""
    api = request.app[API]
    principal = await api.caller(request)
    await remove(api, principal, request.match_info["id"], request.match_info["point_id"])
    return empty_answer()


async def add(api: Api, principal: Principal, user_id: str, body: ContactPointBody) -> dict[str, Any]:
    """Return the new contact point of a person; of a kind that is linked, without an address, the link.

    Raises:
        Refused: 404, 403 it is somebody else's, or `Invalid`.
    """
    if body.kind in LINKED and not body.address:
        return await _linked(api, principal, user_id, body.kind)

    def edit(desk: Desk) -> dict[str, Any]:
        user = own_user_of(desk, user_id)
        point = contact_points.add(desk, user, body, declared=is_admin(principal))
        return contact_points.show(point)

    return (await api.edit(principal, edit)).result


async def remove(api: Api, principal: Principal, user_id: str, point_id: str) -> None:
    """Take a contact point away.

    Raises:
        Refused: 404, or 403 it is somebody else's.
    """

    def edit(desk: Desk) -> None:
        contact_points.remove(desk, own_user_of(desk, user_id), point_id)

    await api.edit(principal, edit)
    await ContactCodes(api.database).drop_code(point_id)


def user_of(desk: Desk, user_id: str) -> User:
    """Return a user by id; `current` is the one who asks.

    Raises:
        Refused: 404, there is none.
    """
    if user_id == CURRENT:
        user_id = desk.user.id if desk.user is not None else ""
    user = desk.draft.get(User, user_id)
    if user is None:
        raise Refused.not_found()
    return user


def own_user_of(desk: Desk, user_id: str) -> User:
    """Return a user by id, if whoever asks may change what is theirs.

    Raises:
        Refused: 404 there is none; 403 it is somebody else.
    """
    user = user_of(desk, user_id)
    desk.check_own(user.id)
    return user


def is_admin(principal: Principal) -> bool:
    """Whether the caller vouches for addresses that are entered."""
    return principal.user is None or principal.user.role == "admin"


async def _linked(api: Api, principal: Principal, user_id: str, kind: str) -> dict[str, Any]:
    user = own_user_of(await api.desk(principal), user_id)
    if len(user.contact_points) >= contact_points.MOST:
        raise Invalid.field("non_field_errors", f"A person has at most {contact_points.MOST} contact points.")
    token, now = random_source.token_urlsafe(24), clock.now()
    await ContactCodes(api.database).put_link(digest(token), Link(user.id, kind), now)
    bot = api.settings.telegram_bot
    return {
        "kind": kind,
        "link": f"https://t.me/{bot}?start={token}" if bot else None,
        "command": f"/start {token}",
        "expires_at": instant(now + VALID_FOR),
    }
