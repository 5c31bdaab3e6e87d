"""Prometheus Alertmanager, Debian's binary, as a real sender: it groups, repeats and resolves by its own rules."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp

from deploy.local.ports import free_port

_CONFIGURATION = """\
route:
  receiver: tocsin
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: tocsin
    webhook_configs:
      - url: {url}
        send_resolved: true
"""


class Alertmanager:
    """Use as an async context manager: it runs with its own ports and data, and sends to `url`."""

    def __init__(self, url: str, home: Path) -> None:
        self._url = url
        self._home = home
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
        assert program is not None, "install prometheus-alertmanager"
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "alertmanager.yml").write_text(_CONFIGURATION.format(url=self._url))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self._home / 'alertmanager.yml'}",
                    f"--storage.path={self._home / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                    "--cluster.listen-address=",
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
        assert self._process is not None
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, 10)
        finally:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._home / "alertmanager.log"

    async def fire(self, alertname: str, **labels: str) -> None:
        """Have it know of a firing alert."""
        await self._post(alertname, labels, ends_in=timedelta(hours=1))

    async def resolve(self, alertname: str, **labels: str) -> None:
        """Have it know that an alert is over."""
        await self._post(alertname, labels, ends_in=timedelta(seconds=-1))

    async def _post(self, alertname: str, labels: dict[str, str], ends_in: timedelta) -> None:
        now = datetime.now(UTC)
        alert: dict[str, Any] = {
            "labels": {"alertname": alertname, **labels},
            "annotations": {"summary": f"{alertname} on {labels.get('instance', 'somewhere')}"},
            "startsAt": (now - timedelta(minutes=1)).isoformat(),
            "endsAt": (now + ends_in).isoformat(),
            "generatorURL": "http://prometheus.example.org/graph",
        }
        url = f"http://127.0.0.1:{self._port}/api/v2/alerts"
        async with aiohttp.ClientSession() as client, client.post(url, json=[alert]) as answer:
            assert answer.status == 200, await answer.text()

    async def _is_ready(self) -> bool:
        url = f"http://127.0.0.1:{self._port}/-/ready"
        try:
            async with aiohttp.ClientSession() as client, client.get(url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False
