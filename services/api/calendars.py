"""Fetches external calendars every 10 min and on change; a failure keeps the last good text and is a problem."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import structlog

from services.api.calendar_reader import read_apart
from shared import clock
from shared.channels.channel import HttpCall, HttpReply
from shared.domain.calendar_refresh import (
    LIMIT_BYTES,
    PROBLEM,
    TIMEOUT_S,
    Refresh,
    failed,
    problem_text,
    request_headers,
    request_url,
    sources,
    succeeded,
    text_of,
)
from shared.domain.configuration import ConfigSnapshot
from shared.domain.configuration_draft import Draft
from shared.domain.external_events import faults_of
from shared.domain.schedules import Calendar, Schedule
from shared.errors import Permanent, Transient, Unavailable
from shared.http import HttpClient
from shared.secrets import Secrets
from shared.store.calendar_refreshes import CalendarRefreshes, read
from shared.store.configuration import ConfigurationStore
from shared.store.mongo import Document
from shared.store.schedule_problems import ScheduleProblems

log = structlog.get_logger(__name__)
FAULTS = "_events"
Edit = Callable[[Callable[[Draft], None]], Awaitable[object]]
# The row must fit into one document with room to spare.
LIMIT_ROW_CHARS = 12 * 1024 * 1024


class Means(NamedTuple):
    """What refreshing needs: who is asked, and where the outcome goes."""

    http: HttpClient
    secrets: Secrets
    configuration: ConfigurationStore
    edit: Edit


class Calendars:
    """Keeps the rows of `calendars` as the other side has them."""

    def __init__(self, refreshes: CalendarRefreshes, problems: ScheduleProblems, means: Means) -> None:
        self.refreshes = refreshes
        self._problems = problems
        self._means = means

    async def follow(self, config: ConfigSnapshot) -> None:
        """Have what the configuration names refreshed from now on.

        Raises:
            Unavailable: the database is away.
        """
        await self.refreshes.follow(list(sources(config)), config.version, clock.now())

    async def refresh(self, documents: Sequence[Document]) -> None:
        """Fetch claimed calendars side by side.

        Raises:
            Unavailable: the database is away.
        """
        tries = (self._refresh(read(one)) for one in documents)
        failures = [one for one in await asyncio.gather(*tries, return_exceptions=True) if one is not None]
        if failures:
            raise failures[0]

    async def _refresh(self, before: Refresh) -> None:
        tables = await self._means.configuration.tables()
        schedule = tables.of(Schedule).get(before.schedule_id)
        source = getattr(schedule, f"ical_url_{before.which}", None)
        if source is None:
            return  # deleted a moment ago; the next look at the configuration takes the document away
        row = tables.of(Calendar).get(before.id)
        try:
            after = await self._taken(before, self._means.secrets.decrypt(source), row)
        except Unavailable:
            raise  # the database, not the calendar
        except (Permanent, Transient) as error:
            after = failed(before, error.reason, clock.now())
            log.warning(
                "calendar.not_read", schedule_id=before.schedule_id, which=before.which, reason=error.reason
            )
        await self._note(after)
        await self.refreshes.save(after)

    async def _taken(self, before: Refresh, url: str, row: Calendar | None) -> Refresh:
        """Fetch one; a new text is stored before its ETag is, so that a crash between only fetches it again."""
        known = before if row is not None else before.model_copy(update={"etag": None, "last_modified": None})
        reply = await self._means.http.send(
            HttpCall(
                "GET",
                request_url(url),
                request_headers(known),
                timeout_s=TIMEOUT_S,
                read_limit_bytes=LIMIT_BYTES + 1,
            )
        )
        if reply.status == 304 and row is not None:
            return succeeded(before, None, clock.now())
        text = _text(reply)
        if row is None or row.text != text:
            found = await read_apart(before.schedule_id, before.which, text, clock.now())
            if len(found.text) + len(found.reading) > LIMIT_ROW_CHARS:
                raise Permanent("it has more events than can be kept")
            await self._means.edit(lambda draft: _store(draft, found))
            log.info("calendar.changed", schedule_id=before.schedule_id, which=before.which, bytes=len(text))
        return succeeded(before, reply.headers, clock.now())

    async def _note(self, after: Refresh) -> None:
        """Keep the schedule's problems as they are now."""
        where, now = f"{PROBLEM}{after.which}", clock.now()
        if after.error is not None:
            await self._problems.report(after.schedule_id, where, problem_text(after), now)
            return
        await self._problems.clear(after.schedule_id, [where], now)
        row = (await self._means.configuration.tables()).of(Calendar).get(after.id)
        faults = faults_of(row) if row is not None else ()
        if faults:
            text = f"Some events of {where} do not count: {' '.join(faults[:3])}"
            await self._problems.report(after.schedule_id, where + FAULTS, text, now)
        else:
            await self._problems.clear(after.schedule_id, [where + FAULTS], now)


def _text(reply: HttpReply) -> str:
    if reply.status != 200:
        raise Permanent(f"the other side answered {reply.status}")
    if len(reply.body) > LIMIT_BYTES:
        raise Permanent(f"it is larger than {LIMIT_BYTES // 2**20} MiB")
    return text_of(reply.body)


def _store(draft: Draft, row: Calendar) -> None:
    schedule = draft.get(Schedule, row.schedule_id)
    if schedule is not None and getattr(schedule, f"ical_url_{row.which}"):
        draft.put(row)
