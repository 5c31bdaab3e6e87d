"""Wires the grouper: the only writer of `alerts` and `alert_groups`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services.grouper.actions import Actions
from services.grouper.due import DueGroups, Listening, Writing
from services.grouper.erasing import Erasing
from services.grouper.handlers import Grouper
from services.grouper.joining import Joining
from services.grouper.lag import Lag
from services.grouper.retention import Retention
from services.grouper.telling import GroupTelling
from shared import events
from shared.domain.expiring import Installation
from shared.domain.reminding import Reminders
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.counters import Numbers
from shared.store.due import DueLoop
from shared.store.receiver_beats import ReceiverBeats


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the grouper's collections and due times."""
    alerts, groups = Alerts(io.store), AlertGroups(io.store)
    keep = timedelta(days=io.settings.retention_days)
    telling = GroupTelling(io.bus, alerts, groups)
    joining = Joining(alerts, groups, Numbers(io.store, "alert_groups"), io.bus.encode, keep)
    io.spawn("indexes", alerts.prepare)
    io.spawn("group_indexes", groups.prepare)
    lag = Lag()
    installation = Installation(
        Reminders(io.settings.acknowledge_reminder_s, io.settings.unacknowledge_after_s),
        io.settings.resolution_note_required,
    )
    listening = Listening(ReceiverBeats(io.store), lag, io.config, installation)
    actions = Actions(groups, io.bus.encode, keep, listening.settled)
    due = DueGroups(groups, telling, listening, Erasing(alerts), Writing(io.bus.encode, keep))
    io.spawn("due", DueLoop(groups.collection, due.expire, lambda: io.bus.is_connected).run)
    io.spawn("untold", telling.keep_sweeping)
    io.spawn("retention", Retention(alerts, groups, keep).run)
    yield Grouper(joining, actions, telling, io.config, lag).handle


service = Service(
    name="grouper",
    consumes=(events.AlertRouted, events.ActionRequested),
    emits=(
        events.ActionRequested,
        *events.GROUP_EVENTS,
        events.ActionApplied,
        events.ActionRefused,
        events.StageDecided,
    ),
    keeps=frozenset({"integrations", "teams"}),
    open=open_service,
)
