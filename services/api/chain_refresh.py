"""Applies an edited chain to alert groups that are running through it, by an explicit request."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.groups import existing_group
from services.api.refusals import Refused
from shared import clock
from shared.domain.configuration import Chain
from shared.errors import Unavailable
from shared.events import ChainRefreshRequested, derived_id
from shared.store.escalations import Escalations, RunningThrough

AT_ONCE = 500
NOT_CONFIRMED = "The broker did not confirm the request; some groups may not have got it. Send it again."


async def apply_to_running(request: web.Request) -> web.Response:
    """POST on a chain: every group that is running through it goes on by the chain as it is now."""
    api = request.app[API]
    principal = await api.caller(request)
    return _answer(*await refresh_running(api, principal, request.match_info["id"]))


async def refresh_running(api: Api, principal: Principal, chain_id: str) -> tuple[int, int]:
    """Have every group that runs through a chain go on by it as it is now; return how many, and the version.

    Raises:
        Refused: 404; 503, the broker did not confirm.
    """
    desk = await api.desk(principal)
    chain = desk.draft.get(Chain, chain_id)
    if chain is None:
        raise Refused.not_found()
    running = await Escalations(api.database).running_through(chain.id)
    return await _asked(api, principal, running, desk.draft.base.version)


async def apply_to_group(request: web.Request) -> web.Response:
    """POST on a group: it goes on by its chain as it is now."""
    api = request.app[API]
    principal = await api.caller(request)
    group = await existing_group(api, request.match_info["id"])
    version = (await api.configuration.tables()).version
    running = await Escalations(api.database).running_of(group.id)
    if not running:
        raise Refused.because(400, "The alert group is not running through an escalation chain.")
    return _answer(*await _asked(api, principal, running, version))


async def _asked(
    api: Api, principal: Principal, running: Sequence[RunningThrough], version: int
) -> tuple[int, int]:
    """Ask for it, group by group; the same request for the same configuration has the same id."""
    now = clock.now()
    events = [
        ChainRefreshRequested(
            id=derived_id(ChainRefreshRequested.type, one.group_id, one.run, version),
            time=now,
            subject=one.group_id,
            config_version=version,
            group_id=one.group_id,
            run=one.run,
            chain_id=one.chain_id,
            actor=principal.actor,
            decision="requested",
            reason=f"apply the chain as of configuration {version}, by {principal.actor}",
        )
        for one in running
    ]
    try:
        for start in range(0, len(events), AT_ONCE):
            await api.bus.publish(events[start : start + AT_ONCE])
    except Unavailable as error:
        detail = {"detail": NOT_CONFIRMED, "reason": error.reason}
        raise Refused(503, detail, {"Retry-After": "2"}) from error
    return len(events), version


def _answer(groups: int, version: int) -> web.Response:
    return json_answer({"alert_groups": groups, "config_version": version}, 202 if groups else 200)
