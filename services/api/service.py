"""The api, put together: HTTP in, requests out, and the only writer of the configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from services.api.actions import Actions
from services.api.api import API, Api
from services.api.authentication import Authentication
from services.api.calendars import Means
from services.api.chat_callbacks import ChatCallbacks
from services.api.console.opening import oidc_fault, open_console, open_oidc
from services.api.event_posts import EventPosts
from services.api.event_stream import open_streams
from services.api.event_subscriptions import EVENT_REQUESTS
from services.api.rate_limit import limits_of
from services.api.routes import add_routes
from services.api.schedule_watch import ScheduleWatch
from services.api.slack_refresh import SlackRefresh
from services.api.user_group_sync import UserGroupSync
from shared.channels import slack
from shared.domain.model import SYSTEM
from shared.events import (
    ActionRequested,
    AlertReceived,
    ChainRefreshRequested,
    ConfigChanged,
    DeliveryActionRequested,
    DeliveryReported,
    NoticeRequested,
    WebhookRequested,
)
from shared.http import HttpClient, is_any, is_public
from shared.lazy_sandbox import LazySandbox
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.api_tokens import ApiTokens
from shared.store.configuration import ConfigurationStore
from shared.store.configuration_audit import ConfigurationAudit
from shared.store.contact_codes import ContactCodes
from shared.store.schedule_exports import ScheduleExports

log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Serve the public API; nothing is consumed."""
    configuration = ConfigurationStore(io.store)
    tokens = ApiTokens(io.store)
    console = open_console(io.http, io.store, io.rabbit)
    open_streams(io.http)
    io.add_ready_check("secret_key", lambda: None if io.secrets.has_key else "TOCSIN_SECRET_KEY is not set")
    io.add_ready_check("oidc", lambda: oidc_fault(io.settings))
    async with HttpClient() as client:
        preparation = Preparation(
            *(configuration, tokens, ContactCodes(io.store), ScheduleExports(io.store)),
            *(console.sessions, console.guesses, console.password_links, ConfigurationAudit(io.store)),
            *open_oidc(io.http, io.store, io.settings, client),
        )
        io.add_ready_check("indexes", preparation.missing)
        io.spawn("indexes", preparation.run)
        callbacks = ChatCallbacks(client)
        playground = LazySandbox(io.settings.template_timeout_s)
        api = io.http[API] = Api(
            settings=io.settings,
            database=io.store,
            configuration=configuration,
            live=io.config,
            authentication=Authentication(tokens, configuration, limits_of(io.settings)),
            actions=Actions(io.bus, io.subscribe_replies),
            bus=io.bus,
            secrets=io.secrets,
            playground=playground,
        )
        add_routes(io.http, callbacks)
        async with _watched(io, api):
            yield None
        await callbacks.close()
        await playground.close()


@asynccontextmanager
async def _watched(io: Io, api: Api) -> AsyncIterator[None]:
    """Look after schedules and Slack's lists in the background, and post events to subscriptions."""
    allowed = is_any if io.settings.allow_private_addresses else is_public
    async with HttpClient(allowed) as client:
        means = Means(client, io.secrets, api.configuration, lambda change: api.change(change, SYSTEM))
        ScheduleWatch(io, means).spawn(io)
        posts = EventPosts(api, client)
        io.http[EVENT_REQUESTS] = posts.requests
        posts.spawn(io)
        settings = slack.CHANNEL.settings_from(io.settings)
        if slack.CHANNEL.unready(settings) is None:
            SlackRefresh(api, client, settings).spawn(io)
            UserGroupSync(api, client, settings).spawn(io)
        yield


class Repository(Protocol):
    """A collection of the api's own."""

    async def prepare(self) -> None:
        """Create the indexes."""


class Preparation:
    """Creates the indexes of the api's own collections, as soon as the database is there."""

    def __init__(self, *repositories: Repository) -> None:
        self._repositories = repositories
        self._is_done = False

    async def run(self) -> None:
        """Try until it is done; the supervisor begins again after a failure."""
        if self._is_done:
            return
        for one in self._repositories:
            await one.prepare()
        self._is_done = True

    def missing(self) -> str | None:
        """Return why the service is not ready."""
        return None if self._is_done else "not created yet"


service = Service(
    name="api",
    open=open_service,
    emits=(
        AlertReceived,
        ActionRequested,
        ChainRefreshRequested,
        ConfigChanged,
        NoticeRequested,
        WebhookRequested,
        DeliveryReported,
        DeliveryActionRequested,
    ),
    keeps=frozenset({"users"}),
)
