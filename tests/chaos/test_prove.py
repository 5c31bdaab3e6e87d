"""A smaller proof: every service killed once, each server stopped and killed once, all promises kept."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.chaos, pytest.mark.deep]
ROOT = Path(__file__).resolve().parents[2]
SMALLER = ("--seed", "11", "--alerts", "1500", "--actions", "120", "--spread", "150", "--rounds", "1")


async def test_nothing_is_lost_doubled_missed_or_late_while_everything_is_killed():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chaos.prove",
        *SMALLER,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printed, _ = await process.communicate()

    assert process.returncode == 0, printed.decode()
    assert (
        printed.decode()
        .splitlines()[-1]
        .startswith(
            "prove: accepted=1500 lost=0 duplicate_alerts=0 duplicate_pages=0 missing_pages=0 late_pages=0 unknown="
        )
    )
