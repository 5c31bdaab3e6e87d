"""How long pages of the console take at the server with many open groups: python -m tests.bench.console

Needs TOCSIN_MONGO_URL. Prints the median and the worst of some answers per page, in milliseconds: the list of alert
groups, all of them open; insights over them and as many pages; the playground over the last 200 alerts.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from shared import clock
from shared.config import Settings
from shared.domain.model import Alert
from shared.events import derived_id
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.alerts import Alerts
from shared.store.deliveries import Deliveries
from shared.store.mongo import Database
from tests.bench.behaviour_workload import MIXED
from tests.bench.group_list import a_group
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi, an_api
from tests.integration.console.browsing import Browser, by_token
from tests.support import servers

AT_ONCE = 1000
ROUNDS = 10
ALERTS = 200
PAGES = {
    "list": "/alert-groups",
    "list, firing": "/alert-groups?state=firing",
    "list, label": "/alert-groups?label=service:s7",
    "list, search": "/alert-groups?q=Disk",
    "list, rare search": "/alert-groups?q=77777",
    "list, page 100": "/alert-groups?page=100",
    "insights, 30 days": "/insights?days=30",
    "insights, a year": "/insights?days=365",
}


async def fill(database: Database, count: int) -> None:
    """Store so many open groups and pages, over 28 days."""
    groups, deliveries = AlertGroups(database), Deliveries.of(database)
    await groups.prepare()
    await deliveries.prepare()
    step = timedelta(days=28) / count
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(count, start + AT_ONCE))
        rows = [_open(number, step) for number in numbers]
        await groups.save([GroupWrite(one, None, [], clock.now()) for one in rows])
        await deliveries.collection.insert_new([_page(number, step) for number in numbers])


def _open(number: int, step: timedelta) -> Any:
    at = clock.now() - number * step
    none = {"resolved_at": None, "resolved_by": None, "opened_at": at, "last_alert_at": at}
    taken = {"acknowledged_at": at + timedelta(minutes=number % 60)} if number % 3 == 0 else {}
    return a_group(number).model_copy(update={**none, **taken})


def _page(number: int, step: timedelta) -> dict[str, Any]:
    return {
        "_id": f"p{number}",
        "kind": "page",
        "state": "sent",
        "subject_id": f"U{number % 40}",
        "finished_at": clock.now() - number * step,
    }


async def timed(name: str, ask: Callable[[], Awaitable[Any]], rounds: int = ROUNDS) -> None:
    """Print what an answer takes."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - began) * 1000)
    median, worst = statistics.median(taken), max(taken)
    print(
        f"{name:24} median {median:7.1f} ms  worst {worst:7.1f} ms  load {os.getloadavg()[0]:.1f}", flush=True
    )


async def pages(api: RunningApi) -> None:
    """Measure the pages."""
    browser: Browser = await by_token(api, await a_person(api, role="admin"))

    async def page(path: str) -> None:
        answer = await browser.get(path)
        assert answer.status == 200, answer

    for name, path in PAGES.items():
        await timed(name, lambda path=path: page(path))  # type: ignore[misc]


async def previews(api: RunningApi) -> None:
    """Measure an edit that is tried on the last 200 alerts, every medium, before and after."""
    reply = await api.ask("POST", "config/apply", MIXED.declaration)
    assert reply.status == 200, reply
    ids = {one["name"]: one["id"] for one in (await api.get("integrations/"))["results"]}
    for name in ("alertmanager 0", "zabbix 6", "webhook 8"):
        payloads = [payload for number in range(ALERTS * 10) if (found := MIXED.alert(number))[0] == name
                    for payload in [found[1]]]  # fmt: skip
        alerts = [
            Alert(id=derived_id(name, place), integration_id=ids[name], received_at=clock.now(), payload=one)
            for place, one in enumerate(payloads)
        ]
        await Alerts(api.store).insert_new(alerts, clock.now() + timedelta(days=1))
        templates = {"slack": {"title": "{{ web_title }}!"}}
        body = {"integration_id": ids[name], "last": ALERTS, "templates": templates}

        async def tried(body: dict[str, Any] = body) -> None:
            reply = await api.ask("POST", "preview", body)
            assert (reply.status, reply.body["count"]) == (200, ALERTS), reply.status

        await timed(f"playground, {name}", tried, 3)


async def main(count: int) -> None:
    """Fill a database of its own, measure, drop it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    url = servers.with_database(
        Settings().mongo_url.get_secret_value().unicode_string(), servers.fresh_name()
    )
    with tempfile.TemporaryDirectory() as folder:
        async with an_api(mongo_url=url, data_dir=Path(folder)) as api:
            try:
                await previews(api)
                await fill(api.store, count)
                await pages(api)
            finally:
                await api.store.drop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().groups))
