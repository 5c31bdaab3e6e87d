"""`make run` keeps every service alive, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import ports
from deploy.local.keeper import Job, Keeper, end_leftovers
from deploy.local.process import OwnedProcess

SERVER = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


@pytest.fixture
def said() -> list[str]:
    """What the keeper told the person at the terminal."""
    return []


@pytest.fixture
def keeper(tmp_path: Path, said: list[str]) -> Iterator[Keeper]:
    """A keeper of one small web server, started."""
    port = ports.free_port()
    job = Job("web", [sys.executable, "-c", SERVER, str(port)], {"PATH": "/usr/bin"}, port)
    keeper = Keeper([job], tmp_path / "state", tmp_path / "logs", said.append)
    keeper.start()
    until(lambda: not keeper.unready())
    yield keeper
    keeper.stop()


def test_a_killed_service_is_running_again_without_anybody_doing_anything(
    keeper: Keeper, tmp_path: Path, said: list[str]
):
    before = web_pid(tmp_path)
    os.kill(before, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(before) or psutil.Process(before).status() == psutil.STATUS_ZOMBIE)

    keeper.revive()

    until(lambda: not keeper.unready())
    assert web_pid(tmp_path) != before
    assert said[0].startswith("web ended; starting it again")


def test_a_service_that_always_dies_is_not_started_in_a_hot_loop(tmp_path: Path, said: list[str]):
    job = Job("broken", [sys.executable, "-c", "raise SystemExit(3)"], {}, ports.free_port())
    keeper = Keeper([job], tmp_path / "state", tmp_path / "logs", said.append)
    keeper.start()
    end = time.monotonic() + 2

    def revive_until_end() -> bool:
        keeper.revive()
        return time.monotonic() > end

    until(revive_until_end)

    assert 2 <= len(said) <= 4
    keeper.stop()


def test_what_a_killed_run_left_behind_is_ended_by_the_next(keeper: Keeper, tmp_path: Path):
    assert keeper.unready() == {}

    end_leftovers(tmp_path / "state")

    assert keeper.unready() == {"web": "does not answer yet"}
    assert OwnedProcess(tmp_path / "state" / "web").pid() is None


def test_not_ready_says_why(keeper: Keeper):
    keeper.stop()

    assert keeper.unready() == {"web": "does not answer yet"}


def web_pid(folder: Path) -> int:
    pid = OwnedProcess(folder / "state" / "web").pid()
    assert pid is not None
    return pid


def until(condition: Callable[[], bool], within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
