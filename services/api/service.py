"""The api, put together: HTTP in, requests out, and the only writer of the configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from services.api.actions import Actions
from services.api.api import API, Api
from services.api.authentication import Authentication
from services.api.chat_callbacks import ChatCallbacks
from services.api.routes import add_routes
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
from shared.http import HttpClient
from shared.lazy_sandbox import LazySandbox
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.api_tokens import ApiTokens
from shared.store.configuration import ConfigurationStore
from shared.store.contact_codes import ContactCodes

log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Serve the public API; nothing is consumed."""
    configuration = ConfigurationStore(io.store)
    tokens = ApiTokens(io.store)
    preparation = Preparation(configuration, tokens, ContactCodes(io.store))
    io.add_ready_check("indexes", preparation.missing)
    io.add_ready_check("secret_key", lambda: None if io.secrets.has_key else "TOCSIN_SECRET_KEY is not set")
    io.spawn("indexes", preparation.run)
    async with HttpClient() as client:
        callbacks = ChatCallbacks(client)
        playground = LazySandbox(io.settings.template_timeout_s)
        io.http[API] = Api(
            settings=io.settings,
            database=io.store,
            configuration=configuration,
            live=io.config,
            authentication=Authentication(tokens, configuration),
            actions=Actions(io.bus, io.subscribe_replies),
            bus=io.bus,
            secrets=io.secrets,
            playground=playground,
        )
        add_routes(io.http, callbacks)
        yield None
        await callbacks.close()
        await playground.close()


class Preparation:
    """Creates the indexes of the api's own collections, as soon as the database is there."""

    def __init__(self, configuration: ConfigurationStore, tokens: ApiTokens, codes: ContactCodes) -> None:
        self._configuration = configuration
        self._tokens = tokens
        self._codes = codes
        self._is_done = False

    async def run(self) -> None:
        """Try until it is done; the supervisor begins again after a failure."""
        if self._is_done:
            return
        await self._configuration.prepare()
        await self._tokens.prepare()
        await self._codes.prepare()
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
