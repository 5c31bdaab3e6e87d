"""Replays stored alerts through two configurations and tells, as it finds out, what would become otherwise."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.api.behaviour_answers import Answering
from services.api.behaviour_lines import Line, Telling
from services.api.group_shapes import instant
from shared import clock
from shared.domain.behaviour_deeds import Deed
from shared.domain.behaviour_jobs import Behaviour, BehaviourJob
from shared.domain.behaviour_pages import Page, Paging
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
from shared.domain.media import media_of
from shared.domain.model import Alert
from shared.sandbox import Sandbox
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts

# So many alerts are read at once; each of the two worker processes gets half of them.
AT_ONCE = 256
Tell = Callable[[Line], Awaitable[None]]


@dataclass(frozen=True)
class Span:
    """Which alerts are looked at, and how long it may take: from `since` on and before `until`."""

    since: datetime
    until: datetime
    most_alerts: int
    limit_s: float


@dataclass(frozen=True)
class Stored:
    """Where the past is read."""

    alerts: Alerts
    groups: AlertGroups


@dataclass
class Tally:
    """What was found so far; `ended_early` says why not everything was looked at."""

    alerts: int = 0
    affected: set[str] = field(default_factory=set)
    by_change: Counter[str] = field(default_factory=Counter)
    ended_early: str = ""


class BehaviourRun:
    """One comparison of the configuration as it is with a candidate."""

    def __init__(
        self, stored: Stored, sandbox: Sandbox, configs: tuple[ConfigSnapshot, ConfigSnapshot], span: Span
    ) -> None:
        self._alerts = stored.alerts
        self._groups = stored.groups
        self._sandbox = sandbox
        self._configs = configs
        self._span = span
        self._scopes = scopes(*configs)
        self._telling = Telling(*configs)
        self._media = {one.id: frozenset(media_of(one, configs[1])) for one in configs[1].routes}
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
        span, ids = self._span, list(self._scopes)
        total = await self._alerts.count_received(ids, span.since, span.until) if ids else 0
        await tell({"progress": {"read": 0, "of": total}})
        try:
            async with asyncio.timeout(span.limit_s):
                if ids:
                    await self._read(tell, total)
                    await self._group(tell)
        except TimeoutError:
            self._tally.ended_early = f"it took longer than {span.limit_s:g} s"
        await tell({"summary": self._summary(total, clock.monotonic_s() - began_s)})

    async def _read(self, tell: Tell, total: int) -> None:
        """Compare the alerts of the integrations in question, oldest first; the next are read meanwhile."""
        at_last: list[Alert] = []
        page = await self._page(self._span.since, at_last)
        while page:
            last = _whole_ms(page[-1].received_at)
            at_last = [one for one in (*at_last, *page) if one.received_at >= last]
            reading = asyncio.ensure_future(self._page(last, at_last))
            try:
                await self._compare(page, tell)
                self._tally.alerts += len(page)
                await tell({"progress": {"read": self._tally.alerts, "of": total}})
                page = await reading
            finally:
                reading.cancel()
            if page and self._tally.alerts >= self._span.most_alerts:
                self._tally.ended_early = f"there are more than {self._span.most_alerts} alerts"
                return

    async def _page(self, since: datetime, seen: Sequence[Alert]) -> list[Alert]:
        ids = [one.id for one in seen]
        return await self._alerts.received(list(self._scopes), since, self._span.until, AT_ONCE, ids)

    async def _compare(self, page: Sequence[Alert], tell: Tell) -> None:
        for one in page:
            if self._scopes[one.integration_id].after is None and not one.is_demo:
                await self._change(tell, self._telling.refused(one.id, one.integration_id, one.received_at))
        jobs = [job for one in page if (job := self._job(one)) is not None]
        middle = (len(jobs) + 1) // 2
        halves = await asyncio.gather(*(self._ask(half) for half in (jobs[:middle], jobs[middle:])))
        for job, behaviour in zip(jobs, (one for half in halves for one in half), strict=True):
            scope = self._scopes[job.alert.integration_id]
            record = self._record(job.alert, behaviour, scope)
            self._records.append(record)
            shown = self._media.get(scope.route_after(record.after.route_id) or "", frozenset({"web"}))
            for line in self._telling.decided(record, behaviour, scope, shown):
                await self._change(tell, line)

    def _job(self, alert: Alert) -> BehaviourJob | None:
        """Return what is asked about an alert; of demos, and of what is gone, nothing is."""
        scope = self._scopes[alert.integration_id]
        if alert.is_demo or scope.after is None:
            return None
        return BehaviourJob.model_construct(
            alert=alert, before=scope.before, after=scope.after, media=scope.media, number=0
        )

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
        deeds = await self._deeds()
        before, after, moved = await asyncio.to_thread(self._replayed, deeds)
        for record in moved:
            await self._change(tell, self._telling.grouped(record, before, after))
        paging = [Paging(one, self._span.until) for one in self._configs]
        answering = Answering(self._alerts, self._sandbox, self._configs)
        for id in {**before.openings, **after.openings}:
            was, will = before.openings.get(id), after.openings.get(id)
            if was is not None and will is not None and not self._may_page_otherwise(was, will):
                continue
            pages = await answering.pages(paging[0], was, was.group.route_id) if was is not None else ()
            others: tuple[Page, ...] = ()
            if will is not None:
                scope = self._scopes[will.group.integration_id]
                others = await answering.pages(paging[1], will, scope.route_after(will.group.route_id))
            opening = will or was
            if opening is not None and pages != others:
                await self._change(tell, self._telling.paged(opening, pages, others))
            await asyncio.sleep(0)

    async def _deeds(self) -> list[Deed]:
        """Return what people did to the groups that opened meanwhile, in order."""
        found: list[Deed] = []
        until, at_last = self._span.until, list[str]()
        while True:
            opened = (self._span.since, until)
            page = await self._groups.handled(list(self._scopes), opened, AT_ONCE, at_last)
            if not page:
                return sorted(found, key=lambda one: one.at)
            found += [deed for *_, one in page for deed in one.deeds()]
            last = page[-1][1]
            at_last = [id for id, at, _ in page if at == last] + (at_last if last == until else [])
            until = last

    def _replayed(self, deeds: Sequence[Deed]) -> tuple[Replay, Replay, list[Record]]:
        """Return the groups of both sides as far as something may differ, and the alerts that are in another one."""
        records = sorted(self._records, key=lambda one: (one.at, one.id))
        dirty = dirty_keys(records)
        before = replayed(within(records, dirty, _before), _before, deeds)
        after = replayed(within(records, dirty, _after), _after, deeds)
        moved = [one for one in records if before.group_of.get(one.id) != after.group_of.get(one.id)]
        alike = [
            one
            for one in records
            if one.key_of(one.before) not in dirty
            and one.before.route_id in self._scopes[one.integration_id].pages
        ]
        both = replayed(alike, _before, deeds)
        before.openings.update(both.openings)
        after.openings.update(both.openings)
        return before, after, moved

    def _may_page_otherwise(self, was: Opening, will: Opening) -> bool:
        is_alike = _standing(was) == _standing(will)
        return not is_alike or was.group.route_id in self._scopes[was.group.integration_id].pages

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
        }


def _before(record: Record) -> Outcome:
    return record.before


def _after(record: Record) -> Outcome:
    return record.after


def _standing(opening: Opening) -> tuple[object, ...]:
    """Return what of an opened group has a say in whom it pages."""
    group = opening.group
    return (group.route_id, group.labels, group.title, group.opened_at, opening.over_at)


def _whole_ms(at: datetime) -> datetime:
    """Return an instant as the database compares it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
