"""What tests of several services share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from shared import clock


@pytest.fixture
def turn_clock() -> Iterator[Callable[[timedelta], None]]:
    """Move the clock of this process, and put it right at the end."""
    real = clock.use(clock.now)
    clock.use(real)

    def turn(by: timedelta) -> None:
        clock.use(lambda: real() + by)

    yield turn
    clock.use(real)
