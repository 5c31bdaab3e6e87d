"""Replays stored alerts through two configurations and tells, as it finds out, what would become otherwise."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.api.behaviour_answers import Answering
from services.api.behaviour_lines import Line, Telling
from services.api.behaviour_past import Past, Span, Stored
from services.api.group_shapes import instant
from shared import clock
from shared.domain.behaviour_deeds import Deed
from shared.domain.behaviour_jobs import Behaviour, BehaviourJob
from shared.domain.behaviour_pages import Page, Pages
from shared.domain.behaviour_replay import (
    Opening,
    Outcome,
    Outcomes,
    Record,
    Replay,
    dirty_keys,
    replayed,
    within,
)
from shared.domain.behaviour_scope import Scope, scopes
from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Alert
from shared.sandbox import Sandbox

# Beside what a worker is asked, one page waits for each of them, so that none is idle while answers are told.
ASKED_AT_ONCE = 4
ASSUMPTIONS = (
    "every page is delivered, and there is no storm",
    "whoever is asked in turn begins with the first one",
    "no group was open before, none is attached to another, and nobody is reminded of an acknowledge",
)
Tell = Callable[[Line], Awaitable[None]]


@dataclass
class Tally:
    """What was found so far; `ended_early` says why not everything was looked at."""

    alerts: int = 0
    affected: set[str] = field(default_factory=set)
    by_change: Counter[str] = field(default_factory=Counter)
    ended_early: str = ""


@dataclass(frozen=True)
class Asked:
    """A page of alerts, what is asked about them, and where the answers will be."""

    page: Sequence[Alert]
    jobs: Sequence[BehaviourJob]
    answers: asyncio.Future[list[Behaviour]]


class BehaviourRun:
    """One comparison of the configuration as it is with a candidate."""

    def __init__(
        self, stored: Stored, sandbox: Sandbox, configs: tuple[ConfigSnapshot, ConfigSnapshot], span: Span
    ) -> None:
        self._sandbox = sandbox
        self._configs = configs
        self._span = span
        self._scopes = scopes(*configs)
        self._past = Past(stored, list(self._scopes), span)
        self._answering = Answering(stored.alerts, sandbox)
        self._telling = Telling(*configs)
        self._outcomes = Outcomes()
        self._records: list[Record] = []
        self._tally = Tally()

    async def run(self, tell: Tell) -> None:
        """Tell `progress`, a line for each change of an alert, and a `summary` as the last.

        Raises:
            Unavailable: the database is away.
            Transient: no worker process for templates can be started.
        """
        began_s = clock.monotonic_s()
        total = await self._past.count()
        await tell({"progress": {"read": 0, "of": total}})
        try:
            async with asyncio.timeout(self._span.limit_s):
                if self._scopes:
                    await self._read(tell, total)
                if any(one.is_grouped for one in self._scopes.values()):
                    await self._group(tell)
        except TimeoutError:
            self._tally.ended_early = f"it took longer than {self._span.limit_s:g} s"
        await tell({"summary": self._summary(total, clock.monotonic_s() - began_s)})

    async def _read(self, tell: Tell, total: int) -> None:
        """Compare the alerts of the integrations in question, oldest first.

        Several pages are on their way at once, and told in their order.
        """
        pages = self._past.pages()
        asked: deque[Asked] = deque()
        try:
            async for page in pages:
                jobs = [job for one in page if (job := self._job(one)) is not None]
                asked.append(Asked(page, jobs, asyncio.ensure_future(self._ask(jobs))))
                if len(asked) >= ASKED_AT_ONCE:
                    await self._take(asked[0], tell, total)
                    asked.popleft()
                if self._tally.alerts + sum(len(one.page) for one in asked) >= self._span.most_alerts:
                    break
            while asked:
                await self._take(asked[0], tell, total)
                asked.popleft()
            if total > self._tally.alerts >= self._span.most_alerts:
                self._tally.ended_early = f"there are more than {self._span.most_alerts} alerts"
        finally:
            for one in asked:
                one.answers.cancel()
            await asyncio.gather(*(one.answers for one in asked), return_exceptions=True)
            await pages.aclose()

    async def _take(self, asked: Asked, tell: Tell, total: int) -> None:
        """Tell what the two configurations make of a page of alerts."""
        for one in asked.page:
            if self._scopes[one.integration_id].after is None and not one.is_demo:
                await self._change(tell, self._telling.refused(one.id, one.integration_id, one.received_at))
        for job, behaviour in zip(asked.jobs, await asked.answers, strict=True):
            scope = self._scopes[job.alert.integration_id]
            record = self._record(job.alert, behaviour, scope)
            if scope.is_grouped:
                self._records.append(record)
            for line in self._telling.decided(record, behaviour, scope):
                await self._change(tell, line)
        self._tally.alerts += len(asked.page)
        await tell({"progress": {"read": self._tally.alerts, "of": total}})

    def _job(self, alert: Alert) -> BehaviourJob | None:
        """Return what is asked about an alert; of demos, and of what is gone, nothing is."""
        comparison = self._scopes[alert.integration_id].comparison
        return None if alert.is_demo or comparison is None else BehaviourJob(alert, comparison)

    async def _ask(self, jobs: Sequence[BehaviourJob]) -> list[Behaviour]:
        return await self._sandbox.behaviour(jobs, jobs[-1].alert.received_at) if jobs else []

    def _record(self, alert: Alert, behaviour: Behaviour, scope: Scope) -> Record:
        before = self._outcomes.of(behaviour.before, behaviour.before.route_id)
        after = before
        if behaviour.after is not None:
            after = self._outcomes.of(behaviour.after, scope.route_before(behaviour.after.route_id))
        return Record(
            id=alert.id,
            at=alert.received_at,
            integration_id=alert.integration_id,
            instance=alert.instance,
            ends_at=alert.ends_at,
            before=before,
            after=before if after == before else after,
        )

    async def _group(self, tell: Tell) -> None:
        """Group the alerts again where that may differ, and play the chains of the groups that open."""
        deeds = await self._past.deeds()
        before, after, moved = await asyncio.to_thread(self._replayed, deeds)
        for record in moved:
            await self._change(tell, self._telling.grouped(record, before, after))
        paging = tuple(Pages(one, self._span.until) for one in self._configs)
        for id in {**before.openings, **after.openings}:
            was, will = before.openings.get(id), after.openings.get(id)
            if was is not None and will is not None and not self._may_page_otherwise(was, will, paging):
                continue
            pages: tuple[Page, ...] = ()
            others: tuple[Page, ...] = ()
            if was is not None:
                pages = await self._answering.pages(paging[0], was, was.group.route_id)
            if will is not None:
                others = await self._answering.pages(paging[1], will, self._route_after(will))
            opening = will or was
            if opening is not None and pages != others:
                await self._change(tell, self._telling.paged(opening, pages, others))
            await asyncio.sleep(0)

    def _replayed(self, deeds: Sequence[Deed]) -> tuple[Replay, Replay, list[Record]]:
        """Return the groups of both sides as far as something may differ, and the alerts that are in another one."""
        records = sorted(self._records, key=lambda one: (one.at, one.id))
        dirty, until = dirty_keys(records), self._span.until
        before = replayed(within(records, dirty, _before), _before, deeds, until)
        after = replayed(within(records, dirty, _after), _after, deeds, until)
        moved = [one for one in records if before.group_of.get(one.id) != after.group_of.get(one.id)]
        alike = [
            one
            for one in records
            if one.key_of(one.before) not in dirty
            and one.before.route_id in self._scopes[one.integration_id].pages
        ]
        both = replayed(alike, _before, deeds, until)
        before.openings.update(both.openings)
        after.openings.update(both.openings)
        return before, after, moved

    def _may_page_otherwise(self, was: Opening, will: Opening, paging: Sequence[Pages]) -> bool:
        if _standing(was) != _standing(will):
            return True
        if was.group.route_id in self._scopes[was.group.integration_id].pages:
            return True
        looks = paging[0].looks_at_alerts(was.group.route_id) or paging[1].looks_at_alerts(
            self._route_after(will)
        )
        return looks and [one.id for one in was.records] != [one.id for one in will.records]

    def _route_after(self, opening: Opening) -> str | None:
        return self._scopes[opening.group.integration_id].route_after(opening.group.route_id)

    async def _change(self, tell: Tell, line: Line) -> None:
        self._tally.affected.add(line["alert_id"])
        self._tally.by_change[line["change"]] += 1
        await tell(line)

    def _summary(self, total: int, took_s: float) -> dict[str, Any]:
        tally = self._tally
        return {
            "since": instant(self._span.since),
            "until": instant(self._span.until),
            "integrations": len(self._scopes),
            "alerts": tally.alerts,
            "of": total,
            "affected": len(tally.affected),
            "changes": dict(tally.by_change),
            "ended_early": tally.ended_early or None,
            "took_s": round(took_s, 1),
            "assumptions": ASSUMPTIONS,
        }


def _before(record: Record) -> Outcome:
    return record.before


def _after(record: Record) -> Outcome:
    return record.after


def _standing(opening: Opening) -> tuple[object, ...]:
    """Return what of an opened group has a say in whom it pages."""
    group = opening.group
    return (group.route_id, group.labels, group.title, group.opened_at, opening.moments)
