"""The endpoints of the journal: an alert's trace, a group's timeline."""

from __future__ import annotations

import asyncio

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API, Api
from services.api.groups import existing_group
from services.api.refusals import Refused
from services.api.trace import Envelope, timeline_entry, trace_of
from shared import clock
from shared.store.journal import Journal

FIRST_RECORD_WITHIN_S = 5.0
LOOK_EVERY_S = 0.1


async def read_trace(request: web.Request) -> web.Response:
    """GET: the way of an alert; waits up to 5 s for its first record, then 404."""
    api = request.app[API]
    await api.caller(request)
    alert_id = request.match_info["id"]
    envelopes = await records_of(api, alert_id)
    if not envelopes:
        raise Refused.not_found()
    return json_answer(trace_of(alert_id, envelopes))


async def read_timeline(request: web.Request) -> web.Response:
    """GET: everything that happened to a group, in order."""
    api = request.app[API]
    await api.caller(request)
    group = await existing_group(api, request.match_info["id"])
    envelopes = await Journal(api.database).of_group(group.id)
    return json_answer({"alert_group_id": group.id, "results": [timeline_entry(one) for one in envelopes]})


async def records_of(api: Api, alert_id: str, within_s: float = FIRST_RECORD_WITHIN_S) -> list[Envelope]:
    """Return the journal of an alert, waiting for its first record: the recorder comes after the answer."""
    journal = Journal(api.database)
    deadline_s = clock.monotonic_s() + within_s
    while True:
        found = await journal.of_alert(alert_id)
        if found or clock.monotonic_s() >= deadline_s:
            return found
        await asyncio.sleep(LOOK_EVERY_S)
