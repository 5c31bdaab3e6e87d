"""What processes cost: CPU seconds and memory, their children included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """CPU seconds so far, and resident memory in MB, of one service with its template workers."""

    cpu_s: float
    rss_mb: float


def cost_of(pid: int) -> Cost:
    """Return what a process and its children have cost; for the benchmark itself, which started all, only its own."""
    process = psutil.Process(pid)
    family = [process] if pid == psutil.Process().pid else [process, *process.children(recursive=True)]
    cpu_s = sum(sum(one.cpu_times()[:2]) for one in family)
    return Cost(cpu_s, sum(one.memory_info().rss for one in family) / 1e6)


def costs_of(pids: Mapping[str, int]) -> dict[str, Cost]:
    """Return the costs of several processes by name."""
    return {name: cost_of(pid) for name, pid in pids.items()}


def spent_s(before: Mapping[str, Cost], after: Mapping[str, Cost]) -> dict[str, float]:
    """Return the CPU seconds between two looks."""
    return {name: after[name].cpu_s - before[name].cpu_s for name in before}
