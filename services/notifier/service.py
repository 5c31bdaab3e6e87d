"""Wires the notifier: the only writer of `deliveries`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.notifier.asking import Asking
from services.notifier.bundles import Bundles
from services.notifier.changing import Changes
from services.notifier.collecting import Collecting
from services.notifier.describing import Pages, Webhooks
from services.notifier.due import Sender
from services.notifier.erasing import COLLECTION, Eraser
from services.notifier.handlers import Desk, Intake
from services.notifier.measures import Measures
from services.notifier.reach import Reach
from services.notifier.templates import WebhookTemplates
from shared import clock, events
from shared.channels import webhook
from shared.channels.registry import CHANNELS
from shared.claiming import Lane, Limits, Work
from shared.config import words_of
from shared.domain.bundling import paces
from shared.live_configuration import load_until_there
from shared.lookout import Lookout
from shared.sending import Outlet
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.deliveries import CLAIM_LEASE_S, Claimed, Deliveries
from shared.store.delivery_windows import DeliveryWindows
from shared.store.due import SELDOM, DueLoop
from shared.store.erasures import Erasures
from shared.store.posts import Posts
from shared.telling import Telling
from shared.webhook_calls import Sources, WebhookCalls


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the ledger, a lane per channel, and the way out."""
    deliveries = Deliveries(io.store, timedelta(days=io.settings.retention_days))
    telling = Telling(io.bus, deliveries.collection)
    reach = Reach.of(CHANNELS.values(), io.settings, io.secrets)
    intake = Intake(deliveries, reach, io.config, telling, io.bus)
    async with (
        Outlet(allow_private_addresses=io.settings.allow_private_addresses) as outlet,
        WebhookTemplates(io.settings.template_timeout_s) as templates,
    ):
        groups = AlertGroups(io.store)
        sender = Sender(deliveries, groups, outlet, telling, io.bus)
        sender.ask = Asking(reach, io.config, groups, outlet).ask
        webhooks = _webhooks(io, templates, deliveries)
        pages = Pages(reach, io.config, deliveries, io.secrets)
        pages.posts = Posts(io.store, timedelta(0))
        pages.public_url = io.settings.public_url
        pages.webhooks = webhooks
        sender.describe = {
            "page": pages.describe,
            "notice": pages.describe_notice,
            "webhook": webhooks.describe,
        }
        again = words_of(io.settings.resend_unknown) | {webhook.CHANNEL.slug}
        # Personal webhooks and outgoing ones share a lane.
        names = list(dict.fromkeys((*reach.names, webhook.CHANNEL.slug)))
        sender.policies = {name: reach.policy(name, name in again) for name in names}
        sender.observe = Measures(io.metrics).observe
        windows = DeliveryWindows(io.store)
        intake.collecting = Collecting(windows, paces(io.settings.page_intervals, io.settings.page_limits))
        bundles = Bundles(sender, groups, pages)
        lanes = [_lane(name, deliveries, sender, bundles) for name in names]
        intake.lanes = {lane.name: lane for lane in lanes}
        io.spawn("indexes", deliveries.prepare)
        io.spawn("window_indexes", windows.prepare)
        for lane in lanes:
            io.spawn(f"lane.{lane.name}", partial(_run, io, lane))
        io.spawn("lookout", Lookout(lanes, partial(_due_channels, deliveries)).run)
        io.spawn("telling", telling.run)
        io.spawn("untold", telling.keep_sweeping)
        io.on_close(telling.flush)
        eraser = Eraser(Erasures(io.store, COLLECTION), deliveries)
        io.spawn("erasure_indexes", eraser.erasures.prepare)
        io.spawn("erasing", _erasing(eraser).run)
        yield Desk(intake, Changes(deliveries, io.bus), eraser, telling).handle


def _erasing(eraser: Eraser) -> DueLoop:
    return DueLoop(eraser.erasures.collection, eraser.erase, lambda: True, pace=SELDOM)


async def _run(io: Io, lane: Lane[Claimed]) -> None:
    """Work off a lane once it is known who people are: before that, everybody would be unknown."""
    await load_until_there(io.config)
    await lane.run()


async def _due_channels(deliveries: Deliveries, channels: Sequence[str]) -> set[str]:
    return await deliveries.due_channels(channels, clock.now())


def _lane(name: str, deliveries: Deliveries, sender: Sender, bundles: Bundles) -> Lane[Claimed]:
    async def claim(limit: int, without: frozenset[str]) -> list[Claimed]:
        return await deliveries.claim(name, limit, without, clock.now(), CLAIM_LEASE_S)

    work = Work(claim, deliveries.put_back, bundles.send, lambda row: row.delivery.target, sender.broken)
    return Lane(name, work, Limits())


def _webhooks(io: Io, templates: WebhookTemplates, deliveries: Deliveries) -> Webhooks:
    sources = Sources(Alerts(io.store), deliveries)
    calls = WebhookCalls(sources, io.secrets, templates.render, io.settings.public_url)
    return Webhooks(io.config, calls, webhook.CHANNEL.settings_from(io.settings))


service = Service(
    name="notifier",
    consumes=(
        events.NotificationRequested,
        events.WebhookRequested,
        events.NoticeRequested,
        events.DeliveryReported,
        events.DeliveryActionRequested,
        events.GroupWiped,
        events.GroupDeleted,
    ),
    emits=(
        events.NotificationDelivered,
        events.NotificationFailed,
        events.NotificationUnknown,
        events.NotificationCancelled,
        events.WebhookResponded,
        events.StageDecided,
    ),
    keeps=frozenset(
        {
            *("users", "teams", "webhooks", "integrations", "routes", "steps"),
            *("schedules", "shifts", "swaps", "calendars"),
        }
    ),
    open=open_service,
)
