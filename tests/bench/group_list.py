"""How long the list of alert groups takes over HTTP with many stored groups: python -m tests.bench.group_list

Needs TOCSIN_MONGO_URL. Prints the median and the worst of 20 answers per kind of list, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from shared import clock
from shared.config import Settings
from shared.domain.model import SOURCE, Group
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.mongo import Database
from tests.integration.api.api_running import RunningApi, an_api
from tests.support import servers

ROUNDS = 20
AT_ONCE = 1000
LISTS: dict[str, dict[str, str]] = {
    "unfiltered": {},
    "state=new": {"state": "new"},
    "state=resolved": {"state": "resolved"},
    "integration_id": {"integration_id": "C3"},
    "integration_id, state": {"integration_id": "C3", "state": "acknowledged"},
    "page 100": {"page": "100"},
}


def a_group(number: int) -> Group:
    """Return one of many groups: a tenth are open, one in twenty is acknowledged."""
    at = clock.now() - timedelta(seconds=number)
    fields: dict[str, Any] = {}
    if number % 10:
        fields = {"resolved_at": at, "resolved_by": SOURCE}
    elif number % 20 == 0:
        fields = {"acknowledged_at": at, "acknowledged_by": SOURCE}
    return Group(
        id=f"I{number:015d}",
        integration_id=f"C{number % 50}",
        route_id=f"R{number % 50}",
        key=f"{number:032x}",
        number=number,
        title=f"Disk {number} is full",
        alerts_count=3,
        first_alert_id=f"a{number}",
        last_alert_id=f"a{number}",
        opened_at=at,
        last_alert_at=at,
        labels={"severity": "critical", "service": f"s{number % 100}"},
        **fields,
    )


async def fill(database: Database, count: int) -> None:
    """Store so many groups."""
    groups = AlertGroups(database)
    await groups.prepare()
    for start in range(0, count, AT_ONCE):
        rows = [a_group(number) for number in range(start, min(count, start + AT_ONCE))]
        await groups.save([GroupWrite(one, None, [], clock.now()) for one in rows])


async def measure(api: RunningApi) -> None:
    """Print what each list takes."""
    for name, query in LISTS.items():
        taken = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            body = await api.get("alert_groups/", **query)
            taken.append((time.perf_counter() - began) * 1000)
        print(
            f"{name:24} median {statistics.median(taken):7.1f} ms  worst {max(taken):7.1f} ms  count {body['count']}"
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
                await fill(api.store, count)
                await measure(api)
            finally:
                await api.store.drop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().groups))
