"""Whom a group that opens would page under one configuration, with the simulator; what cannot differ is played once."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.domain.behaviour_replay import Opening
from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Group
from shared.domain.simulation import SimulatedLine, simulate
from shared.domain.steps import Question
from shared.events import GroupOpened, GroupRendered

# So far after its opening a group is followed.
HORIZON = timedelta(hours=24)
# Steps that lead to the same at every hour and for every group.
_STEADY = frozenset(
    {"wait", "notify_persons", "notify_team_members", "notify_user_group", "notify_whole_channel"}
    | {"trigger_webhook", "resolve", "repeat_escalation", "raise_importance", "lower_importance"}
)
Asking = Generator[tuple[Question, datetime], Any, tuple["Page", ...]]


class Page(NamedTuple):
    """One page: seconds after the opening, to whom by which channel. `problem`: why it could not arrive."""

    after_s: int
    username: str
    channel: str
    important: bool
    problem: str


class Paging:
    """One configuration; `until` is when nobody looks any more."""

    def __init__(self, config: ConfigSnapshot, until: datetime) -> None:
        self._config = config
        self._until = until
        self._has_hours = any(one.only_between is not None for one in config.rules)
        self._steady: dict[str, tuple[Page, ...]] = {}

    def pages(self, opening: Opening, route_id: str | None) -> Asking:
        """Return the pages of a group that opens by a route, until it is over; yields what steps ask."""
        group = opening.group.model_copy(update={"route_id": route_id})
        route = self._config.route_by_id.get(route_id or "")
        chain_id = route.escalation_chain_id if route is not None else None
        if chain_id is None:
            return ()
        began_at = group.opened_at
        lasts = min(opening.over_at or self._until, self._until, began_at + HORIZON) - began_at
        if not self._is_steady(chain_id, group):
            lines = yield from self._lines(group, began_at + lasts)
            return self._shown(lines, began_at)
        if chain_id not in self._steady:
            whole = yield from self._lines(group, began_at + HORIZON)
            self._steady[chain_id] = self._shown(whole, began_at)
        return tuple(one for one in self._steady[chain_id] if one.after_s <= lasts.total_seconds())

    def _is_steady(self, chain_id: str, group: Group) -> bool:
        steps = self._config.steps_of.get(chain_id, ())
        return (
            not self._has_hours
            and not self._config.windows_of(group.integration_id)
            and all(one.type in _STEADY and one.condition is None for one in steps)
        )

    def _lines(
        self, group: Group, until: datetime
    ) -> Generator[tuple[Question, datetime], Any, tuple[SimulatedLine, ...]]:
        event = GroupRendered(
            id=group.id, time=group.opened_at, group=group, change=GroupOpened.type, subject=group.id
        )
        found = yield from simulate(event, self._config, group.opened_at, until)
        return found.lines

    def _shown(self, lines: tuple[SimulatedLine, ...], began_at: datetime) -> tuple[Page, ...]:
        return tuple(self._page(one, began_at) for one in lines if one.what == "page")

    def _page(self, line: SimulatedLine, began_at: datetime) -> Page:
        user = self._config.user_by_id.get(line.user_id or "")
        return Page(
            after_s=int((line.at - began_at).total_seconds()),
            username=user.username if user is not None else line.user_id or "",
            channel=line.channel or "",
            important=line.important,
            problem=line.problem,
        )
