"""How long a behavioural plan takes over many stored alerts: python -m tests.bench.behaviour [--alerts 100000]

Needs TOCSIN_MONGO_URL. Prints per seeded change: seconds, CPU seconds (without the database), alerts, what differs,
memory of the api and its client together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
import yaml

from shared import clock
from shared.config import Settings
from shared.domain.model import Alert
from shared.events import derived_id
from shared.store.alerts import Alerts
from tests.integration.api.api_running import RunningApi, an_api
from tests.support import servers
from tests.support.rehearsing import DECLARATION

AT_ONCE = 2000
FILLER = "x" * 1600
TITLE = 'web: { title: "{{ payload.title }}"'
CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "nothing": (),
    "a route": (("severity == 'info'", "severity in ['info', 'warning']"),),
    "a text": (("web: {", 'slack: { title: "{{ payload.title }} ({{ payload.host }})" }\n      web: {'),),
    "a chain": (("duration: 5m", "duration: 6m"),),
    "every group": (
        ('{{ payload.host }}"\n      resolve', '{{ payload.host }} {{ payload.disk }}"\n      resolve'),
    ),
    "everything": (
        ('{{ payload.host }}"\n      resolve', '{{ payload.host }} {{ payload.disk }}"\n      resolve'),
        ("severity == 'info'", "severity in ['info', 'warning']"),
        (TITLE, 'web: { title: "{{ payload.title }} on {{ payload.host }}"'),
        ("duration: 5m", "duration: 6m"),
        ("service: shop", "service: till"),
    ),
}


def alerts(integration_id: str, count: int) -> Iterator[Alert]:
    """Yield so many alerts of 2 KB over a day: 1,000 hosts, one in five resolves."""
    began_at = clock.now() - timedelta(hours=23)
    for number in range(count):
        payload = {
            "host": f"h{number % 1000}",
            "disk": f"d{number % 3}",
            "title": f"Disk of h{number % 1000} is full",
            "severity": ("info", "warning", "critical")[number % 3],
            "state": "ok" if number % 5 == 4 else "alerting",
            "details": {"text": FILLER, "values": list(range(40))},
        }
        yield Alert(
            id=derived_id("bench", number),
            integration_id=integration_id,
            received_at=began_at + timedelta(seconds=80_000 * number / count),
            payload=payload,
        )


async def fill(api: RunningApi, count: int) -> None:
    """Apply the declaration and store the alerts."""
    await api.ask("POST", "config/apply", yaml.safe_load(DECLARATION))
    (shop,) = (await api.get("integrations/"))["results"]
    store = Alerts(api.store)
    await store.prepare()
    waiting: list[Alert] = []
    for one in alerts(shop["id"], count):
        waiting.append(one)
        if len(waiting) == AT_ONCE:
            await store.insert_new(waiting, clock.now() + timedelta(days=1))
            waiting = []
    await store.insert_new(waiting, clock.now() + timedelta(days=1))


def cpu_s() -> float:
    """Return the CPU time of this process and of the workers that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, kinds))


async def measure(api: RunningApi) -> None:
    """Print what each change takes."""
    for name, changes in CHANGES.items():
        text = DECLARATION
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        began, spent = time.perf_counter(), cpu_s()
        reply = await api.ask("POST", "config/behaviour?since=86400", yaml.safe_load(text))
        took_s = time.perf_counter() - began
        summary: dict[str, Any] = json.loads(reply.body.splitlines()[-1])["summary"]
        cpu = cpu_s() - spent
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{name:12} {took_s:6.1f} s, {cpu:6.1f} s of CPU, {summary['alerts']} alerts, "
            f"{summary['affected']} affected, {summary['changes']}, peak {peak_mib} MiB {summary['ended_early'] or ''}"
        )


async def main(count: int) -> None:
    """Fill a database of its own, measure, drop it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    url = servers.with_database(
        Settings().mongo_url.get_secret_value().unicode_string(), servers.fresh_name()
    )
    with tempfile.TemporaryDirectory() as folder:
        async with an_api(mongo_url=url, data_dir=Path(folder)) as api:
            try:
                await fill(api, count)
                await measure(api)
            finally:
                await api.store.drop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().alerts))
