"""Maintenance windows: when escalation is held back, for which integrations, routes and labels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, Resource, at_most, named, required
from shared.domain.configuration import Integration, Route
from shared.domain.maintenance import (
    LONGEST_AGAIN_S,
    LONGEST_S,
    MODES,
    SHORTEST_S,
    LabelMatcher,
    MaintenanceWindow,
    next_occurrence,
    occurrence,
)
from shared.domain.recurrence import rule_problem, zone_problem

MAX_NAME, MAX_COMMENT = 150, 1000
MAX_LABELS, MAX_VALUES = 20, 50
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class MaintenanceWindowBody(Body):
    """What a client writes. `starts_at` without an offset is local time in `time_zone`; absent: now.

    `labels` gives for each name one value or several, of which the group must have one.
    """

    name: str | None = None
    mode: str | None = None
    starts_at: str | None = None
    duration: int | None = None
    time_zone: str | None = None
    rrule: str | None = None
    integration_ids: list[str] | None = None
    route_ids: list[str] | None = None
    labels: dict[str, str | list[str]] | None = None
    comment: str | None = None


def show(desk: Desk, row: MaintenanceWindow, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape, with the occurrence that is open now and the next one."""
    open_now, coming = occurrence(row, desk.tools.now), next_occurrence(row, desk.tools.now)
    return {
        "id": row.id,
        "name": row.name,
        "mode": row.mode,
        "starts_at": instant(row.starts_at),
        "duration": row.duration,
        "time_zone": row.time_zone,
        "rrule": row.rrule,
        "integration_ids": list(row.integration_ids),
        "route_ids": list(row.route_ids),
        "labels": {one.name: list(one.values) for one in row.labels},
        "comment": row.comment,
        "author": row.author,
        "is_active": open_now is not None,
        "active_since": instant(open_now.start) if open_now else None,
        "active_until": instant(open_now.end) if open_now else None,
        "next_starts_at": instant(coming.start) if coming else None,
        "stopped_at": instant(row.stopped_at) if row.stopped_at else None,
    }


def select(desk: Desk, query: dict[str, str]) -> list[MaintenanceWindow]:
    """Return windows, oldest first; `integration_id` keeps those that may be about it, `is_active` the open ones."""
    rows = named(desk.draft.all(MaintenanceWindow), query)
    if "integration_id" in query:
        asked = query["integration_id"]
        rows = [one for one in rows if not one.integration_ids or asked in one.integration_ids]
    if "is_active" in query:
        wanted = query["is_active"].lower() in ("true", "1")
        rows = [one for one in rows if (occurrence(one, desk.tools.now) is not None) == wanted]
    return rows


def create(desk: Desk, body: MaintenanceWindowBody) -> MaintenanceWindow:
    """Add a window."""
    row = MaintenanceWindow(
        id=desk.new_id(MaintenanceWindow),
        name=required(body.name, "name"),
        starts_at=desk.tools.now,
        duration=0,
        author=desk.user.username if desk.user is not None else "",
    )
    return _stored(desk, row, body)


def change(desk: Desk, row: MaintenanceWindow, body: MaintenanceWindowBody) -> MaintenanceWindow:
    """Change a window; what it holds back is looked at again at once, and a stop is forgotten with a new time."""
    if body.sent("name"):
        required(body.name, "name")
    return _stored(desk, row, body)


def remove(desk: Desk, row: MaintenanceWindow) -> None:
    """Remove a window; what it holds back escalates."""
    desk.draft.remove(row)


def stop(desk: Desk, row: MaintenanceWindow) -> MaintenanceWindow:
    """End what is open now; later occurrences stay. Nothing happens when none is open."""
    if occurrence(row, desk.tools.now) is None:
        return row
    stopped = row.model_copy(update={"stopped_at": desk.tools.now})
    desk.draft.put(stopped)
    return stopped


def forget_integration(desk: Desk, integration_id: str) -> None:
    """Take an integration that goes, with its routes, out of all windows.

    A window that is left without any goes too: without a name it would be about all integrations.
    """
    routes = {one.id for one in desk.draft.find(Route, "integration_id", integration_id)}
    _forget(desk, {integration_id}, routes)


def forget_route(desk: Desk, route_id: str) -> None:
    """Take a route that goes out of all windows."""
    _forget(desk, set(), {route_id})


