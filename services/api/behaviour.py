"""The endpoint of behavioural plans: what a declaration would have made of the alerts of the last days."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import orjson
import structlog
from aiohttp import web

from services.api.answers import read_body
from services.api.api import API, Api
from services.api.apply import LIMIT_BYTES, YES, mistakes, source_of
from services.api.behaviour_lines import Line
from services.api.behaviour_past import Span, Stored
from services.api.behaviour_run import BehaviourRun
from services.api.declare import declare
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Desk
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.configuration_draft import Draft
from shared.domain.declaration import DeclarationRefused, read
from shared.errors import Transient
from shared.sandbox import Sandbox
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.journal import Journal

log = structlog.get_logger(__name__)
USUAL_S, LONGEST_S = 7 * 86_400, 31 * 86_400
MOST_ALERTS = 200_000
LIMIT_S = 300.0
WORKERS = 2
WRITE_BYTES = 64 * 1024
# One at a time: it takes both cores and remembers every alert that it reads.
BUSY = web.AppKey("behaviour_busy", asyncio.Lock)


async def plan_behaviour(request: web.Request) -> web.StreamResponse:
    """POST of a declaration, `since` in seconds, `adopt` as when applied: lines of JSON, the last is the summary."""
    api = request.app[API]
    principal = await api.caller(request)
    span = _span(request, clock.now())
    source = source_of(await read_body(request, LIMIT_BYTES), request.content_type)
    try:
        declaration = read(source.data)
        draft = Draft(await api.configuration.tables())
        desk = Desk(draft, api.tools, principal.user)
        adopt = request.query.get("adopt", "").lower() in YES
        await asyncio.to_thread(declare, desk, declaration, adopt=adopt)
    except DeclarationRefused as refused:
        raise Refused(400, mistakes(refused, source)) from refused
    before, after = draft.base.snapshot(), draft.tables(draft.base.version + 1).snapshot()
    busy = request.app[BUSY]
    if busy.locked():
        raise Refused(429, {"detail": "Another behavioural plan is being made."}, {"Retry-After": "10"})
    async with busy:
        return await _streamed(request, api, (before, after), span)


async def _streamed(
    request: web.Request, api: Api, configs: tuple[ConfigSnapshot, ConfigSnapshot], span: Span
) -> web.StreamResponse:
    headers = {"Content-Type": "application/x-ndjson", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    lines = Lines(response)
    try:
        async with AsyncExitStack() as stack:
            # Not entered: its processes start with the first alert, and often there is none to look at.
            sandbox = Sandbox(WORKERS, api.settings.template_timeout_s)
            stack.push_async_exit(sandbox.__aexit__)
            stored = Stored(Alerts(api.database), AlertGroups(api.database), Journal(api.database))
            await BehaviourRun(stored, sandbox, configs, span).run(lines.tell)
        await lines.flush()
    except Transient as error:
        log.warning("behaviour.ended", reason=error.reason)
        await lines.tell({"error": f"Not available now: {error.reason}"})
        await lines.flush()
    except ConnectionResetError:
        log.debug("behaviour.left")
    return response


class Lines:
    """Writes lines of JSON, many at once; what tells of progress goes out at once."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._waiting = bytearray()

    async def tell(self, line: Line) -> None:
        """Write one line.

        Raises:
            ConnectionResetError: nobody listens any more.
        """
        self._waiting += orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        if len(self._waiting) > WRITE_BYTES or "progress" in line:
            await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            await self._response.write(bytes(self._waiting))
            self._waiting.clear()


def _span(request: web.Request, now: datetime) -> Span:
    """Return which alerts are meant.

    Raises:
        Invalid: `since` is no number of seconds, or too many.
    """
    text = request.query.get("since", str(USUAL_S))
    if not text.isdecimal() or len(text) > len(str(LONGEST_S)) or not 1 <= int(text) <= LONGEST_S:
        raise Invalid.field("since", f"This is a number of seconds from 1 to {LONGEST_S}.")
    return Span(now - timedelta(seconds=int(text)), now, MOST_ALERTS, LIMIT_S)
