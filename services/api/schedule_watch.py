"""Looks after schedules in the background: external calendars are fetched, gaps ahead become problems."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from services.api.calendars import Calendars, Means
from services.api.following import Following
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedule_watch import findings, fingerprint
from shared.service import Io
from shared.store.calendar_refreshes import CalendarRefreshes
from shared.store.configuration import ConfigurationStore
from shared.store.due import SELDOM, DueLoop
from shared.store.mongo import Document
from shared.store.schedule_checks import ScheduleChecks
from shared.store.schedule_problems import ScheduleProblems


class ScheduleWatch:
    """Follows the configuration: whatever changes in a schedule is looked at again at once, by one instance."""

    def __init__(self, io: Io, means: Means) -> None:
        self._configuration: ConfigurationStore = means.configuration
        self._following = Following(io.config, means.configuration, self._follow_version)
        self._problems = ScheduleProblems(io.store)
        self._checks = ScheduleChecks(io.store)
        self._calendars = Calendars(CalendarRefreshes(io.store), self._problems, means)

    def spawn(self, io: Io) -> None:
        """Begin to look."""
        refreshes = self._calendars.refreshes
        io.spawn("schedules", self._follow)
        # The broker is not asked for: a new text is stored, and found by comparing when it cannot be announced.
        fetching = DueLoop(refreshes.collection, self._calendars.refresh, _always, refreshes.claim, SELDOM)
        io.spawn("calendars", fetching.run)
        checking = DueLoop(self._checks.collection, self._check, _always, pace=SELDOM)
        io.spawn("schedule_checks", checking.run)

    async def _follow(self) -> None:
        for one in (self._problems, self._checks, self._calendars.refreshes):
            await one.prepare()
        await self._following.run()

    async def _follow_version(self, config: ConfigSnapshot) -> None:
        now = clock.now()
        fingerprints = await asyncio.to_thread(_fingerprints, config)
        await self._checks.follow(fingerprints, config.version, now)
        await self._calendars.follow(config)
        await self._problems.forget(list(fingerprints), now)

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
