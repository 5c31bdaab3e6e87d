"""An event subscription as it is declared: a URL that is told the events of the journal, from a position on."""

from __future__ import annotations

from shared.domain.webhook_signature import Signing

NOW, BEGINNING = "now", "beginning"
MOST_AT_ONCE = 500


class EventSubscription(Signing):
    """No `types` and no `integration_ids` mean all events.

    `start` is where it begins when it is new: now, the beginning (as far back as the database can go), or a position
    that the event stream told. `batch_size` is how many events a request holds at most.
    """

    id: str
    name: str
    url: str
    is_enabled: bool = True
    team_id: str | None = None
    types: tuple[str, ...] = ()
    integration_ids: tuple[str, ...] = ()
    start: str = NOW
    batch_size: int = 100
