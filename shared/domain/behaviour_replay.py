"""Stored alerts into groups again, as one configuration decides: what opens which group, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from shared.domain.behaviour_deeds import Deed
from shared.domain.behaviour_jobs import Decided
from shared.domain.expiring import expire
from shared.domain.grouping import group
from shared.domain.model import Alert, Group, State
from shared.domain.reminding import NEVER
from shared.domain.states import act, due_at_of
from shared.domain.watching import Watch
from shared.events import ActionRequested, AlertRouted, Event, GroupEvent, GroupOpened

# What is copied for every alert: copies of a model are made five times as fast as models.
_ALERT = Alert(id="", integration_id="", received_at=datetime(1970, 1, 1, tzinfo=UTC))
_ROUTED = AlertRouted.model_construct(id="", time=_ALERT.received_at, alert=_ALERT, key="")
Key = tuple[str, str | None, str]


class Outcome(NamedTuple):
    """What one side decides of an alert, as in `Decided`, but light: there may be a hundred thousand of them."""

    route_id: str | None
    key: str
    is_grouped: bool
    resolve: bool
    acknowledge: bool
    title: str | None
    labels: dict[str, str]


class Outcomes:
    """Makes outcomes that share what is the same in many of them."""

    def __init__(self) -> None:
        self._labels: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._texts: dict[str | None, str | None] = {}

    def of(self, decided: Decided, route_id: str | None) -> Outcome:
        """Return the outcome of an alert that takes this route."""
        return Outcome(
            route_id=self._texts.setdefault(route_id, route_id),
            key=self._texts.setdefault(decided.key, decided.key) or "",
            is_grouped=decided.is_grouped,
            resolve=decided.resolve,
            acknowledge=decided.acknowledge,
            title=self._texts.setdefault(decided.title, decided.title),
            labels=self._labels.setdefault(tuple(decided.labels.items()), decided.labels),
        )


class Record(NamedTuple):
    """What is kept of one alert: `before` and `after` are what each side decides, their routes by the ids before."""

    id: str
    at: datetime
    integration_id: str
    instance: str
    ends_at: datetime | None
    before: Outcome
    after: Outcome

    def key_of(self, decided: Outcome) -> Key:
        """Return what groups the alert."""
        return (self.integration_id, decided.route_id, decided.key)


class Moment(NamedTuple):
    """When a group's state changed: the type of the fact that tells of it, the state after, and its run."""

    at: datetime
    change: str
    state: State
    run: int


@dataclass
class Opening:
    """A group as it opened, by the alert that opened it; its alerts, and what became of its state, in order."""

    group: Group
    alert_id: str
    records: list[Record] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    @property
    def over_at(self) -> datetime | None:
        """When nobody is paged for it any more, for the first time."""
        return next((one.at for one in self.moments if one.state is not State.FIRING), None)

    @property
    def fires_again(self) -> bool:
        """Whether people are paged for it again after that: a silence ended, something was taken back."""
        return any(one.run > self.group.run for one in self.moments)


@dataclass
class Replay:
    """The groups of one side: the group of each alert, and how each group opened."""

    group_of: dict[str, str] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)


def replayed(
    records: Sequence[Record],
    side: Callable[[Record], Outcome],
    deeds: Sequence[Deed] = (),
    until: datetime | None = None,
) -> Replay:
    """Group alerts, and do to their groups what people did; both must come in the order of their times.

    What is due by itself (a silence that ends) is done up to `until`.
    """
    playing = _Playing({one.id: one.key_of(side(one)) for one in records}, {one.alert_id for one in deeds})
    done = 0
    for one in records:
        while done < len(deeds) and deeds[done].at <= one.at:
            playing.do(deeds[done])
            done += 1
        playing.join(one, side(one))
    for deed in deeds[done:]:
        playing.do(deed)
    if until is not None:
        playing.end(until)
    return playing.replay


def dirty_keys(records: Iterable[Record]) -> set[Key]:
    """Return the keys whose groups may differ: those of every alert that is not decided alike on both sides."""
    found: set[Key] = set()
    for one in records:
        if _groups_by(one.before) != _groups_by(one.after):
            found |= {one.key_of(one.before), one.key_of(one.after)}
    return found


