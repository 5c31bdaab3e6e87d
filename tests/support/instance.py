"""One process of one service: started, asked whether it is ready, and ended, with its log at hand."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.support import forking

ROOT = forking.ROOT
STOP_TIMEOUT_S = 20.0


class StackFailed(Exception):
    """A service ended or did not become ready; the message ends with its log."""


@dataclass
class Instance:
    """One process of one service, now or to be started again."""

    service: str
    index: int
    port: int
    log: Path
    process: forking.Process | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.service}-{self.index}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tail(self, lines: int = 60) -> str:
        """Return the end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def spawn(self, environment: Mapping[str, str]) -> None:
        """Start the process; its own `settings` win over `environment`."""
        assert not self.is_running, f"{self.name} runs already"
        own = {"TOCSIN_PORT": str(self.port), "TOCSIN_INSTANCE": self.name, **self.settings}
        with self.log.open("ab") as log:
            self.process = forking.started(
                f"services.{self.service}", environment={**environment, **own}, out=log
            )

    async def ready(self, client: aiohttp.ClientSession, timeout_s: float) -> None:
        """Wait until `/readyz` answers 200.

        Raises:
            StackFailed: it ended, or is not ready in time.
        """
        last = "no answer"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    if not self.is_running:
                        raise StackFailed(f"{self.name} ended while it was waited for:\n{self.tail()}")
                    try:
                        async with client.get(f"{self.url}/readyz") as answer:
                            if answer.status == 200:
                                return
                            last = await answer.text()
                    except aiohttp.ClientError:
                        pass
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise StackFailed(
                f"{self.name} is not ready within {timeout_s:.0f} s: {last}\n{self.tail()}"
            ) from error

    def ends(self) -> bool:
        """Wait for its end, at most 20 s; return whether it came. Then kill whatever it had started."""
        assert self.process is not None
        try:
            self.process.wait(STOP_TIMEOUT_S)
            in_time = True
        except subprocess.TimeoutExpired:
            in_time = False
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        return in_time
