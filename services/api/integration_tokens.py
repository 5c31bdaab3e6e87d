"""The endpoints of an integration's URLs: rotate, see who still uses an old one, revoke it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from services.api.answers import empty_answer, json_answer, read_json
from services.api.api import API, Api
from services.api.group_shapes import instant
from services.api.refusals import Refused
from services.api.resources.desk import Body, Desk, parse
from services.api.resources.integration_tokens import link_of, revoke, rotate
from shared import clock
from shared.domain.configuration import Integration
from shared.domain.declaration import Seconds
from shared.store.problems import Problems

DEFAULT_KEEP_S = 86_400
MAX_KEEP_S = 366 * 86_400


class RotateTokenBody(Body):
    """How long the old URL stays valid beside the new one: seconds, or a number with s, m, h or d."""

    keep_old_for: Annotated[Seconds, Field(ge=0, le=MAX_KEEP_S)] = DEFAULT_KEEP_S


async def rotate_token(request: web.Request) -> web.Response:
    """POST: 200 with the new URL and how long the old ones are taken."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(RotateTokenBody, await read_json(request, api.settings.max_body_bytes))
    now, keep_for = clock.now(), timedelta(seconds=body.keep_old_for)

    def change(desk: Desk) -> dict[str, Any]:
        return _shown(desk, rotate(desk, existing(desk, request), now, keep_for), [])

    return json_answer((await api.edit(principal, change)).result)


async def read_tokens(request: web.Request) -> web.Response:
    """GET: the URL, and the former ones with how often and when they were last used."""
    api = request.app[API]
    desk = await api.desk(await api.caller(request))
    return json_answer(await tokens_of(api, desk, existing(desk, request)))


async def tokens_of(api: Api, desk: Desk, row: Integration) -> dict[str, Any]:
    """Return the URL of an integration, and the former ones with how often and when they were last used."""
    used = await Problems(api.database).find([row.id], cleared=True) if row.access.former_tokens else []
    return _shown(desk, row, used)


async def revoke_token(request: web.Request) -> web.Response:
    """DELETE of a former URL: it is refused from now on; a second time 404."""
    api = request.app[API]
    principal = await api.caller(request)
    token_id, now = request.match_info["token_id"], clock.now()
    await api.edit(principal, lambda desk: revoke(desk, existing(desk, request), token_id, now))
    return empty_answer()


def existing(desk: Desk, request: web.Request) -> Integration:
    """Return the integration of the URL.

    Raises:
        Refused: 404, there is none.
    """
    found = desk.draft.get(Integration, request.match_info["id"])
    if found is None:
        raise Refused.not_found()
    return found


def _shown(desk: Desk, row: Integration, problems: list[dict[str, Any]]) -> dict[str, Any]:
    uses = {one["where"]: one for one in problems}
    return {
        "id": row.id,
        "link": link_of(desk, row),
        "rotated_at": instant(row.access.rotated_at),
        "former": [
            {
                "id": one.id,
                "ending": one.ending,
                "valid_until": instant(one.valid_until),
                "uses": used.get("count", 0),
                "last_used_at": instant(used.get("last_seen_at")),
            }
            for one in row.access.former_tokens
            for used in [uses.get(one.where, {})]
        ],
    }
