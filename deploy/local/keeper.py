"""Keeps the processes of `make run` alive: starts them, starts again what died, stops them all."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.process import OwnedProcess

_SETTLED_S = 10.0
_LONGEST_PAUSE_S = 10.0


@dataclass(frozen=True)
class Job:
    """One process: its name, how it is started, and the port on which `/readyz` answers."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int


@dataclass
class _Kept:
    job: Job
    process: OwnedProcess
    log: Path
    started_s: float = 0.0
    quick_ends: int = 0
    not_before_s: float = field(default=0.0)


class Keeper:
    """Jobs of one folder; their logs lie beside each other as `<name>.log`."""

    def __init__(self, jobs: Sequence[Job], state: Path, logs: Path, say: Callable[[str], None]) -> None:
        self._kept = [_Kept(job, OwnedProcess(state / job.name), logs / f"{job.name}.log") for job in jobs]
        self._root = Path(__file__).resolve().parents[2]
        self._say = say

    def start(self) -> None:
        """Start every job."""
        for kept in self._kept:
            self._spawn(kept)

    def revive(self) -> None:
        """Start again whatever has died: at once, or after a growing pause when it dies again and again."""
        now = time.monotonic()
        for kept in self._kept:
            if kept.process.pid() is not None:
                continue
            if kept.not_before_s < kept.started_s:  # its end is news
                settled = now - kept.started_s > _SETTLED_S
                kept.quick_ends = 0 if settled else kept.quick_ends + 1
                pause_s = min(0.25 * 2**kept.quick_ends, _LONGEST_PAUSE_S) if kept.quick_ends > 1 else 0.0
                kept.not_before_s = now + pause_s
                self._say(f"{kept.job.name} ended; starting it again (log: {kept.log})")
            if now >= kept.not_before_s:
                self._spawn(kept)

    def unready(self) -> dict[str, str]:
        """Names of the jobs that are not ready, with the reason that each gives."""
        reasons = {kept.job.name: _why_unready(kept.job.port) for kept in self._kept}
        return {name: reason for name, reason in reasons.items() if reason}

    def stop(self) -> None:
        """Ask all to end at the same time; kill what has not ended after 10 s."""
        _end([kept.process for kept in self._kept])

    def _spawn(self, kept: _Kept) -> None:
        kept.process.spawn(kept.job.command, kept.job.environment, kept.log, folder=self._root)
        kept.started_s = time.monotonic()


def end_leftovers(state: Path) -> None:
    """End the jobs that an earlier, killed run left behind; they would still hold their ports."""
    _end([OwnedProcess(file.parent) for file in state.glob("*/pid")])


def _end(processes: Sequence[OwnedProcess]) -> None:
    for process in processes:
        process.ask_to_end()
    deadline = time.monotonic() + 10
    for process in processes:
        process.terminate(timeout_s=max(0.1, deadline - time.monotonic()))


def _why_unready(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
            return ""
    except urllib.error.HTTPError as refusal:
        return _failed_checks(refusal.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return "does not answer yet"


def _failed_checks(body: bytes) -> str:
    try:
        failed = json.loads(body).get("failed", {})
    except ValueError:
        return "not ready"
    return ", ".join(f"{check}: {reason}" for check, reason in failed.items())
