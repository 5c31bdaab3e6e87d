"""Stored alerts into groups again, as one configuration decides: what opens which group, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.domain.behaviour_deeds import Deed
from shared.domain.behaviour_jobs import Decided
from shared.domain.grouping import group
from shared.domain.instances import expire_instances, next_end
from shared.domain.model import Alert, Group
from shared.domain.states import act
from shared.domain.watching import Watch
from shared.events import ActionRequested, AlertRouted, GroupOpened

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


@dataclass
class Opening:
    """A group as it opened, by the alert that opened it; `over_at` is when it was resolved or acknowledged."""

    group: Group
    alert_id: str
    over_at: datetime | None = None


@dataclass
class Replay:
    """The groups of one side: the group of each alert, and how each group opened."""

    group_of: dict[str, str] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)


def replayed(
    records: Sequence[Record], side: Callable[[Record], Outcome], deeds: Sequence[Deed] = ()
) -> Replay:
    """Group alerts, and do to their groups what people did; both must come in the order of their times."""
    playing = _Playing({one.id: one.key_of(side(one)) for one in records})
    done = 0
    for one in records:
        while done < len(deeds) and deeds[done].at <= one.at:
            playing.do(deeds[done])
            done += 1
        playing.join(one, side(one))
    for deed in deeds[done:]:
        playing.do(deed)
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
    """One side under way: the newest group of each key."""

    def __init__(self, keys: dict[str, Key]) -> None:
        self._keys = keys
        self._newest: dict[Key, Group] = {}
        self.replay = Replay()

    def join(self, one: Record, decided: Outcome) -> None:
        """Put an alert into its group."""
        key = self._keys[one.id]
        before = self._newest.get(key)
        if before is not None:
            before = self._expired(before, one.at)
        after, facts = group(_event(one, decided), before, one.at)
        self.replay.group_of[one.id] = after.id
        opened = next((fact for fact in facts if isinstance(fact, GroupOpened)), None)
        if opened is not None:
            self.replay.openings[after.id] = Opening(opened.group, one.id)
        self._end(after.id, after.is_firing, one.at)
        if decided.is_grouped:
            self._newest[key] = after

    def do(self, deed: Deed) -> None:
        """Do what a person did, if the group that holds the alert is still the one that counts."""
        group_id = self.replay.group_of.get(deed.alert_id)
        if group_id is None:
            return
        key = self._keys[deed.alert_id]
        before = self._newest.get(key)
        if before is None:
            # Nothing groups it, so nothing is kept of its group but how it opened.
            self._end(group_id, False, deed.at)
        elif before.id == group_id:
            request = ActionRequested(
                id=f"{group_id} {deed.action}",
                time=deed.at,
                group_id=group_id,
                action=deed.action,
                actor=deed.actor,
            )
            after, _ = act(request, before, deed.at)
            self._newest[key] = after
            self._end(group_id, after.is_firing, deed.at)

    def _expired(self, before: Group, at: datetime) -> Group:
        """Let instances end that were not sent again before the next alert came."""
        ends_at = next_end(before)
        if ends_at is None or ends_at > at:
            return before
        after, _ = expire_instances(before, at, Watch(since=before.opened_at, until=at))
        self._end(after.id, after.is_firing, ends_at)
        return after

    def _end(self, group_id: str, is_firing: bool, at: datetime) -> None:
        """Note when nobody is paged any more for a group."""
        opening = self.replay.openings.get(group_id)
        if opening is not None and opening.over_at is None and not is_firing:
            opening.over_at = at


def _event(one: Record, decided: Outcome) -> AlertRouted:
    alert = Alert.model_construct(
        id=one.id,
        integration_id=one.integration_id,
        received_at=one.at,
        instance=one.instance,
        ends_at=one.ends_at,
    )
    return AlertRouted.model_construct(
        id=one.id,
        time=one.at,
        alert_id=one.id,
        alert=alert,
        route_id=decided.route_id,
        key=decided.key,
        grouping_key=decided.key if decided.is_grouped else None,
        resolve=decided.resolve,
        acknowledge=decided.acknowledge,
        title=decided.title,
        labels=decided.labels,
    )
