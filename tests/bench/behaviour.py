"""How long a behavioural plan takes over many stored alerts: python -m tests.bench.behaviour [--workload unlike]

Needs TOCSIN_MONGO_URL. Prints per seeded change: seconds, CPU seconds (without the database), alerts, what differs,
memory of the api and its client together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from shared import clock
from shared.config import Settings
from shared.domain.model import Alert
from shared.events import derived_id
from shared.store.alerts import Alerts
from tests.bench.behaviour_workload import WORKLOADS, Workload
from tests.integration.api.api_running import RunningApi, an_api
from tests.support import servers

AT_ONCE = 2000
LAST_BYTES = 8192


async def fill(api: RunningApi, workload: Workload, count: int) -> None:
    """Apply the declaration and store so many alerts over a day."""
    reply = await api.ask("POST", "config/apply", workload.declaration)
    assert reply.status == 200, reply
    ids = {one["name"]: one["id"] for one in (await api.get("integrations/"))["results"]}
    store = Alerts(api.store)
    await store.prepare()
    began_at = clock.now() - timedelta(hours=23)
    for start in range(0, count, AT_ONCE):
        alerts: list[Alert] = []
        for number in range(start, min(start + AT_ONCE, count)):
            name, payload = workload.alert(number)
            at = began_at + timedelta(seconds=80_000 * number / count)
            id = derived_id("bench", number)
            alerts.append(Alert(id=id, integration_id=ids[name], received_at=at, payload=payload))
        await store.insert_new(alerts, clock.now() + timedelta(days=1))


def cpu_s() -> float:
    """Return the CPU time of this process and of the workers that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, kinds))


async def summary_of(api: RunningApi, candidate: dict[str, Any]) -> dict[str, Any]:
    """Return the last line of a plan; the others are only read."""
    url, headers = f"{api.url}/api/v1/config/behaviour?since=86400", {"Authorization": api.token}
    end = b""
    async with api.client.post(url, json=candidate, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        async for some in answer.content.iter_any():
            end = (end + some)[-LAST_BYTES:]
    summary: dict[str, Any] = json.loads(end.splitlines()[-1])["summary"]
    return summary


async def measure(api: RunningApi, workload: Workload, wanted: list[str]) -> None:
    """Print what each change takes."""
    for name in wanted or workload.changes:
        began, spent = time.perf_counter(), cpu_s()
        summary = await summary_of(api, workload.changed(name))
        took_s = time.perf_counter() - began
        cpu = cpu_s() - spent
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{name:12} {took_s:6.1f} s, {cpu:6.1f} s of CPU, {summary['alerts']} alerts, "
            f"{summary['affected']} affected, {summary['changes']}, peak {peak_mib} MiB "
            f"{summary['ended_early'] or ''}, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


async def main(count: int, name: str, wanted: list[str]) -> None:
    """Fill a database of its own, measure, drop it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    url = servers.with_database(
        Settings().mongo_url.get_secret_value().unicode_string(), servers.fresh_name()
    )
    with tempfile.TemporaryDirectory() as folder:
        async with an_api(mongo_url=url, data_dir=Path(folder)) as api:
            try:
                await fill(api, WORKLOADS[name], count)
                await measure(api, WORKLOADS[name], wanted)
            finally:
                await api.store.drop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--workload", choices=WORKLOADS, default="mixed")
    parser.add_argument("--change", action="append", default=[], help="only this one")
    given = parser.parse_args()
    asyncio.run(main(given.alerts, given.workload, given.change))
