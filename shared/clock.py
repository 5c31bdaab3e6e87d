"""The only place that reads the time of day, so that a test can move it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return _source()


def monotonic_s() -> float:
    """Return seconds on a clock that never jumps; only differences mean anything."""
    return time.monotonic()


def wait_s(until: datetime) -> float:
    """Return the seconds from now until then; 0 where a test moves the clock: nobody knows how long it will take."""
    return max(0.0, (until - now()).total_seconds()) if _source is _wall else 0.0


def unix_ns() -> int:
    """Return nanoseconds since the epoch by the wall clock, for spans; a test's clock does not move it."""
    return time.time_ns()


def _wall() -> datetime:
    return datetime.now(UTC)


class FileClock:
    """The wall clock plus an offset in seconds that a test writes into a file (whole processes)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = 0.0
        self._offset_s = 0.0

    def __call__(self) -> datetime:
        if time.monotonic() - self._read_at > 0.02:
            self._read_at = time.monotonic()
            text = self._path.read_text().strip() if self._path.exists() else ""
            self._offset_s = float(text) if text else 0.0
        return datetime.fromtimestamp(time.time() + self._offset_s, UTC)


_source: Clock = _wall


def use(source: Clock) -> Clock:
    """Replace the source of time for this process and return the one before."""
    global _source
    before, _source = _source, source
    return before


def use_test_clock_if_asked(environment: str) -> None:
    """Read time from the file named by TOCSIN_TEST_CLOCK.

    Raises:
        RuntimeError: the variable is set although `environment` is not "test".
    """
    path = os.environ.get("TOCSIN_TEST_CLOCK")
    if not path:
        return
    if environment != "test":
        raise RuntimeError("TOCSIN_TEST_CLOCK is refused: it needs TOCSIN_ENV=test")
    use(FileClock(Path(path)))
