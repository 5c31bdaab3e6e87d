"""Wires the renderer: it keeps nothing, so any number of instances share its queue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.renderer.handlers import Renderer
from shared import events
from shared.sandbox import Sandbox
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.alerts import Alerts


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the template workers."""
    async with Sandbox(limit_s=io.settings.template_timeout_s) as sandbox:
        yield Renderer(sandbox, Alerts(io.store), io.config, io.settings.public_url).handle


service = Service(
    name="renderer",
    consumes=events.GROUP_EVENTS,
    emits=(events.GroupRendered,),
    keeps=frozenset({"integrations", "routes", "chains", "steps", "users", "rules"}),
    open=open_service,
)
