"""Wires the heartbeat service: the only writer of `heartbeats` and `receiver_beats`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.heartbeat.alarms import Alarms
from services.heartbeat.due import Deadlines
from services.heartbeat.following import Following
from services.heartbeat.handlers import Listening
from services.heartbeat.measures import Measures
from shared import events
from shared.sandbox import Sandbox
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.due import SELDOM, DueLoop
from shared.store.heartbeats import Heartbeats
from shared.store.receiver_beats import ReceiverBeats
from shared.telling import Telling


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the collections, the deadlines and the templates."""
    heartbeats, beats = Heartbeats(io.store), ReceiverBeats(io.store)
    telling = Telling(io.bus, heartbeats.collection)
    async with Sandbox(limit_s=io.settings.template_timeout_s) as sandbox:
        alarms = Alarms(sandbox, io.bus.encode)
        deadlines = Deadlines(heartbeats, beats, alarms, telling, io.config)
        following = Following(heartbeats, io.config)
        io.config.on_change(following.changed)
        due = DueLoop(
            heartbeats.collection, deadlines.expire, lambda: io.bus.is_connected, deadlines.claim, SELDOM
        )
        io.spawn("indexes", heartbeats.prepare)
        io.spawn("beat_indexes", beats.prepare)
        io.spawn("due", due.run)
        io.spawn("untold", telling.keep_sweeping)
        io.spawn("following", following.run)
        io.spawn("measures", Measures(io.metrics.registry, heartbeats, beats).run)
        yield Listening(heartbeats, beats, alarms, telling, io.config).handle


service = Service(
    name="heartbeat",
    consumes=(events.HeartbeatReceived, events.BeatSent),
    emits=(events.AlertReceived, events.StageDecided),
    keeps=frozenset({"integrations"}),
    open=open_service,
)
