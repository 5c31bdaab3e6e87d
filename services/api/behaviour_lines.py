"""The lines of a behavioural plan: each says one thing that would become otherwise for one alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from services.api.group_shapes import instant
from shared.domain.behaviour_jobs import Behaviour, Side
from shared.domain.behaviour_pages import Page
from shared.domain.behaviour_replay import Opening, Record, Replay
from shared.domain.behaviour_scope import Scope
from shared.domain.configuration import ConfigSnapshot

MOST_PAGES_TOLD = 20
Line = dict[str, Any]


class Telling:
    """Makes the lines of one comparison."""

    def __init__(self, before: ConfigSnapshot, after: ConfigSnapshot) -> None:
        self._before = before
        self._after = after
        # The lines of one alert follow each other.
        self._instant: tuple[datetime | None, str | None] = (None, None)

    def decided(self, record: Record, behaviour: Behaviour, scope: Scope) -> Iterator[Line]:
        """Yield what the templates decide and show otherwise."""
        was, will = record.before, record.after
        if behaviour.failure:
            yield self._line(record, "not_evaluated", None, behaviour.failure)
        if was.route_id != will.route_id and scope.after is not None:
            place = self._place(scope.before, was.route_id, self._before)
            yield self._line(
                record,
                "route",
                place,
                self._place(scope.after, scope.route_after(will.route_id), self._after),
            )
        if was.labels != will.labels:
            yield self._line(record, "labels", was.labels, will.labels)
        for name in ("resolve", "acknowledge"):
            if getattr(was, name) != getattr(will, name):
                yield self._line(record, "signal", getattr(was, name), getattr(will, name), name)
        for text in behaviour.texts:
            yield self._line(record, "text", text.before, text.after, text.where)

    def refused(self, alert_id: str, integration_id: str, at: datetime) -> Line:
        """Return that an integration would be gone."""
        return self._of(alert_id, integration_id, at, ("integration", self._name(integration_id), None, ""))

    def grouped(self, record: Record, before: Replay, after: Replay) -> Line:
        """Return that an alert is in another group: each is told by the alert that opens it, None where none does."""
        was, will = (_opener(replay, record.id) for replay in (before, after))
        return self._line(record, "group", was, will)

    def paged(self, opening: Opening, before: Sequence[Page], after: Sequence[Page]) -> Line:
        """Return that the group which an alert opens pages otherwise."""
        group = opening.group
        shown = [[one._asdict() for one in pages[:MOST_PAGES_TOLD]] for pages in (before, after)]
        return self._of(
            opening.alert_id, group.integration_id, group.opened_at, ("pages", shown[0], shown[1], "")
        )

    def _line(self, record: Record, change: str, was: Any, will: Any, where: str = "") -> Line:
        return self._of(record.id, record.integration_id, record.at, (change, was, will, where))

    def _of(self, alert_id: str, integration_id: str, at: datetime, what: tuple[str, Any, Any, str]) -> Line:
        change, was, will, where = what
        if self._instant[0] != at:
            self._instant = (at, instant(at))
        return {
            "change": change,
            "alert_id": alert_id,
            "received_at": self._instant[1],
            "integration": self._name(integration_id),
            "where": where,
            "from": was,
            "to": will,
        }

    def _name(self, integration_id: str) -> str:
        found = self._before.integration_by_id.get(integration_id)
        return found.name if found is not None else integration_id

    def _place(self, side: Side, route_id: str | None, config: ConfigSnapshot) -> str | None:
        """Return a route as people know it: its place and where it leads."""
        for place, one in enumerate(side.routes, start=1):
            if one.id == route_id:
                chain = config.chain_by_id.get(one.escalation_chain_id or "")
                name = "default route" if one.is_default else f"route {place}"
                return f"{name} ({chain.name if chain is not None else 'no chain'})"
        return None


def _opener(replay: Replay, alert_id: str) -> str | None:
    opening = replay.openings.get(replay.group_of.get(alert_id, ""))
    return opening.alert_id if opening is not None else None
