"""Wires the escalator: the only writer of `escalations`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services.escalator.deciding import Deciding
from services.escalator.due import DueEscalations, Writing
from services.escalator.handlers import Escalator
from shared import events
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.due import DueLoop
from shared.store.escalations import Escalations
from shared.telling import Telling


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the escalator's collection and its due times."""
    escalations = Escalations(io.store)
    keep = timedelta(days=io.settings.retention_days)
    telling = Telling(io.bus, escalations.collection)
    deciding = Deciding(escalations, io.bus.encode, keep)
    writing = Writing(io.bus.encode, keep, io.settings.slack_default_channel)
    due = DueEscalations(escalations, telling, io.config, writing)

    def can_tell() -> bool:
        return io.bus.is_connected

    io.spawn("indexes", escalations.prepare)
    io.spawn("due", DueLoop(escalations.collection, due.wake, can_tell).run)
    io.spawn("held", DueLoop(escalations.collection, due.reconsider, can_tell, due.claim_held).run)
    io.spawn("untold", telling.keep_sweeping)
    yield Escalator(deciding, telling, io.config, io.metrics, io.settings.slack_default_channel).handle


service = Service(
    name="escalator",
    consumes=(events.GroupRendered, events.NotificationFailed, events.NotificationUnknown),
    emits=(
        events.PostRequested,
        events.NotificationRequested,
        events.WebhookRequested,
        events.ActionRequested,
        events.StageDecided,
    ),
    keeps=frozenset({"routes", "chains", "steps", "users", "rules", "webhooks", "maintenance_windows"}),
    open=open_service,
)
