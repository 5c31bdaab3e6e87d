"""The receiver, put together: HTTP in, events out, a spool beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager

from services.receiver import masking
from services.receiver.accept import Acceptance
from services.receiver.alertmanager_api import AlertmanagerApi
from services.receiver.authentication import Gate
from services.receiver.beats import Beats, Sources
from services.receiver.commit import Broker, Committer
from services.receiver.door import Checks, Door
from services.receiver.drain import Drain
from services.receiver.lanes import Lanes
from services.receiver.limits import RateLimits
from services.receiver.mail_in import mail_in
from services.receiver.measures import Measures
from services.receiver.notices import Notices
from services.receiver.opsgenie_api import OpsgenieApi
from services.receiver.pagerduty_api import PagerdutyApi
from services.receiver.routes import Routes
from services.receiver.settings import ReceiverSettings
from services.receiver.sns_routes import SnsRoutes
from services.receiver.spools import FOLDER, Spools
from services.receiver.tokens import Tokens
from shared.events import AlertReceived, BeatSent, HeartbeatReceived, StageDecided
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Serve the ingest URLs; nothing is consumed."""
    masking.install()
    settings = io.settings
    assert isinstance(settings, ReceiverSettings)
    spools = Spools(settings.data_dir / FOLDER, settings.spool_max_bytes)
    broker = Broker(io.bus, settings.confirm_timeout_s)
    async with AsyncExitStack() as stack:
        thread = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="spool"))
        committer = Committer(broker, spools, thread)
        drain = Drain(broker, spools, thread)
        beats = Beats(io.bus, Sources(broker, committer, spools, io.config), settings.beat_every_s)
        acceptance = Acceptance(io.bus, io.config, committer, Lanes(settings.bulk_above_per_s), beats)
        measures = Measures(io.metrics.registry, spools)
        notices = Notices(io.bus)
        checks = Checks(
            tokens=Tokens(io.config, notices),
            gate=Gate(io.config, io.secrets, settings.trusted_networks),
            limits=RateLimits(io.config, notices),
        )
        door = Door(settings, checks, acceptance, measures)
        mail = await stack.enter_async_context(mail_in(io, settings, checks, acceptance, measures))
        SnsRoutes(door, mail.sns).add_to(io.http)
        Routes(door).add_to(io.http)
        AlertmanagerApi(door, AlertGroups(io.store), Alerts(io.store)).add_to(io.http)
        PagerdutyApi(door).add_to(io.http)
        OpsgenieApi(door).add_to(io.http)
        # Without the broker it still accepts: a balancer must keep sending here.
        io.add_ready_check("broker", lambda: None)
        io.add_ready_check("configuration", lambda: None if io.config.has_any else "none was ever loaded")
        io.spawn("commit", committer.run)
        io.spawn("drain", drain.run)
        io.spawn("adopt", drain.adopt)
        io.spawn("notices", notices.run)
        io.spawn("beats", beats.run)
        try:
            yield None
            mail.stop_taking()
            await committer.finish()
            await beats.farewell()
            await notices.tell()
        finally:
            # In their own thread, which may still be at work for a task that was cancelled: SQLite must not be
            # closed under its hands.
            await asyncio.get_running_loop().run_in_executor(thread, spools.close)


service = Service(
    name="receiver",
    open=open_service,
    emits=(AlertReceived, HeartbeatReceived, BeatSent, StageDecided),
    needs_database=False,
    keeps=frozenset({"integrations"}),
    settings=ReceiverSettings,
)
