"""Whom a group that opens would page under one configuration, by the rehearsal; what cannot differ is played once."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.domain.behaviour_replay import Moment, Opening, Record
from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Alert, Group, State
from shared.domain.rehearsal_paging import Ask, Paging, Played, RehearsedPage
from shared.events import GroupAlertAdded, GroupOpened, GroupRendered

# So far after its opening a group is followed.
HORIZON = timedelta(hours=24)
# An escalation that would never end is cut here.
MOST_DUE = 2000
# Steps that lead to the same at every hour and for every group.
_STEADY = frozenset(
    {"wait", "notify_persons", "notify_team_members", "notify_user_group", "notify_whole_channel"}
    | {"trigger_webhook", "resolve", "repeat_escalation", "raise_importance", "lower_importance"}
)
COUNTING = "notify_if_num_alerts_in_window"
Asking = Generator[Ask, Any, tuple["Page", ...]]


class Page(NamedTuple):
    """One page: seconds after the opening, to whom by which channel. `problem`: why it could not arrive."""

    after_s: int
    username: str
    channel: str
    important: bool
    problem: str


class Pages:
    """One configuration; `until` is when nobody looks any more."""

    def __init__(self, config: ConfigSnapshot, until: datetime) -> None:
        self._config = config
        self._until = until
        self._has_hours = any(one.only_between is not None for one in config.rules)
        self._steady: dict[str, tuple[Page, ...]] = {}

    def of(self, opening: Opening, route_id: str | None) -> Asking:
        """Return the pages of a group that opens by a route; yields what only a sandbox can answer.

        What is yielded knows no payload: whoever answers puts that of the group's newest alert into it.
        """
        group = opening.group.model_copy(update={"route_id": route_id})
        chain_id = self._chain_of(route_id)
        if chain_id is None:
            return ()
        began_at, until = group.opened_at, min(self._until, group.opened_at + HORIZON)
        if opening.fires_again or not self._is_steady(chain_id, group):
            return (yield from self._played(opening, group, until))
        if chain_id not in self._steady:
            alone = Opening(opening.group, opening.alert_id)
            self._steady[chain_id] = yield from self._played(alone, group, began_at + HORIZON)
        lasts_s = (min(opening.over_at or until, until) - began_at).total_seconds()
        return tuple(one for one in self._steady[chain_id] if one.after_s <= lasts_s)

    def looks_at_alerts(self, route_id: str | None) -> bool:
        """Whether it matters to the chain of a route which alerts a group has besides the one that opened it."""
        steps = self._config.steps_of.get(self._chain_of(route_id) or "", ())
        return any(one.type == COUNTING or one.condition is not None for one in steps)

    def _chain_of(self, route_id: str | None) -> str | None:
        route = self._config.route_by_id.get(route_id or "")
        return route.escalation_chain_id if route is not None else None

    def _is_steady(self, chain_id: str, group: Group) -> bool:
        steps = self._config.steps_of.get(chain_id, ())
        return (
            not self._has_hours
            and not self._config.windows_of(group.integration_id)
            and all(one.type in _STEADY and one.condition is None for one in steps)
        )

    def _played(self, opening: Opening, group: Group, until: datetime) -> Asking:
        """Play all that becomes of a group, and its escalation with it."""
        story = _Story(opening, group)
        paging = Paging(self._config, story.played)
        for at, change in story.changes(with_alerts=self.looks_at_alerts(group.route_id)):
            if at > until:
                break
            yield from _woken(paging, at)
            yield from paging.take(story.told(at, change), at)
        yield from _woken(paging, until)
        return tuple(self._told(one, group.opened_at) for one in paging.pages if not one.purpose)

    def _told(self, page: RehearsedPage, began_at: datetime) -> Page:
        user = self._config.user_by_id.get(page.user_id)
        return Page(
            after_s=int((page.at - began_at).total_seconds()),
            username=user.username if user is not None else page.user_id,
            channel=page.channel,
            important=page.important,
            problem=page.problem,
        )


def _woken(paging: Paging, at: datetime) -> Generator[Ask, Any, None]:
    """Do what is due in the escalation up to an instant."""
    for _ in range(MOST_DUE):
        due = paging.next_due()
        if due is None or due.due_at is None or due.due_at > at:
            return
        yield from paging.wake(due, due.due_at)


class _Story:
    """What happens to a group, as its escalation is told of it; `played` is what was told so far."""

    def __init__(self, opening: Opening, group: Group) -> None:
        self.played = Played()
        self._opening = opening
        self._group = group
        for first in opening.records[:1]:
            self._add(first)

    def changes(self, *, with_alerts: bool) -> Iterator[tuple[datetime, Record | Moment | None]]:
        """Yield everything in order, None for the opening; alerts that join only if they matter."""
        later: list[Record | Moment] = list(self._opening.moments)
        if with_alerts:
            later = [*self._opening.records[1:], *later]
        yield self._opening.group.opened_at, None
        yield from ((one.at, one) for one in sorted(later, key=lambda one: one.at))

    def told(self, at: datetime, change: Record | Moment | None) -> GroupRendered:
        """Let something happen, and return what tells of it."""
        changes: dict[str, Any] = {"version": self._group.version + 1}
        kind = GroupOpened.type
        if isinstance(change, Record):
            kind = GroupAlertAdded.type
            self._add(change)
            count = self._group.alerts_count + 1
            changes |= {"last_alert_id": change.id, "last_alert_at": at, "alerts_count": count}
        elif change is not None:
            kind = change.change
            changes |= {"run": change.run, **_standing(change)}
        group = self._group = self._group.model_copy(update=changes)
        self.played.groups[group.id] = group
        return GroupRendered(
            id=f"{group.id} {group.version}", time=at, group=group, change=kind, subject=group.id
        )

    def _add(self, record: Record) -> None:
        alert = Alert.model_construct(
            id=record.id, integration_id=record.integration_id, received_at=record.at
        )
        self.played.alerts[record.id] = alert
        self.played.members.setdefault(self._group.id, []).append(record.id)


def _standing(moment: Moment) -> dict[str, datetime | None]:
    """Return the fields that make a group's state."""
    fields = {
        State.RESOLVED: "resolved_at",
        State.ACKNOWLEDGED: "acknowledged_at",
        State.SILENCED: "silenced_at",
    }
    return {name: moment.at if moment.state is state else None for state, name in fields.items()}