def within(records: Iterable[Record], keys: set[Key], side: Callable[[Record], Outcome]) -> Sequence[Record]:
    """Return the alerts that one side puts under these keys."""
    return [one for one in records if one.key_of(side(one)) in keys]


def _groups_by(decided: Outcome) -> tuple[object, ...]:
    return (decided.route_id, decided.key, decided.is_grouped, decided.resolve, decided.acknowledge)


class _Playing:
    """One side under way: the newest group of each key, and of what nothing groups if something was `done` to it."""

    def __init__(self, keys: dict[str, Key], done: set[str]) -> None:
        self._keys = keys
        self._done = done
        self._newest: dict[Key, Group] = {}
        self.replay = Replay()

    def join(self, one: Record, decided: Outcome) -> None:
        """Put an alert into its group."""
        key = self._keys[one.id]
        self._expire(key, one.at)
        after, facts = group(_event(one, decided), self._newest.get(key), one.at)
        self.replay.group_of[one.id] = after.id
        opened = next((fact for fact in facts if isinstance(fact, GroupOpened)), None)
        if opened is not None:
            self.replay.openings[after.id] = Opening(opened.group, one.id)
        opening = self.replay.openings.get(after.id)
        if opening is not None:
            opening.records.append(one)
        self._note(facts, one.at)
        if decided.is_grouped or one.id in self._done:
            self._newest[key] = after

    def do(self, deed: Deed) -> None:
        """Do what a person did, if the group that holds the alert is still the one that counts."""
        key = self._keys.get(deed.alert_id)
        if key is None:
            return
        self._expire(key, deed.at)
        before = self._newest.get(key)
        if before is None or self.replay.group_of.get(deed.alert_id) != before.id:
            return
        request = ActionRequested(
            id=f"{before.id} {deed.action} {deed.at.isoformat()}",
            time=deed.at,
            group_id=before.id,
            action=deed.action,
            actor=deed.actor,
            delay_s=deed.delay_s,
        )
        after, facts = act(request, before, deed.at)
        self._newest[key] = after
        self._note(facts, deed.at)

    def end(self, until: datetime) -> None:
        """Do what is due by itself up to an instant."""
        for key in self._newest:
            self._expire(key, until)

    def _expire(self, key: Key, at: datetime) -> None:
        """Let instances end that were not sent again, and silences whose time is up, up to an instant."""
        before = self._newest.get(key)
        while before is not None and (due_at := due_at_of(before)) is not None and due_at <= at:
            watch = Watch(since=before.opened_at, until=due_at)
            before, facts = expire(before, due_at, watch, may_resolve=True, reminders=NEVER)
            if not facts:
                return
            self._newest[key] = before
            self._note(facts, due_at)

    def _note(self, facts: Iterable[Event], at: datetime) -> None:
        """Keep what became of the state of groups."""
        for fact in facts:
            if not isinstance(fact, GroupEvent) or isinstance(fact, GroupOpened):
                continue
            opening = self.replay.openings.get(fact.group.id)
            if opening is None:
                continue
            last = opening.moments[-1] if opening.moments else None
            standing = (last.state, last.run) if last is not None else (State.FIRING, opening.group.run)
            if standing != (fact.group.state, fact.group.run):
                opening.moments.append(Moment(at, fact.type, fact.group.state, fact.group.run))


def _event(one: Record, decided: Outcome) -> AlertRouted:
    alert = _ALERT.model_copy(
        update={
            "id": one.id,
            "integration_id": one.integration_id,
            "received_at": one.at,
            "instance": one.instance,
            "ends_at": one.ends_at,
        }
    )
    return _ROUTED.model_copy(
        update={
            "id": one.id,
            "time": one.at,
            "alert_id": one.id,
            "alert": alert,
            "route_id": decided.route_id,
            "key": decided.key,
            "grouping_key": decided.key if decided.is_grouped else None,
            "resolve": decided.resolve,
            "acknowledge": decided.acknowledge,
            "title": decided.title,
            "labels": decided.labels,
        }
    )
