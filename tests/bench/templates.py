"""What routing and rendering cost per alert, in the sandbox, with an Alertmanager body of 1.5 KB.

Run it as `python -m tests.bench.templates`; it prints one line per kind of job.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from shared.domain.configuration import Integration, Route
from shared.domain.model import Alert, Group
from shared.domain.template_jobs import RenderJob, RouteJob
from shared.integrations import by_slug
from shared.sandbox import Sandbox

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BATCH, ROUNDS = 50, 40
INTEGRATION = Integration(id="C1", name="prod", type="alertmanager", token_digest="x")
ROUTES = (
    Route(
        id="R1",
        integration_id="C1",
        routing_type="jinja2",
        routing_regex='{{ payload.commonLabels.severity == "warning" }}',
    ),
    Route(id="R2", integration_id="C1", routing_type="regex", routing_regex='"severity": "info"'),
    Route(id="R3", integration_id="C1", is_default=True),
)
GROUP = Group(
    id="G1",
    integration_id="C1",
    key="k",
    number=7,
    first_alert_id="A1",
    last_alert_id="A1",
    opened_at=NOON,
    last_alert_at=NOON,
)


def payload(number: int) -> dict[str, Any]:
    alertmanager = by_slug("alertmanager")
    assert alertmanager is not None
    (body,) = alertmanager.split(alertmanager.example_firing)
    notes = {**body["commonAnnotations"], "description": f"{number} " + "x" * 500}
    return {**body, "commonAnnotations": notes, "groupKey": f"{{}}:{number}"}


def route_jobs() -> list[RouteJob]:
    alerts = (
        Alert(id=f"A{n}", integration_id="C1", received_at=NOON, payload=payload(n)) for n in range(BATCH)
    )
    return [RouteJob(alert=one, integration=INTEGRATION, routes=ROUTES) for one in alerts]


def render_jobs() -> list[RenderJob]:
    return [
        RenderJob(
            integration=INTEGRATION,
            group=GROUP,
            payload=payload(n),
            media=("web", "slack", "email"),
            group_url="https://tocsin.example.com/alert-groups/7",
        )
        for n in range(BATCH)
    ]


def cpu_s(pid: int) -> float:
    """CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


async def measure(name: str, ask: Callable[[], Awaitable[Any]], worker: int) -> None:
    """Ask again and again and print what one job took: on the clock, here, and in the worker."""
    await ask()
    here, there, took = time.process_time(), cpu_s(worker), []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - started)
    jobs = BATCH * ROUNDS
    wall_us = statistics.median(took) / BATCH * 1e6
    print(
        f"{name}: us_per_job={wall_us:.0f} jobs_per_s={1e6 / wall_us:.0f}"
        f" caller_cpu_us={(time.process_time() - here) / jobs * 1e6:.0f}"
        f" worker_cpu_us={(cpu_s(worker) - there) / jobs * 1e6:.0f}"
    )


async def main() -> None:
    """Measure both kinds in one sandbox."""
    started = time.perf_counter()
    async with Sandbox() as sandbox:
        start_ms = (time.perf_counter() - started) * 1000
        (worker,) = sandbox.pids
        routes, renders = route_jobs(), render_jobs()
        print(f"bodies of {len(orjson.dumps(routes[0].alert.payload))} bytes in batches of {BATCH}")
        await measure("route", lambda: sandbox.route(routes, NOON), worker)
        await measure("render", lambda: sandbox.render(renders, NOON), worker)
        print(f"worker: start_ms={start_ms:.0f} rss_mb={memory_mb(worker)}")


if __name__ == "__main__":
    asyncio.run(main())
