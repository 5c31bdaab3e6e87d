"""Finds or starts the RabbitMQ and MongoDB that `make run`, the tests and the benchmark use.

`TOCSIN_AMQP_URL` and `TOCSIN_MONGO_URL` name servers that exist already; what they do not name is
started under a folder of its own, keeps its data there, and is stopped only by whoever started it.

As a command: `python -m deploy.local.servers start|stop|status FOLDER`.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import ports
from deploy.local.mongo import PREFERRED_PORT, Mongo
from deploy.local.process import StartFailed
from deploy.local.rabbit import PREFERRED_PORTS, Rabbit


@dataclass(frozen=True)
class Servers:
    """Where the broker and the database are."""

    amqp_url: str
    mongo_url: str
    management_url: str | None  # of the broker; None when the broker is not ours and nobody said
    started: bool  # whether this call started a server


class LocalServers:
    """A broker and a database under one folder; the ports are chosen once and kept in `ports.json`."""

    def __init__(self, base: Path, prefer_usual_ports: bool = False) -> None:
        self.base = base.resolve()
        self.base.mkdir(parents=True, exist_ok=True)
        self.moved: list[str] = []  # what listens elsewhere than usual, in words
        chosen = self._choose_ports(prefer_usual_ports)
        self.mongo = Mongo(self.base / "mongo", chosen.pop("mongo"))
        self.rabbit = Rabbit(self.base / "rabbit", chosen)

    def start(self) -> None:
        """Start whatever does not run, both at the same time, and wait until both are ready.

        Raises:
            StartFailed: one of them could not be started.
        """
        self.rabbit.begin_start()
        self.mongo.begin_start()
        self.mongo.wait_ready()
        self.rabbit.wait_ready()

    def stop(self) -> None:
        """Stop both cleanly; the data stays."""
        self.mongo.stop()
        self.rabbit.stop()

    def destroy(self) -> None:
        """Kill both and delete their data."""
        self.mongo.destroy()
        self.rabbit.destroy()
        (self.base / "ports.json").unlink(missing_ok=True)

    def _choose_ports(self, prefer_usual: bool) -> dict[str, int]:
        """The remembered ports, each replaced by a free one when somebody else took it."""
        file = self.base / "ports.json"
        usual = {**PREFERRED_PORTS, "mongo": PREFERRED_PORT}
        remembered: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        chosen = {}
        for name, preferred in usual.items():
            port = remembered.get(name, preferred if prefer_usual else 0)
            if name in remembered and self._is_ours_running(name):
                chosen[name] = port
                continue
            chosen[name] = _free_and_unused(port, set(chosen.values()))
            if port and chosen[name] != port:
                self.moved.append(f"{name} port {port} is taken, using {chosen[name]}")
        file.write_text(json.dumps(chosen))
        return chosen

    def _is_ours_running(self, port_name: str) -> bool:
        if port_name == "mongo":
            return Mongo(self.base / "mongo", 0).is_running
        return Rabbit(self.base / "rabbit", {}).is_running


def ensure_servers(
    base: Path, prefer_usual_ports: bool = False, wait_for_broker: bool = True
) -> tuple[Servers, LocalServers | None]:
    """The servers to use, started under `base` where the environment names none.

    The second value is what can be stopped again; None when both are somebody else's. The broker takes
    seconds: whoever can do something else meanwhile calls `rabbit.wait_ready()` later.

    Raises:
        StartFailed: a server is needed and could not be started.
    """
    amqp_url, mongo_url = os.environ.get("TOCSIN_AMQP_URL"), os.environ.get("TOCSIN_MONGO_URL")
    management_url = os.environ.get("TOCSIN_RABBITMQ_MANAGEMENT_URL")
    if amqp_url and mongo_url:
        return Servers(amqp_url, mongo_url, management_url, started=False), None
    with _one_at_a_time(base):
        local = LocalServers(base, prefer_usual_ports)
        started = False
        if not amqp_url:
            started |= not local.rabbit.is_running
            local.rabbit.begin_start()
        if not mongo_url:
            started |= not local.mongo.is_running
            local.mongo.start()
            mongo_url = local.mongo.url()
        if not amqp_url:
            if wait_for_broker:
                local.rabbit.wait_ready()
            amqp_url, management_url = local.rabbit.amqp_url(), local.rabbit.management_url
    return Servers(amqp_url, mongo_url, management_url, started), local


@contextmanager
def _one_at_a_time(base: Path) -> Iterator[None]:
    base.mkdir(parents=True, exist_ok=True)
    with (base / "starting.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _free_and_unused(preferred: int, used: set[int]) -> int:
    port = ports.free_port(preferred)
    while port in used:
        port = ports.free_port()
    return port


def main(arguments: list[str]) -> int:
    """`start` and `status` print the environment of the servers; `stop` kills them and deletes their data."""
    if len(arguments) != 2 or arguments[0] not in ("start", "stop", "status"):
        print("usage: python -m deploy.local.servers start|stop|status FOLDER", file=sys.stderr)
        return 2
    action, base = arguments[0], Path(arguments[1])
    if action == "start":
        try:
            servers, _ = ensure_servers(base)
        except StartFailed as failure:
            print(failure, file=sys.stderr)
            return 1
        (base / "keep").touch()  # test sessions that come and go leave these running
        print(f"export TOCSIN_AMQP_URL={servers.amqp_url}\nexport TOCSIN_MONGO_URL='{servers.mongo_url}'")
    elif (base / "ports.json").exists():
        local = LocalServers(base)
        if action == "stop":
            (base / "keep").unlink(missing_ok=True)
            local.destroy()
        print(f"RabbitMQ pid={local.rabbit.pid} MongoDB pid={local.mongo.pid}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
