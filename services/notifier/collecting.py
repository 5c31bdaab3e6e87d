"""Says when a new page goes out: at once, or with others that follow soon, as one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shared import clock
from shared.domain.bundling import place, window_id
from shared.domain.delivery import Delivery
from shared.errors import Transient
from shared.events import Event, NotificationRequested, StageDecided
from shared.store.delivery_windows import DeliveryWindows

ATTEMPTS = 20


class Collecting:
    """Says when a new page goes out."""

    def __init__(self, windows: DeliveryWindows, intervals: Mapping[str, timedelta]) -> None:
        self._windows = windows
        self._intervals = intervals

    async def place(self, row: Delivery) -> tuple[Delivery, Event | None]:
        """Return a new row with its due time; one that is collected says so in its group's timeline.

        Raises:
            Transient: other instances changed the window again and again.
        """
        page = row.event
        every = self._intervals.get(row.channel)
        if every is None or row.due_at is None or not isinstance(page, NotificationRequested):
            return row, None
        if page.digest or page.resolved or page.purpose:
            return row, None
        for _ in range(ATTEMPTS):
            before = await self._windows.get(window_id(page))
            after, found = place(before, page, every, clock.now())
            if after == before or await self._windows.save(before, after):
                placed = row.model_copy(update={"due_at": found.due_at, "bundle": found.bundle})
                vars(placed)["event"] = page
                return placed, None if found.bundle is None else _collected(
                    page, after.until.strftime("%H:%M:%S")
                )
        raise Transient(f"the window {window_id(page)} was changed by others again and again")


def _collected(page: NotificationRequested, until: str) -> Event:
    return StageDecided.following(
        page,
        "collected",
        time=clock.now(),
        stage="notifier",
        group_id=page.group.id,
        decision="collected",
        reason=f"{page.channel} told this person of another group just now: goes out with others at {until} UTC",
    )
