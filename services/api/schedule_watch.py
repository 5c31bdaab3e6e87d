"""Looks after schedules in the background: external calendars are fetched, gaps ahead become problems."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from services.api.calendars import Calendars, Means
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedule_watch import findings, fingerprint
from shared.errors import Unavailable
from shared.service import Io
from shared.store.calendar_refreshes import CalendarRefreshes
from shared.store.configuration import ConfigurationStore
from shared.store.due import SELDOM_S, DueLoop
from shared.store.mongo import Document
from shared.store.schedule_checks import ScheduleChecks
from shared.store.schedule_problems import ScheduleProblems

log = structlog.get_logger(__name__)
LOOK_AGAIN_S = 10.0
AGAIN_S = 1.0


class ScheduleWatch:
    """Follows the configuration: whatever changes in a schedule is looked at again at once, by one instance."""

    def __init__(self, io: Io, means: Means) -> None:
        self._configuration: ConfigurationStore = means.configuration
        self._problems = ScheduleProblems(io.store)
        self._checks = ScheduleChecks(io.store)
        self._calendars = Calendars(CalendarRefreshes(io.store), self._problems, means)
        self._changed = asyncio.Event()
        self._followed = -1
        io.config.on_change(lambda _: self._changed.set())

    def spawn(self, io: Io) -> None:
        """Begin to look."""
        refreshes = self._calendars.refreshes
        io.spawn("schedules", self._follow)
        # The broker is not asked for: a new text is stored, and found by comparing when it cannot be announced.
        fetching = DueLoop(refreshes.collection, self._calendars.refresh, _always, refreshes.claim, SELDOM_S)
        io.spawn("calendars", fetching.run)
        checking = DueLoop(self._checks.collection, self._check, _always, look_every_s=SELDOM_S)
        io.spawn("schedule_checks", checking.run)

    async def _follow(self) -> None:
        for one in (self._problems, self._checks, self._calendars.refreshes):
            await one.prepare()
        while True:
            self._changed.clear()
            wait_s = LOOK_AGAIN_S
            try:
                await self._follow_once()
            except Unavailable as error:
                log.warning("schedules.unreachable", reason=error.reason)
                wait_s = AGAIN_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _follow_once(self) -> None:
        config = await self._configuration.load()
        if config.version == self._followed:
            return
        now = clock.now()
        fingerprints = await asyncio.to_thread(_fingerprints, config)
        await self._checks.follow(fingerprints, config.version, now)
        await self._calendars.follow(config)
        await self._problems.forget(list(fingerprints), now)
        self._followed = config.version

    async def _check(self, documents: Sequence[Document]) -> None:
        """Look over claimed schedules; one that cannot be is told of when the others are done."""
        failures: list[BaseException] = []
        for document in documents:
            (failure,) = await asyncio.gather(self._check_one(document), return_exceptions=True)
            failures += [failure] if failure is not None else []
        if failures:
            raise failures[0]

    async def _check_one(self, document: Document) -> None:
        """Look a schedule over in a thread: a month of a big one takes a while."""
        config, now = await self._configuration.load(), clock.now()
        if document["_id"] in config.schedule_by_id:
            await self._note(document["_id"], config, now)
        await self._checks.done(document, now)

    async def _note(self, schedule_id: str, config: ConfigSnapshot, now: datetime) -> None:
        found = await asyncio.to_thread(findings, config, schedule_id, now)
        for where, sentence in found.items():
            if sentence is not None:
                await self._problems.report(schedule_id, where, sentence, now)
        fine = [where for where, sentence in found.items() if sentence is None]
        await self._problems.clear(schedule_id, fine, now)


def _fingerprints(config: ConfigSnapshot) -> dict[str, str]:
    return {one.id: fingerprint(config, one) for one in config.schedules}


def _always() -> bool:
    return True
