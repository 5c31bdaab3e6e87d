"""Wires the escalator: the only writer of `escalations`, `rotations`, `storms`, `digests`, `duties`, `watchdog`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services.escalator.answering import Answering
from services.escalator.beating import Beating, beat_to
from services.escalator.deciding import Deciding
from services.escalator.digests import DueDigests, Places
from services.escalator.due import Deciders, DueEscalations, Writing
from services.escalator.duties import DueDuties
from services.escalator.handlers import Decisions, Escalator
from services.escalator.mending import Means, Mending
from services.escalator.responding import DuePages, Responding
from services.escalator.storming import Storming
from services.escalator.watchdog import Watchdog, Watched
from services.escalator.watchdog_metrics import WatchdogMetrics
from services.escalator.whole import Whole
from shared import events
from shared.config import words_of
from shared.domain.storm import StormLimits
from shared.http import HttpClient
from shared.lazy_sandbox import LazySandbox
from shared.live_configuration import load_until_there
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.alert_groups import AlertGroups
from shared.store.digests import Digests
from shared.store.direct_pages import DirectPageStore
from shared.store.due import EVERY_SECOND, SELDOM, DueLoop
from shared.store.duties import Duties
from shared.store.escalations import Escalations
from shared.store.repairs import Repairs
from shared.store.storms import Storms
from shared.store.watch import Watch
from shared.telling import Telling


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the escalator's collections and their due times."""
    settings = io.settings
    places = Places(Digests(io.store), Escalations(io.store), AlertGroups(io.store), Storms(io.store))
    limits = StormLimits(settings.storm_groups_per_minute, settings.storm_digest_interval_s)
    storming = Storming(places.storms, places.digests, limits, io.metrics)
    telling = Telling(io.bus, places.escalations.collection)
    keep = timedelta(days=settings.retention_days)
    sandbox = LazySandbox(settings.template_timeout_s)
    answering = Answering(io.store, sandbox)
    deciding = Deciding(places.escalations, storming, answering, io.bus.encode, keep)
    deciding.resolve_channels = words_of(settings.resolve_notices)
    writing = Writing(io.bus.encode, keep, settings.slack_default_channel)
    due = DueEscalations(places.escalations, Deciders(storming, answering), telling, io.config, writing)
    io.spawn("indexes", places.escalations.prepare)
    io.spawn("rotation_indexes", answering.prepare)
    collection = places.escalations.collection
    io.spawn("due", DueLoop(collection, due.wake, io.can_tell).run)
    io.spawn("held", DueLoop(collection, due.reconsider, io.can_tell, due.claim_held, EVERY_SECOND).run)
    io.spawn("untold", telling.keep_sweeping)
    _watch_storms(io, places, storming)
    _watch_schedules(io)
    decisions = Decisions(deciding, _page_responders(io, keep))
    handler = Escalator(decisions, telling, io.config, io.metrics, settings.slack_default_channel)
    means = Means(places.escalations, deciding, due.wake_alone, writing, telling, io.bus.publish)
    async with HttpClient() as client:
        _watch_groups(io, places, means, (handler, client))
        try:
            yield handler.handle
        finally:
            await sandbox.close()


def _watch_groups(io: Io, places: Places, means: Means, around: tuple[Escalator, HttpClient]) -> None:
    handler, client = around
    metrics = WatchdogMetrics(io.metrics.registry)
    repairs = Repairs(io.store)
    telling = Telling(io.bus, repairs.collection)
    mending = Mending(means, repairs, telling, io.config)
    watched = Watched(Watch(io.store), places.groups, places.escalations)
    watchdog = Watchdog(watched, mending, io.config, io.instance, metrics)
    watchdog.is_behind = lambda: handler.is_behind
    url = io.settings.watchdog_heartbeat_url
    watchdog.beating = Beating(Whole(io.rabbit, io.store).troubles, metrics, beat_to(client, url))
    io.spawn("repair_indexes", repairs.prepare)
    io.spawn("repairs_untold", telling.keep_sweeping)

    async def run() -> None:
        # Before it is known which routes have chains, nothing is known to be missing.
        await load_until_there(io.config)
        await watchdog.run()

    io.spawn("watchdog", run)


def _watch_storms(io: Io, places: Places, storming: Storming) -> None:
    telling = Telling(io.bus, places.digests.collection)
    digests = DueDigests(places, telling, io.config, io.bus.encode, io.settings.public_url)
    io.spawn("storm_indexes", places.storms.prepare)
    io.spawn("digest_indexes", places.digests.prepare)
    io.spawn("storms", storming.keep_up)
    ends = DueLoop(places.storms.collection, storming.end, io.can_tell, pace=SELDOM)
    io.spawn("storm_ends", ends.run)
    due = DueLoop(places.digests.collection, digests.tell, io.can_tell, pace=SELDOM)
    io.spawn("digests", due.run)
    io.spawn("digests_untold", telling.keep_sweeping)


def _watch_schedules(io: Io) -> None:
    duties = Duties(io.store)
    telling = Telling(io.bus, duties.collection)
    due = DueDuties(duties, telling, io.config, io.bus.encode)
    io.spawn("duty_indexes", duties.prepare)
    coming = DueLoop(duties.collection, due.look, io.can_tell, duties.claim_due, SELDOM)
    io.spawn("duties", coming.run)
    edited = DueLoop(duties.collection, due.look, io.can_tell, due.claim_older, EVERY_SECOND)
    io.spawn("duties_edited", edited.run)
    io.spawn("duties_untold", telling.keep_sweeping)


def _page_responders(io: Io, keep: timedelta) -> Responding:
    """Run the rules of people who were paged directly."""
    pages = DirectPageStore(io.store)
    responding = Responding(pages, Telling(io.bus, pages.collection), io.bus.encode, keep)
    io.spawn("direct_page_indexes", pages.prepare)
    wake = DuePages(responding, io.config).wake
    io.spawn("direct_pages", DueLoop(pages.collection, wake, io.can_tell).run)
    io.spawn("direct_pages_untold", responding.telling.keep_sweeping)
    return responding


service = Service(
    name="escalator",
    consumes=(
        events.GroupRendered,
        events.NotificationFailed,
        events.NotificationUnknown,
        events.ChainRefreshRequested,
    ),
    emits=(
        events.PostRequested,
        events.NotificationRequested,
        events.WebhookRequested,
        events.ActionRequested,
        events.NoticeRequested,
        events.StageDecided,
    ),
    keeps=frozenset(
        {
            *(
                "integrations",
                "routes",
                "chains",
                "steps",
                "users",
                "rules",
                "webhooks",
                "maintenance_windows",
            ),
            *("teams", "user_groups", "slack_channels", "schedules", "shifts", "swaps", "calendars"),
        }
    ),
    open=open_service,
)
