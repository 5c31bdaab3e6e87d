"""Says when a new page goes out: at once, or with others that follow soon, as one message."""

from __future__ import annotations

from collections.abc import Mapping

from shared import clock
from shared.domain.bundling import Pace, Window, place, window_id
from shared.domain.delivery import Delivery
from shared.errors import Transient
from shared.events import Event, NotificationRequested, StageDecided
from shared.store.delivery_windows import DeliveryWindows

ATTEMPTS = 20


class Collecting:
    """Says when a new page goes out."""

    def __init__(self, windows: DeliveryWindows, paces: Mapping[str, Pace]) -> None:
        self._windows = windows
        self._paces = paces

    async def place(self, row: Delivery) -> tuple[Delivery, Event | None]:
        """Return a new row with its due time; one that is collected says so in its group's timeline.

        Raises:
            Transient: other instances changed the window again and again.
        """
        page = row.event
        pace = self._paces.get(row.channel)
        if pace is None or row.due_at is None or not isinstance(page, NotificationRequested):
            return row, None
        if page.digest or page.resolved or page.purpose or row.webhook_id is not None:
            return row, None
        for _ in range(ATTEMPTS):
            before = await self._windows.get(window_id(page))
            after, found = place(before, page, pace, clock.now())
            if after == before or await self._windows.save(before, after):
                placed = row.model_copy(update={"due_at": found.due_at, "bundle": found.bundle})
                vars(placed)["event"] = page
                return placed, None if found.bundle is None else _collected(page, after, pace)
        raise Transient(f"the window {window_id(page)} was changed by others again and again")


def _collected(page: NotificationRequested, window: Window, pace: Pace) -> Event:
    until = f"goes out with others at {window.until:%H:%M:%S} UTC"
    why = f"{page.channel} told this person of another group just now"
    if window.limited and pace.limit is not None:
        minutes = int(pace.limit.within.total_seconds() // 60)
        why = (
            f"held by throttle: this person got {pace.limit.messages} by {page.channel} within {minutes} min"
        )
    return StageDecided.following(
        page,
        "collected",
        time=clock.now(),
        stage="notifier",
        group_id=page.group.id,
        decision="throttled" if window.limited else "collected",
        reason=f"{why}, {until}",
    )
