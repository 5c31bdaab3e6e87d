"""Takes what the alerts of wiped and deleted groups said out of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from shared import clock
from shared.domain.erased_deliveries import erased, is_to_be_erased
from shared.events import Event, GroupDeleted, GroupWiped
from shared.store.deliveries import Deliveries
from shared.store.erasures import Erasures, read
from shared.store.mongo import Document

log = structlog.get_logger(__name__)
COLLECTION = "delivery_erasures"
AT_ONCE = 100
Erasing = GroupWiped | GroupDeleted


class Eraser:
    """Notes what is to be erased, and does it, as often as it is due: a page may still be on its way at first."""

    def __init__(self, erasures: Erasures, deliveries: Deliveries) -> None:
        self.erasures = erasures
        self._deliveries = deliveries

    async def note(self, events: Sequence[Event]) -> None:
        """Keep in mind the groups that were wiped or deleted.

        Raises:
            Unavailable: the database is away.
        """
        found = {one.group.id: False for one in events if isinstance(one, Erasing)}
        if found:
            await self.erasures.add(found, clock.now())

    async def erase(self, documents: Sequence[Document]) -> None:
        """Erase what the rows of claimed groups say. A row that is being sent now is left to the next look."""
        for document in documents:
            group_id, rows, after = read(document).group_id, 0, ""
            while found := await self._deliveries.of_group(group_id, after, AT_ONCE):
                for one in found:
                    if is_to_be_erased(one.delivery):
                        gone = erased(one.delivery, group_id)
                        rows += await self._deliveries.change(one, gone, [], clock.now())
                after = found[-1].delivery.id
            await self.erasures.done(document, clock.now())
            log.info("deliveries.erased", group_id=group_id, rows=rows)
