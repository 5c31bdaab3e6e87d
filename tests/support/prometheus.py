"""Prometheus, Debian's binary, as a real sender: it evaluates a rule over a metric that the test sets, and pushes."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Self

import aiohttp
from aiohttp import web

from deploy.local.ports import free_port

RESEND_S = 2
_CONFIGURATION = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: disks
    static_configs: [{{targets: ["127.0.0.1:{metrics}"]}}]
alerting:
  alertmanagers:
    - path_prefix: {prefix}
      static_configs: [{{targets: ["{target}"]}}]
"""
_RULES = """\
groups:
  - name: disks
    rules:
      - alert: DiskFull
        expr: disk_full == 1
        labels: {severity: critical}
        annotations: {summary: "Disk on {{ $labels.host }} is full"}
"""


class Prometheus:
    """Use as an async context manager; it pushes to the Alertmanager API under `prefix` at `target` (host:port)."""

    def __init__(self, target: str, prefix: str, home: Path) -> None:
        self._target = target
        self._prefix = prefix
        self._home = home
        self._port = free_port()
        self._full: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        program = shutil.which("prometheus")
        assert program is not None, "install prometheus"
        self._home.mkdir(parents=True, exist_ok=True)
        metrics = await self._serve_metrics()
        text = _CONFIGURATION.format(metrics=metrics, target=self._target, prefix=self._prefix)
        (self._home / "prometheus.yml").write_text(text)
        (self._home / "rules.yml").write_text(_RULES)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self._home / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._home / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                    f"--rules.alert.resend-delay={RESEND_S}s",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        async with asyncio.timeout(60):
            while not await self._is_ready():
                assert self._process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()
        await self._runner.cleanup()

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._home / "prometheus.log"

    def set(self, host: str, full: bool) -> None:
        """Set the metric of one host; the rule sees it within two seconds."""
        self._full[host] = int(full)

    def kill(self) -> None:
        """End it without a word to anybody."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def _serve_metrics(self) -> int:
        async def metrics(_request: web.Request) -> web.Response:
            lines = [f'disk_full{{host="{host}"}} {full}' for host, full in self._full.items()]
            return web.Response(text="\n".join([*lines, ""]), content_type="text/plain")

        app = web.Application()
        app.router.add_get("/metrics", metrics)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        port = free_port()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return port

    async def _is_ready(self) -> bool:
        url = f"http://127.0.0.1:{self._port}/-/ready"
        try:
            async with aiohttp.ClientSession() as client, client.get(url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


async def amtool(url: str, *arguments: str) -> str:
    """Run Debian's amtool against an Alertmanager's address and return what it printed.

    Raises:
        AssertionError: its exit code was not 0.
    """
    process = await asyncio.create_subprocess_exec(
        "amtool",
        f"--alertmanager.url={url}",
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed, complaints = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complaints.decode()
    return printed.decode()
