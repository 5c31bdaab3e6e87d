"""Maintenance of one integration as OnCall's clients know it: a window that is begun and stopped by hand."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Body, Desk
from services.api.resources.maintenance_windows import instant, stop
from shared.domain.configuration import Integration
from shared.domain.maintenance import (
    LONGEST_S,
    MODES,
    SHORTEST_S,
    MaintenanceWindow,
    is_about_all_of,
    is_over,
    occurrence,
    open_for,
)


class MaintenanceBody(Body):
    """`mode` is debug or maintenance, `duration` in seconds; `comment` is Tocsin's own."""

    mode: str | None = None
    duration: int | None = None
    comment: str | None = None


def shown(desk: Desk, row: Integration) -> dict[str, Any]:
    """Return the fields of the integration: what holds all of it back now."""
    hold = open_for(desk.draft.all(MaintenanceWindow), row.id, desk.tools.now)
    return {
        "maintenance_mode": hold.kind if hold is not None else None,
        "maintenance_started_at": instant(hold.since) if hold is not None else None,
        "maintenance_end_at": instant(hold.until) if hold is not None else None,
    }


def start(desk: Desk, row: Integration, body: MaintenanceBody, author: str) -> None:
    """Begin a window now.

    Raises:
        Refused: 400, something holds all of the integration back already.
        Invalid: the mode or the duration.
    """
    if body.mode not in MODES:
        raise Invalid.field("mode", f"Must be one of {', '.join(MODES)}.")
    if body.duration is None or not SHORTEST_S <= body.duration <= LONGEST_S:
        raise Invalid.field(
            "duration", f"Must be a whole number of seconds from {SHORTEST_S} to {LONGEST_S}."
        )
    hold = open_for(desk.draft.all(MaintenanceWindow), row.id, desk.tools.now)
    if hold is not None:
        raise Refused.because(400, f"The integration is in a {hold.kind} window already: {hold.window}.")
    _forget_past(desk, row)
    desk.draft.put(
        MaintenanceWindow(
            id=desk.new_id(MaintenanceWindow),
            name=_free_name(desk, f"{body.mode.capitalize()} of {row.name}"),
            mode="debug" if body.mode == "debug" else "maintenance",
            starts_at=desk.tools.now,
            duration=body.duration,
            integration_ids=(row.id,),
            comment=body.comment or "",
            author=author,
            is_ad_hoc=True,
        )
    )


def end(desk: Desk, row: Integration) -> None:
    """Stop whatever holds the integration, and only it, back; nothing happens when nothing does.

    Raises:
        Refused: 400, a window that is about other integrations too would have to be stopped.
    """
    for window in desk.draft.all(MaintenanceWindow):
        if is_about_all_of(window, row.id) and occurrence(window, desk.tools.now) is not None:
            if window.integration_ids != (row.id,):
                words = f"The maintenance window {window.name} ({window.id}) is about other integrations too."
                raise Refused.because(400, f"{words} Stop it, or take this integration out of it.")
            stop(desk, window)


def _forget_past(desk: Desk, row: Integration) -> None:
    for window in desk.draft.all(MaintenanceWindow):
        if window.is_ad_hoc and window.integration_ids == (row.id,) and is_over(window, desk.tools.now):
            desk.draft.remove(window)


def _free_name(desk: Desk, title: str) -> str:
    taken = {one.name for one in desk.draft.all(MaintenanceWindow)}
    number = 2
    name = title
    while name in taken:
        name, number = f"{title} ({number})", number + 1
    return name