def instant(at: datetime) -> str:
    """Return an instant as clients read it: UTC, microseconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _forget(desk: Desk, integrations: set[str], routes: set[str]) -> None:
    for row in desk.draft.all(MaintenanceWindow):
        left = tuple(one for one in row.integration_ids if one not in integrations)
        left_routes = tuple(one for one in row.route_ids if one not in routes)
        if (left, left_routes) == (row.integration_ids, row.route_ids):
            continue
        if bool(left) != bool(row.integration_ids) or bool(left_routes) != bool(row.route_ids):
            desk.draft.remove(row)
        else:
            desk.draft.put(row.model_copy(update={"integration_ids": left, "route_ids": left_routes}))


def _stored(desk: Desk, row: MaintenanceWindow, body: MaintenanceWindowBody) -> MaintenanceWindow:
    changes: dict[str, Any] = {}
    for name in ("name", "mode", "duration", "comment"):
        if getattr(body, name) is not None:
            changes[name] = getattr(body, name)
    if body.sent("comment") and body.comment is None:
        changes["comment"] = ""
    if body.sent("time_zone"):
        changes["time_zone"] = body.time_zone or "UTC"
    if body.sent("rrule"):
        changes["rrule"] = (body.rrule or "").strip().removeprefix("RRULE:")
    changes.update(_scope(desk, body))
    after = row.model_copy(update=changes)
    _check_texts(desk, after)
    if body.starts_at:
        after = after.model_copy(update={"starts_at": _start(body.starts_at, after.time_zone)})
    _check_times(after)
    if (after.starts_at, after.duration, after.rrule) != (row.starts_at, row.duration, row.rrule):
        after = after.model_copy(update={"stopped_at": None})
    desk.draft.put(after)
    return after


def _scope(desk: Desk, body: MaintenanceWindowBody) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if body.sent("integration_ids"):
        changes["integration_ids"] = _existing(desk, Integration, body.integration_ids, "integration_ids")
    if body.sent("route_ids"):
        changes["route_ids"] = _existing(desk, Route, body.route_ids, "route_ids")
    if body.sent("labels"):
        changes["labels"] = _labels(body.labels or {})
    return changes


def _existing(
    desk: Desk, model: type[Integration] | type[Route], ids: list[str] | None, field: str
) -> tuple[str, ...]:
    for one in ids or ():
        if not one:
            raise Invalid.field(field, "An id is empty.")
        desk.existing(model, one, field)
    return tuple(dict.fromkeys(ids or ()))


def _labels(sent: dict[str, str | list[str]]) -> tuple[LabelMatcher, ...]:
    if len(sent) > MAX_LABELS:
        raise Invalid.field("labels", f"No more than {MAX_LABELS} names.")
    found = []
    for name, given in sent.items():
        values = (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))
        if not values or len(values) > MAX_VALUES:
            raise Invalid.field("labels", f"{name}: from 1 to {MAX_VALUES} values.")
        found.append(LabelMatcher(name=name, values=values))
    return tuple(found)


def _start(text: str, zone: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid.field("starts_at", f"Must be a time such as 2026-12-06T02:00:00: {error}.") from error
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(zone))
    if not EARLIEST <= at <= LATEST:
        raise Invalid.field("starts_at", "Must be between the years 2000 and 2100.")
    return at.astimezone(UTC)


def _check_texts(desk: Desk, row: MaintenanceWindow) -> None:
    at_most(row.name, MAX_NAME, "name")
    at_most(row.comment, MAX_COMMENT, "comment")
    if row.mode not in MODES:
        raise Invalid.field("mode", f"Must be one of {', '.join(MODES)}.")
    problem = zone_problem(row.time_zone)
    if problem is not None:
        raise Invalid.field("time_zone", problem)
    for one in desk.draft.find(MaintenanceWindow, "name", row.name):
        if one.id != row.id and one.name == row.name:
            raise Invalid.field("name", "Another maintenance window has this name.")
    for route_id in row.route_ids:
        route = desk.draft.get(Route, route_id)
        if row.integration_ids and route is not None and route.integration_id not in row.integration_ids:
            raise Invalid.field("route_ids", f"Route {route_id} is of an integration that is not named.")


def _check_times(row: MaintenanceWindow) -> None:
    longest = LONGEST_AGAIN_S if row.rrule else LONGEST_S
    if not SHORTEST_S <= row.duration <= longest:
        raise Invalid.field("duration", f"Must be a whole number of seconds from {SHORTEST_S} to {longest}.")
    problem = rule_problem(row.rrule, row.starts_at, row.time_zone) if row.rrule else None
    if problem is not None:
        raise Invalid.field("rrule", problem)


MAINTENANCE_WINDOWS = Resource(
    name="maintenance_windows",
    model=MaintenanceWindow,
    body=MaintenanceWindowBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
