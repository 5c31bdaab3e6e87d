"""`python -m tests.bench.watchdog`: what the watchdog costs at 100,000 open groups, here and in a database of its own.

Half of the escalations wait for a timer, half have ended. A timer is removed, and the time until it is found is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from deploy.local.servers import LocalServers
from services.escalator.watchdog import TICK_S, Watchdog, Watched
from services.escalator.watchdog_metrics import WatchdogMetrics
from shared import clock
from shared.domain.escalation import Escalation
from shared.domain.model import Card, Group
from shared.domain.watchdog import Finding
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.escalations import Escalations, EscalationWrite
from shared.store.mongo import Database
from shared.store.watch import Watch
from tests.support.build import a_configuration, a_group, notify, wait

CONFIG = a_configuration(notify("U1"), wait(60), notify("U2"))
KEEP = timedelta(days=1)
BATCH = 2000
IDLE_S = 20.0


class Configured:
    """A configuration that does not change."""

    current = CONFIG


class Found:
    """Takes findings in the place of mending; tells when the first came."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.at_s = 0.0

    async def mend(self, findings: Any) -> Any:
        """Remember them."""
        if findings and not self.findings:
            self.at_s = time.monotonic()
        self.findings += findings
        return findings

    async def end_abandoned(self, still_broken: Any) -> None:
        """Nothing is ever begun."""


def begun_escalation(group: Group, waits: bool) -> Escalation:
    """Return the escalation of a group: one that waits for two hours, or one whose chain is finished."""
    now = clock.now()
    return Escalation(
        id=f"{group.id}:1",
        group_id=group.id,
        run=1,
        group=group,
        cards={"web": Card(title="Disk", message="x" * 500)},
        chain_id="F1",
        chain_name="Primary",
        steps=CONFIG.steps_of["F1"],
        round_began_at=now,
        next_step_at=now + timedelta(hours=2) if waits else None,
        ended="" if waits else "finished: no step and no rule is left",
    )


async def fill(database: Database, count: int) -> str:
    """Store firing groups and their escalations; return the id of one that waits for a timer."""
    groups, escalations, now = AlertGroups(database), Escalations(database), clock.now()
    await groups.prepare()
    await escalations.prepare()
    ids = [f"I{uuid.uuid4().hex[:14]}" for _ in range(count)]
    for start in range(0, count, BATCH):
        made = [
            a_group(id=id, key=uuid.uuid4().hex, number=start + number, opened_at=now)
            for number, id in enumerate(ids[start : start + BATCH])
        ]
        await groups.save([GroupWrite(one, None, [], now) for one in made])
        begun = [begun_escalation(one, number % 2 == 1) for number, one in enumerate(made)]
        await escalations.save([EscalationWrite(one, None, [], now, KEEP) for one in begun])
    return ids[count // 2 + 1]


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def idle_share(mongod: int) -> float:
    """Return what a database that nobody asks costs, in per cent of a core."""
    began_s, before = time.monotonic(), cpu_s(mongod)
    await asyncio.sleep(IDLE_S)
    return 100 * (cpu_s(mongod) - before) / (time.monotonic() - began_s)


async def measure(asked: argparse.Namespace, url: str, mongod: int) -> None:
    """Fill the database at `url`, watch it, print."""
    database = Database(url)
    try:
        timer = await fill(database, asked.groups)
        found, metrics = Found(), WatchdogMetrics(CollectorRegistry())
        watched = Watched(Watch(database), AlertGroups(database), Escalations(database))
        watchdog = Watchdog(watched, found, Configured(), "bench", metrics)  # type: ignore[arg-type]
        await watched.watch.prepare()
        idle = await idle_share(mongod)
        print(f"database without any: {idle:.2f} % of a core")
        for name in ("first walk", "second walk"):
            began, before = time.process_time(), cpu_s(mongod)
            await watchdog.walk()
            passed = time.process_time() - began
            print(
                f"{name}: {passed:.2f} s CPU of this process, {cpu_s(mongod) - before:.2f} s of the database"
            )
        began_s, began, before = time.monotonic(), time.process_time(), cpu_s(mongod)
        deleted_s = 0.0
        while time.monotonic() < began_s + asked.seconds:
            if not deleted_s and time.monotonic() > began_s + asked.seconds / 2:
                await Escalations(database).collection.delete_one({"_id": f"{timer}:1"})
                deleted_s = time.monotonic()
            await watchdog.turn()
            await asyncio.sleep(TICK_S)
        passed = time.monotonic() - began_s
        print(f"groups {asked.groups}, watched {passed:.0f} s")
        print(f"this process: {100 * (time.process_time() - began) / passed:.2f} % of a core")
        print(f"database: {100 * (cpu_s(mongod) - before) / passed:.2f} % of a core")
        kinds = [(one.kind, one.group.id == timer) for one in found.findings]
        print(f"deleted timer: found after {found.at_s - deleted_s:.1f} s, {kinds}")
    finally:
        database.close()


def main() -> None:
    """Start a database, measure, remove it."""
    parser = argparse.ArgumentParser(prog="watchdog")
    parser.add_argument("--groups", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=90)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-watchdog-") as folder:
        servers = LocalServers(Path(folder))
        servers.start()
        try:
            asyncio.run(measure(asked, servers.mongo.url(), servers.mongo.pid))
        finally:
            servers.destroy()


if __name__ == "__main__":
    main()
