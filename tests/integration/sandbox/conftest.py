"""Tests of the sandbox start its processes as services do, with an interpreter of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import forking


@pytest.fixture(scope="module", autouse=True)
def real_processes() -> Iterator[None]:
    """Nothing is forked in these tests."""
    with forking.stopped():
        yield
