"""`make run`: the whole of Tocsin on this machine, from nothing to three lines to paste.

Ctrl-C or SIGTERM stops everything that was started here; data stays under `.tocsin/`.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deploy.local.demo import SIGNS_IN, Demo
from deploy.local.keeper import Keeper, end_leftovers
from deploy.local.process import StartFailed
from deploy.local.servers import LocalServers, ensure_servers
from deploy.local.surroundings import ROOT, Surroundings

_READY_WITHIN_S = 90.0
_SERVER_PAUSE_S = 3.0


class LocalStack:
    """Servers, services and catcher as one thing that starts and stops."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._servers: LocalServers | None = None
        self._keeper: Keeper | None = None
        self._servers_checked_s = 0.0

    def start(self) -> None:
        """Return when everything is ready and told.

        Raises:
            StartFailed: something did not become ready; the message says what and where to look.
        """
        began = time.monotonic()
        end_leftovers(self._base / "run" / "services")
        say("Starting RabbitMQ and MongoDB ...")
        servers, self._servers = ensure_servers(
            self._base / "run", prefer_usual_ports=True, wait_for_broker=False
        )
        around = Surroundings(self._base, servers, os.environ)
        for note in [*(self._servers.moved if self._servers else []), *around.moved]:
            say(f"  {note}")
        say("Starting the services ...")
        jobs = around.jobs()
        self._keeper = Keeper(jobs, self._base / "run" / "services", self._base / "logs", say)
        self._keeper.start()
        if self._servers is not None and self._servers.rabbit.is_running:
            self._servers.rabbit.wait_ready()
        self._wait_for({"api"} & {job.name for job in jobs})
        demo = Demo(self._base, around)
        demo.prepare()
        self._wait_for({job.name for job in jobs})
        self._tell(around, demo, servers.management_url, time.monotonic() - began)

    def watch(self) -> None:
        """Start again whatever dies, until a signal comes."""
        while True:
            if self._keeper is not None:
                self._keeper.revive()
            if self._servers is not None:
                self._revive_servers(self._servers)
            time.sleep(0.2)

    def stop(self) -> None:
        """End the services, then the servers that were started here."""
        if self._keeper is not None:
            self._keeper.stop()
        folder = self._base / "run"
        if (folder / "ports.json").exists():
            LocalServers(folder).stop()

    def _revive_servers(self, local: LocalServers) -> None:
        if time.monotonic() - self._servers_checked_s < _SERVER_PAUSE_S:
            return
        self._servers_checked_s = time.monotonic()
        if not (os.environ.get("TOCSIN_AMQP_URL") or local.rabbit.is_running):
            say("RabbitMQ ended; starting it again")
            local.rabbit.begin_start()
        if not (os.environ.get("TOCSIN_MONGO_URL") or local.mongo.is_running):
            say("MongoDB ended; starting it again")
            local.mongo.begin_start()

    def _wait_for(self, names: set[str]) -> None:
        assert self._keeper is not None
        deadline = time.monotonic() + _READY_WITHIN_S
        while waiting := {name: why for name, why in self._keeper.unready().items() if name in names}:
            if time.monotonic() > deadline:
                reasons = "\n".join(f"  {name}: {why}" for name, why in waiting.items())
                raise StartFailed(
                    f"Not ready after {_READY_WITHIN_S:.0f} s (logs: {self._base / 'logs'}):\n{reasons}"
                )
            self._keeper.revive()
            time.sleep(0.1)

    def _tell(self, around: Surroundings, demo: Demo, management_url: str | None, took_s: float) -> None:
        say(f"\nTocsin is ready ({took_s:.1f} s).\n")
        say(f"  Console and API  {around.api_url}")
        if demo.password:
            say(f"  Sign in as       {SIGNS_IN}, password {demo.password}")
        say(f"  API token        {demo.token}")
        if around.catches_mail or around.catches_slack:
            say(f"  Caught mails, chat posts and webhooks  {around.catcher_url}")
        if management_url:
            say(f"  Queues           {management_url}")
        say(f"  Alerts by mail   127.0.0.1 port {around.ports['receiver_smtp']} (SMTP)")
        say(f"  Logs             {self._base / 'logs'}")
        lines = demo.lines()
        if lines:
            say("\nSend an alert, resolve it, and see where it went:\n")
            say("\n\n".join(lines))
        say("\nCtrl-C stops everything.")


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, flush=True)


@contextmanager
def _only_one(base: Path) -> Iterator[None]:
    base.mkdir(parents=True, exist_ok=True)
    with (base / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFailed("Tocsin already runs from this folder.") from None
        yield


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run until a signal; 0 after a clean stop, 1 when something could not be started."""
    signal.signal(signal.SIGTERM, _interrupt)
    base = Path(os.environ.get("TOCSIN_HOME", ROOT / ".tocsin"))
    try:
        with _only_one(base):
            return _live(LocalStack(base))
    except StartFailed as failure:
        print(failure, file=sys.stderr)
        return 1


def _live(stack: LocalStack) -> int:
    try:
        stack.start()
        stack.watch()
    except KeyboardInterrupt:
        say("\nStopping ...")
    finally:
        # a second Ctrl-C must not leave servers behind
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stack.stop()
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
