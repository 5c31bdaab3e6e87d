"""/healthz, /readyz and /metrics of a service, on its own port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

Check = Callable[[], str | None]


class Health:
    """Collects why a service is not ready or not alive; each check returns a reason or None."""

    def __init__(self, service: str, instance: str) -> None:
        self._service = service
        self._instance = instance
        self._ready: dict[str, Check] = {}
        self._alive: dict[str, Check] = {}

    def ready_check(self, name: str, check: Check) -> None:
        """Add a condition for taking work."""
        self._ready[name] = check

    def alive_check(self, name: str, check: Check) -> None:
        """Add a condition for being left alone; when it fails a supervisor should restart the process."""
        self._alive[name] = check

    def routes(self, app: web.Application, registry: CollectorRegistry) -> None:
        """Serve the three pages on `app`."""

        async def healthz(_: web.Request) -> web.Response:
            return self._answer(self._alive)

        async def readyz(_: web.Request) -> web.Response:
            return self._answer(self._ready)

        async def metrics(request: web.Request) -> web.Response:
            encode, content_type = choose_encoder(request.headers.get("Accept", ""))
            return web.Response(body=encode(registry), headers={"Content-Type": content_type})

        app.router.add_get("/healthz", healthz)
        app.router.add_get("/readyz", readyz)
        app.router.add_get("/metrics", metrics)

    def _answer(self, checks: dict[str, Check]) -> web.Response:
        failed = {name: reason for name, check in checks.items() if (reason := check()) is not None}
        body = {"service": self._service, "instance": self._instance, "ok": not failed, "failed": failed}
        return web.json_response(body, status=503 if failed else 200)


class HttpServer:
    """Serves one application on one port; port 0 takes a free one."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=5.0)
        self._host = host
        self._port = port

    async def start(self) -> int:
        """Begin to listen and return the port."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, backlog=1024)
        await site.start()
        self._site = site
        return int(self._runner.addresses[0][1])

    async def stop_listening(self) -> None:
        """Take no new connections."""
        await self._site.stop()

    async def close(self) -> None:
        """Finish what is being answered and stop."""
        await asyncio.shield(self._runner.cleanup())
