"""What every handler of the api stands on: the stores, the broker, the caller, and one way to change configuration."""

from __future__ import annotations

import secrets as random_source
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from aiohttp import web

from services.api.actions import Actions
from services.api.authentication import Authentication, Principal
from services.api.resources.desk import Desk, Tools
from shared import clock
from shared.bus.publisher import Publisher
from shared.config import Settings
from shared.domain.configuration import User
from shared.domain.configuration_draft import Draft
from shared.domain.model import Actor
from shared.errors import Unavailable
from shared.events import ConfigChanged
from shared.lazy_sandbox import LazySandbox
from shared.live_configuration import LiveConfiguration
from shared.secrets import Secrets
from shared.store.configuration import ConfigurationStore, Edited
from shared.store.mongo import Database

log = structlog.get_logger(__name__)
ANNOUNCE_TIMEOUT_S = 1.0
T = TypeVar("T")


@dataclass(frozen=True)
class Api:
    """The parts of the running service, as handlers see them."""

    settings: Settings
    database: Database
    configuration: ConfigurationStore
    live: LiveConfiguration
    authentication: Authentication
    actions: Actions
    bus: Publisher
    secrets: Secrets
    playground: LazySandbox

    @property
    def tools(self) -> Tools:
        """What edits of configuration objects need."""
        return Tools(
            secrets=self.secrets,
            below=random_source.randbelow,
            public_url=self.settings.public_url,
            ingest_url=self.settings.ingest_url,
            now=clock.now(),
            mail_domain=self.settings.inbound_email_domain,
        )

    async def caller(self, request: web.Request) -> Principal:
        """Return who is asking, if the table of permissions lets them; see Authentication.principal."""
        return await self.authentication.principal(request)

    async def desk(self, principal: Principal) -> Desk:
        """Return the newest configuration to read from, also right after another instance changed it."""
        return Desk(Draft(await self.configuration.tables()), self.tools, principal.user)

    async def edit(self, principal: Principal, change: Callable[[Desk], T]) -> Edited[T]:
        """Change the configuration as one new version and tell every instance.

        `change` may run more than once. What it raises is raised here, with nothing stored.
        """

        return await self._edited(principal.actor, principal.user, change)

    async def edit_as(self, actor: Actor, change: Callable[[Desk], T]) -> Edited[T]:
        """Change the configuration for somebody who asked without a token, and was found out otherwise."""
        return await self._edited(actor, None, change)

    async def _edited(self, actor: Actor, user: User | None, change: Callable[[Desk], T]) -> Edited[T]:
        def on_draft(draft: Draft) -> T:
            return change(Desk(draft, self.tools, user))

        return await self.change(on_draft, actor)

    async def change(self, change: Callable[[Draft], T], actor: Actor) -> Edited[T]:
        """Change the configuration in somebody's name, without a desk; otherwise as `edit`."""
        edited = await self.configuration.change(change, actor, clock.now())
        if edited.changes:
            self.live.changed(edited.version)
            await self._announce(edited.version)
        return edited

    async def _announce(self, version: int) -> None:
        """Tell the version. Nobody is told while the broker is away: everybody compares by itself every 10 s."""
        event = ConfigChanged(id=str(uuid.uuid4()), time=clock.now(), config_version=version, version=version)
        try:
            await self.bus.publish([event], timeout_s=ANNOUNCE_TIMEOUT_S)
        except Unavailable as error:
            log.warning("configuration.not_announced", version=version, reason=error.reason)


API = web.AppKey("api", Api)
