"""Wires the router: it keeps nothing, so any number of instances share its queue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.router.handlers import Router
from shared import events
from shared.sandbox import Sandbox
from shared.service import Io, Service
from shared.stage import Handler


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the template workers."""
    async with Sandbox(limit_s=io.settings.template_timeout_s) as sandbox:
        yield Router(sandbox, io.config).handle


service = Service(
    name="router",
    consumes=(events.AlertReceived,),
    emits=(events.AlertRouted,),
    needs_database=False,
    keeps=frozenset({"integrations", "routes"}),
    open=open_service,
)
