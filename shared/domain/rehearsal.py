"""Plays alerts and actions of people through a configuration on a clock of its own, decided by what decides them live.

Nothing is sent or stored. What templates make is asked of whoever drives the rehearsal: nothing here trusts them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Escalation
from shared.domain.expiring import Installation, circumstances, expire
from shared.domain.group_numbers import numbered
from shared.domain.grouping import Change, fold
from shared.domain.media import RENDERED, media_of
from shared.domain.model import Actor, Alert, Card, Group, Problem
from shared.domain.rehearsal_paging import Ask, Paging, Played, RehearsedCall, RehearsedPage
from shared.domain.rendered_groups import group_rendered, render_job
from shared.domain.routed_alerts import alert_routed, route_job
from shared.domain.states import act, due_at_of
from shared.domain.template_jobs import Rendered, Routed
from shared.domain.watching import Watch
from shared.errors import Permanent
from shared.events import (
    ActionRefused,
    ActionRequested,
    AlertReceived,
    AlertRouted,
    Event,
    GroupEvent,
    derived_id,
)

ACTIONS = ("acknowledge", "unacknowledge", "resolve", "unresolve", "silence", "unsilence", "restart")
# Where links point: a rehearsal has no pages.
PUBLIC_URL = "https://tocsin.invalid"
# So many due times, and it will not come to an end.
MOST_DUE = 10_000
ASSUMPTIONS = (
    "every page is delivered to whom has a verified contact point for it",
    "there is no storm",
    "every setting of the installation has its default",
)
Playing = Generator[Ask, Any, None]


@dataclass(frozen=True)
class Sent:
    """An alert comes."""

    at: datetime
    alert: Alert


@dataclass(frozen=True)
class Acted:
    """Somebody acts on a group: the one that opened as number `group`, from 1; None: the one that opened last.

    `delay_s` is how long a silence lasts, None for ever.
    """

    at: datetime
    action: str
    actor: Actor
    group: int | None = None
    delay_s: int | None = None


@dataclass(frozen=True)
class RehearsedGroup:
    """A group at the end, what every medium shows of it then, and its alerts, oldest first."""

    group: Group
    cards: dict[str, Card]
    alert_ids: tuple[str, ...]


@dataclass(frozen=True)
class Rehearsed:
    """What came of it: groups in the order in which they opened, pages and calls in order, and what went wrong.

    `refused` are actions that the group would not take, and why.
    """

    groups: tuple[RehearsedGroup, ...]
    pages: tuple[RehearsedPage, ...]
    calls: tuple[RehearsedCall, ...]
    refused: tuple[str, ...]
    problems: tuple[Problem, ...]


def rehearse(
    inputs: Sequence[Sent | Acted], config: ConfigSnapshot, began_at: datetime, until: datetime
) -> Generator[Ask, Any, Rehearsed]:
    """Play `inputs` in the order of their times, and everything that falls due, up to and with an instant.

    Yields jobs for a sandbox with the instant at which they are asked; is sent their answers. What falls due at the
    instant of an input comes before it.

    Raises:
        Permanent: more falls due than could ever be looked through.
    """
    playing = _Rehearsal(config, began_at)
    for one in sorted(inputs, key=lambda one: one.at):
        yield from playing.until(one.at)
        if isinstance(one, Sent):
            yield from playing.receive(one)
        else:
            yield from playing.act(one)
    yield from playing.until(until)
    return (yield from playing.outcome(until))


class _Rehearsal:
    """One configuration under way; the groups of each (integration, route, key) in the order in which they opened."""

    def __init__(self, config: ConfigSnapshot, began_at: datetime) -> None:
        self._config = config
        self._began_at = began_at
        self._played = Played()
        self._of_key: dict[tuple[str, str | None, str], list[str]] = {}
        self._paging = Paging(config, self._played)
        self._refused: list[str] = []
        self._problems: dict[Problem, None] = {}
        self._count = 0

    def until(self, at: datetime) -> Playing:
        """Do everything that is due up to an instant, in order; of groups before of escalations."""
        for _ in range(MOST_DUE):
            group, escalation = self._next_group(), self._paging.next_due()
            group_at = due_at_of(group) if group is not None else None
            step_at = escalation.due_at if escalation is not None else None
            if group is not None and group_at is not None and (step_at is None or group_at <= step_at):
                if group_at > at:
                    return
                yield from self._expire(group, max(group_at, self._began_at))
            elif escalation is not None and step_at is not None and step_at <= at:
                yield from self._wake(escalation, step_at)
            else:
                return
        raise Permanent(f"more than {MOST_DUE} steps fall due: let it end earlier")

    def receive(self, sent: Sent) -> Playing:
        """Route an alert and put it into its group."""
        alert, now = sent.alert, sent.at
        self._played.alerts[alert.id] = alert
        received = AlertReceived(
            id=derived_id(alert.id, "received"), time=now, alert=alert, alert_id=alert.id
        )
        answer: Routed = yield route_job(received, self._config), now
        self._note(answer.problems)
        routed = alert_routed(received, answer, self._config, now)
        key = (alert.integration_id, routed.route_id, routed.key)
        for change in self._changes(routed, key, now):
            group = change.group
            ids = self._of_key.setdefault(key, [])
            if group.id not in ids:
                ids.append(group.id)
            self._played.groups[group.id] = group
            self._played.members.setdefault(group.id, []).extend(change.alerts)
            yield from self._tell(change.events, now)

    def act(self, acted: Acted) -> Playing:
        """Let somebody act; what the group refuses is noted."""
        seen = [one for one in self._played.groups.values() if one.seen]
        number = acted.group or len(seen)
        if not 1 <= number <= len(seen):
            self._refused.append(f"{acted.action}: there is no group {number or 1} at that time")
            return
        self._count += 1
        request = ActionRequested(
            id=derived_id("rehearsal", self._count),
            time=acted.at,
            group_id=seen[number - 1].id,
            action=acted.action,
            actor=acted.actor,
            delay_s=acted.delay_s,
        )
        yield from self._apply(request, acted.at)

    def outcome(self, now: datetime) -> Generator[Ask, Any, Rehearsed]:
        """Return what came of it; every group is shown once more, for every medium there is."""
        groups: list[RehearsedGroup] = []
        for one in self._played.groups.values():
            if one.seen:
                shown = yield from self._rendered(one, RENDERED, now)
                ids = tuple(self._played.members.get(one.id, ()))
                groups.append(RehearsedGroup(one, shown.cards, ids))
        return Rehearsed(
            groups=tuple(groups),
            pages=tuple(self._paging.pages),
            calls=tuple(self._paging.calls),
            refused=tuple(self._refused),
            problems=tuple(self._problems),
        )

    def _changes(self, routed: AlertRouted, key: tuple[str, str | None, str], now: datetime) -> list[Change]:
        """Return what an alert does to the groups of its key, new groups with their numbers."""
        integration = self._config.integration_by_id.get(routed.alert.integration_id)
        may_resolve = integration is None or integration.allow_source_based_resolving
        changes: list[Change] = []
        for one in fold([routed], self._newest_of(key), now, may_resolve):
            is_new = one.group.number is None and one.group.seen
            number = 1 + sum(group.seen for group in self._played.groups.values())
            changes.append(numbered(one, number) if is_new else one)
        return changes

    def _newest_of(self, key: tuple[str, str | None, str]) -> Group | None:
        """Return the open group of a key, else the one that opened last."""
        groups = [self._played.groups[id] for id in self._of_key.get(key, ())]
        return next((one for one in groups if one.is_open), groups[-1] if groups else None)

    def _next_group(self) -> Group | None:
        waiting = [(at, one.id) for one in self._played.groups.values() if (at := due_at_of(one)) is not None]
        return self._played.groups[min(waiting)[1]] if waiting else None

    def _expire(self, group: Group, now: datetime) -> Playing:
        around = circumstances(self._config, group.integration_id, Installation())
        integration = self._config.integration_by_id.get(group.integration_id)
        may_resolve = integration is None or integration.allow_source_based_resolving
        watch = Watch(since=self._began_at, until=now)
        after, events = expire(group, now, watch, may_resolve, around.reminders)
        self._played.groups[group.id] = after
        yield from self._tell(events, now)

    def _wake(self, escalation: Escalation, now: datetime) -> Playing:
        for request in (yield from self._paging.wake(escalation, now)):
            yield from self._apply(request, now)

    def _apply(self, request: ActionRequested, now: datetime) -> Playing:
        group = self._played.groups[request.group_id]
        around = circumstances(self._config, group.integration_id, Installation())
        around = replace(around, newer_open=self._newer_open(group))
        after, events = act(request, group, now, around)
        self._played.groups[group.id] = after
        for one in events:
            if isinstance(one, ActionRefused):
                self._refused.append(f"{one.action} by {request.actor}: {one.reason}")
        yield from self._tell(events, now)

    def _newer_open(self, group: Group) -> str | None:
        ids = self._of_key.get((group.integration_id, group.route_id, group.key), ())
        others = (self._played.groups[id] for id in ids if id != group.id)
        return next((one.id for one in others if one.is_open), None)

    def _tell(self, events: Iterable[Event], now: datetime) -> Playing:
        """Render a group after each change, and let its escalation answer."""
        for one in events:
            if not isinstance(one, GroupEvent) or not one.group.seen:
                continue
            shown = yield from self._rendered(one.group, self._media(one.group), now)
            event = group_rendered([one], shown, self._config, now)
            for request in (yield from self._paging.take(event, now)):
                yield from self._apply(request, now)

    def _media(self, group: Group) -> tuple[str, ...]:
        return media_of(self._config.route_by_id.get(group.route_id or ""), self._config)

    def _rendered(self, group: Group, media: tuple[str, ...], now: datetime) -> Generator[Ask, Any, Rendered]:
        alert = self._played.newest_alert(group)
        shown: Rendered = yield render_job(group, alert, self._config, media, PUBLIC_URL), now
        self._note(shown.problems)
        return shown

    def _note(self, problems: Iterable[Problem]) -> None:
        for one in problems:
            self._problems.setdefault(one.model_copy(update={"alert_id": None}))
