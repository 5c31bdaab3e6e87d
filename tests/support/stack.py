"""Every service as a process of its own, against given servers: for the e2e, chaos, prove and bench suites.

    stack = Stack(amqp_url, mongo_url, tmp_path, instances={"router": 2}, settings={"TOCSIN_SMTP_HOST": "127.0.0.1"})
    await stack.start(configuration_yaml)
    stack.kill9("grouper", 0)
    await stack.start_one("grouper", 0)
    await stack.stop()

Services not named in `instances` run once; 0 leaves one out. Ports are chosen once and survive restarts.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from deploy.local.ports import free_port
from shared.secrets import new_key
from tests.support import forking
from tests.support.instance import ROOT, STOP_TIMEOUT_S, Instance, StackFailed

START_TIMEOUT_S = 60.0
_TOKEN = re.compile(r"\b[0-9a-f]{64}\b")


class Stack:
    """Starts, kills and restarts services; `token` is an API token once `start` has returned."""

    def __init__(
        self,
        amqp_url: str,
        mongo_url: str,
        base_dir: Path,
        instances: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.base_dir = base_dir
        self.logs = base_dir / "logs"
        self.token = ""
        for folder in (self.logs, base_dir / "data"):
            folder.mkdir(parents=True, exist_ok=True)
        counts = dict.fromkeys(existing_services(), 1) | dict(instances or {})
        names = [(service, index) for service, count in counts.items() for index in range(count)]
        self.instances = [
            Instance(service, index, port, self.logs / f"{service}-{index}.log")
            for (service, index), port in zip(names, _free_ports(len(names)), strict=True)
        ]
        self.environment = self._environment(amqp_url, mongo_url) | dict(settings or {})

    def _environment(self, amqp_url: str, mongo_url: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        return kept | {
            "TOCSIN_AMQP_URL": amqp_url,
            "TOCSIN_MONGO_URL": mongo_url,
            "TOCSIN_DATA_DIR": str(self.base_dir / "data"),
            "TOCSIN_SECRET_KEY": new_key(),
            "TOCSIN_ENV": "test",
            "TOCSIN_PUBLIC_URL": self._url_if_any("api"),
            "TOCSIN_INGEST_URL": self._url_if_any("receiver"),
            "TOCSIN_ALLOW_PRIVATE_ADDRESSES": "true",
            # Counted as in production, but load is no storm: each of its groups pages somebody.
            "TOCSIN_STORM_GROUPS_PER_MINUTE": "1000000",
        }

    def move_clock(self, seconds: float) -> None:
        """Put the clock of all services so far ahead of the wall clock; before `start` it must have been called once.

        Without it the services read the wall clock.
        """
        file = self.base_dir / "clock"
        scratch = self.base_dir / "clock.new"
        scratch.write_text(str(seconds))
        scratch.replace(file)
        self.environment["TOCSIN_TEST_CLOCK"] = str(file)

    def _url_if_any(self, service: str) -> str:
        return next((one.url for one in self.instances if one.service == service), "http://127.0.0.1:1")

    def instance(self, service: str, index: int = 0) -> Instance:
        """Return one instance, running or not."""
        return next(one for one in self.instances if (one.service, one.index) == (service, index))

    def of(self, service: str) -> list[Instance]:
        """Return all instances of a service."""
        return [one for one in self.instances if one.service == service]

    def url(self, service: str, index: int = 0) -> str:
        """Return the base URL of an instance; it is the same after a restart."""
        return self.instance(service, index).url

    def pid(self, service: str, index: int = 0) -> int | None:
        """Return the process id of an instance, None when it does not run."""
        one = self.instance(service, index)
        return one.process.pid if one.process is not None and one.is_running else None

    async def start(self, configuration: str | None = None) -> None:
        """Start everything, make an API token, apply a configuration if one is given, and wait until all are ready.

        Without a configuration the receiver is not waited for: it is ready with the first `apply`.
        """
        for one in self.instances:
            one.spawn(self.environment)
        self.token = await self._new_token()
        if configuration is not None:
            await self.wait_ready(*self.of("api"))
            await self.apply(configuration)
        await self.wait_ready(*(one for one in self.instances if configuration or one.service != "receiver"))

    def spawn(self, service: str, index: int = 0) -> None:
        """Start an instance without waiting for it."""
        self.instance(service, index).spawn(self.environment)

    async def start_one(self, service: str, index: int = 0) -> None:
        """Start an instance (again) and wait until it is ready."""
        one = self.instance(service, index)
        one.spawn(self.environment)
        await self.wait_ready(one)

    def kill9(self, service: str, index: int = 0) -> None:
        """SIGKILL one instance, and nothing else: what it leaves behind is its own business."""
        one = self.instance(service, index)
        assert one.process is not None
        one.process.kill()
        one.process.wait()

    async def stop_one(self, service: str, index: int = 0) -> int:
        """SIGTERM one instance, wait, and return its exit code."""
        one = self.instance(service, index)
        assert one.process is not None
        one.process.terminate()
        return await asyncio.to_thread(one.process.wait, STOP_TIMEOUT_S)

    async def wait_ready(self, *instances: Instance, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait until `/readyz` of these instances (of all if none is named) answers 200.

        Raises:
            StackFailed: one of them ended, or is not ready in time.
        """
        async with aiohttp.ClientSession() as client:
            await asyncio.gather(*(one.ready(client, timeout_s) for one in instances or self.instances))

    async def apply(self, configuration: str) -> None:
        """Apply a configuration (YAML text) with `tocsin apply` and wait until every receiver knows it."""
        file = self.base_dir / "configuration.yaml"
        file.write_text(configuration)
        await self.command("apply", "-f", str(file), "--yes")
        await self.wait_ready(*(one for one in self.of("receiver") if one.is_running))

    async def command(self, *arguments: str) -> str:
        """Run the `tocsin` command line against this stack and return what it printed.

        Raises:
            StackFailed: its exit code was not 0.
        """
        environment = self.environment | {
            "TOCSIN_API_TOKEN": self.token,
            "TOCSIN_API_URL": self._url_if_any("api"),
        }
        code, printed, _ = await forking.done(
            *(forking.COMMAND_LINE, *arguments),
            environment=environment,
            timeout_s=START_TIMEOUT_S,
            is_one=True,
        )
        if code != 0:
            raise StackFailed(f"tocsin {' '.join(arguments)} ended with {code}:\n{printed.decode()}")
        return printed.decode()

    async def stop(self) -> None:
        """SIGTERM everything, wait, and SIGKILL what is left, with whatever its processes started.

        Raises:
            StackFailed: a service did not end by itself within 20 s.
        """
        started = [one for one in self.instances if one.process is not None]
        for one in started:
            assert one.process is not None
            one.process.terminate()
        in_time = await asyncio.gather(*(asyncio.to_thread(one.ends) for one in started))
        late = [one for one, ended in zip(started, in_time, strict=True) if not ended]
        if late:
            raise StackFailed("\n".join(f"{one.name} did not stop:\n{one.tail()}" for one in late))

    def logs_tail(self, lines: int = 25) -> str:
        """Return the end of every log: what a failed test shows."""
        return "\n".join(f"===== {one.name} (port {one.port})\n{one.tail(lines)}" for one in self.instances)

    async def _new_token(self) -> str:
        found = _TOKEN.search(await self.command("token", "create", "--name", "stack"))
        if found is None:
            raise StackFailed("`tocsin token create` printed no token")
        return found.group()


def existing_services() -> list[str]:
    """Return the services that can be run."""
    return sorted(one.parent.name for one in (ROOT / "services").glob("*/__main__.py"))


def _free_ports(count: int) -> list[int]:
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)
