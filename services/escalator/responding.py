"""Direct pages: load, decide, save, and decide again who lost a race; and what is due of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared import clock
from shared.bus.publisher import Encoded
from shared.domain.configuration import ConfigSnapshot
from shared.domain.direct_pages import DirectPages, direct_page_failed, respond, wake_pages
from shared.domain.purposes import DIRECT
from shared.errors import Transient
from shared.events import Event, GroupRendered, NotificationFailed, NotificationUnknown
from shared.live_configuration import LiveConfiguration
from shared.store.direct_pages import DirectPageStore, PagesWrite, read
from shared.store.mongo import Document
from shared.telling import Row, Telling
from shared.told import Told

ATTEMPTS = 20
Encode = Callable[[Event], Encoded]


def is_about_purpose(event: Event) -> bool:
    """Whether a failed page was none of the chain's."""
    return isinstance(event, NotificationFailed | NotificationUnknown) and event.purpose != ""


class Responding:
    """Applies events to the direct pages of groups; groups without responders cost nothing."""

    def __init__(self, store: DirectPageStore, telling: Telling, encode: Encode, keep: timedelta) -> None:
        self.store = store
        self.telling = telling
        self._encode = encode
        self._keep = keep

    async def clear(self, told: Sequence[Told]) -> None:
        """Take what was told out of its documents."""
        await self.telling.clear([Row(one.document_id, one.events) for one in told])

    async def decide(self, batch: Sequence[Event], config: ConfigSnapshot) -> list[Told]:
        """Decide and save a batch; return what is to be told.

        Raises:
            Transient: other writers won the same groups again and again.
        """
        by_group: dict[str, list[Event]] = {}
        for one in batch:
            group_id = _concerned(one)
            if group_id is not None:
                by_group.setdefault(group_id, []).append(one)
        told: list[Told] = []
        for _ in range(ATTEMPTS):
            if not by_group:
                return told
            done, by_group = await self._attempt(by_group, config)
            told += done
        if by_group:
            raise Transient(f"{len(by_group)} groups lost {ATTEMPTS} races for their direct pages")
        return told

    async def _attempt(
        self, by_group: dict[str, list[Event]], config: ConfigSnapshot
    ) -> tuple[list[Told], dict[str, list[Event]]]:
        now = clock.now()
        stored = await self.store.get_many(list(by_group))
        writes: dict[str, PagesWrite] = {}
        told: list[Told] = []
        for group_id, events in by_group.items():
            known = stored.get(group_id)
            before = known.pages if known is not None else None
            after, made = _decided(before, events, config, now)
            if after is not None and after is not before:
                writes[group_id] = self.write(before, after, made, now)
            elif known is not None and known.untold:
                told.append(Told(events[0].id, group_id, known.untold))
        lost = await self.store.save(list(writes.values()))
        for group_id, write in writes.items():
            if group_id not in lost:
                told.append(Told(by_group[group_id][0].id, group_id, write.events))
        return told, {id: by_group[id] for id in lost}

    def write(
        self, before: DirectPages | None, after: DirectPages, events: Sequence[Event], now: datetime
    ) -> PagesWrite:
        """Return the write of a decision."""
        base = before.version if before is not None else None
        return PagesWrite(after, base, [self._encode(one) for one in events], now, self._keep)


class DuePages:
    """Runs the rules of responders when their time has come."""

    def __init__(self, responding: Responding, config: LiveConfiguration) -> None:
        self._responding = responding
        self._config = config

    async def wake(self, documents: Sequence[Document]) -> None:
        """Do what is due in claimed documents; who lost a race is due again when its lease ends."""
        now, config = clock.now(), self._config.current
        writes: list[PagesWrite] = []
        for stored in [read(one) for one in documents]:
            after, events = wake_pages(stored.pages, config, now)
            if after is stored.pages:
                after = after.model_copy(update={"version": after.version + 1})
            writes.append(self._responding.write(stored.pages, after, events, now))
        lost = await self._responding.store.save(writes)
        won = [one for one in writes if one.pages.id not in lost]
        await self._responding.telling.tell([Row(one.pages.id, one.events) for one in won])


def _concerned(event: Event) -> str | None:
    """Return the group whose direct pages an event is about."""
    if isinstance(event, GroupRendered):
        return event.group.id if event.group.responders else None
    if isinstance(event, NotificationFailed | NotificationUnknown) and event.purpose == DIRECT:
        return event.group_id
    return None


def _decided(
    before: DirectPages | None, events: Sequence[Event], config: ConfigSnapshot, now: datetime
) -> tuple[DirectPages | None, list[Event]]:
    pages, told = before, list[Event]()
    for one in sorted(events, key=_order):
        if isinstance(one, GroupRendered):
            pages, made = respond(one, pages, config, now)
        elif isinstance(one, NotificationFailed | NotificationUnknown) and pages is not None:
            pages, made = direct_page_failed(one, pages, config, now)
        else:
            made = []
        told += made
    if pages is not None and before is not None and pages is not before:
        # Several changes are one write.
        pages = pages.model_copy(update={"version": before.version + 1})
    elif pages is not None and before is None:
        pages = pages.model_copy(update={"version": 1})
    return pages, told


def _order(event: Event) -> tuple[int, int]:
    return (0, event.group.version) if isinstance(event, GroupRendered) else (1, 0)
