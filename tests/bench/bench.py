"""`make bench`: what the whole pipeline does on this machine, servers and load generator included.

Numbers of different days or machines do not compare; the ratio to the limit probe of the same run does.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psutil
import pymongo
import uvloop

from deploy.local.servers import LocalServers
from shared.bus.queues import states
from shared.bus.rabbit import Rabbit
from shared.bus.topology import CONSUMES, lanes_of, queue_name
from tests.bench.costs import Cost, costs_of, spent_s
from tests.bench.load import Load
from tests.bench.relay import probe
from tests.bench.workload import CONFIGURATION, Workload
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

DRAIN_S = 10.0
TRIAL_S = 12.0
LATENCY_S = 30.0
IDLE_S = 10.0


@dataclass
class Trial:
    """One load at one rate, and whether the pipeline kept up with it."""

    offered: float
    rate: float
    accepted: int
    drained_s: float
    kept_up: bool
    cpu_s: dict[str, float]


class Bench:
    """The stack under load, and everything that watches it."""

    def __init__(self, stack: Stack, servers: LocalServers, smtp: SmtpDouble, rabbit: Rabbit) -> None:
        self.stack = stack
        self.servers = servers
        self.smtp = smtp
        self.rabbit = rabbit
        self.load = Load(stack.instance("receiver").port)
        self._trials = 0

    def pids(self) -> dict[str, int]:
        """Return the processes that share this machine."""
        found = {one.service: one.process.pid for one in self.stack.instances if one.process is not None}
        return found | {
            "rabbitmq": self.servers.rabbit.pid,
            "mongod": self.servers.mongo.pid,
            "load": psutil.Process().pid,
        }

    async def drained(self, timeout_s: float) -> float | None:
        """Wait until every queue and the recorder is empty; return the seconds it took, None when it took longer."""
        began = time.perf_counter()
        names = {queue_name(service, lane) for service in CONSUMES for lane in lanes_of(service)}
        calm = 0
        while time.perf_counter() - began < timeout_s:
            waiting = sum(one.messages for one in await states(self.rabbit) if one.name in names)
            busy = waiting or await self._in_flight() or self._unsent()
            calm = 0 if busy else calm + 1
            if calm == 2:
                return time.perf_counter() - began
            await asyncio.sleep(0.1)
        return None

    def _unsent(self) -> int:
        """Return how many pages wait in the ledger."""
        with pymongo.MongoClient[dict[str, Any]](self.servers.mongo.url()) as client:
            return client["tocsin"]["deliveries"].count_documents({"due_at": {"$exists": True}}, limit=1)

    def commands(self) -> dict[str, int]:
        """Return how many commands of each kind the database has had."""
        with pymongo.MongoClient[dict[str, Any]](self.servers.mongo.url()) as client:
            status = client.admin.command("serverStatus")["metrics"]["commands"]
        counts = {
            name: one["total"] for name, one in status.items() if isinstance(one, dict) and "total" in one
        }
        return {name: count for name, count in counts.items() if count > 100}

    async def batches(self) -> dict[str, tuple[float, float]]:
        """Return how many batches each stage has handled, and how many events they held."""
        found: dict[str, tuple[float, float]] = {}
        for service in {one.service for one in self.stack.instances} & set(CONSUMES):
            lines = await self._metrics(service)
            counts = {
                name: sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))
                for name in ("tocsin_stage_batch_events_count", "tocsin_stage_batch_events_sum")
            }
            found[service] = (
                counts["tocsin_stage_batch_events_count"],
                counts["tocsin_stage_batch_events_sum"],
            )
        return found

    async def _metrics(self, service: str) -> list[str]:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{self.stack.url(service)}/metrics") as answer,
        ):
            return (await answer.text()).splitlines()

    async def _in_flight(self) -> float:
        total = 0.0
        async with aiohttp.ClientSession() as client:
            for service in {one.service for one in self.stack.instances} & set(CONSUMES):
                async with client.get(f"{self.stack.url(service)}/metrics") as answer:
                    for line in (await answer.text()).splitlines():
                        if line.startswith("tocsin_stage_events_in_flight{"):
                            total += float(line.rsplit(" ", 1)[1])
        return total

    async def trial(self, offered: float, pool: int, seconds: float = TRIAL_S) -> Trial:
        """Load at a rate for some seconds, after opening the pool of groups; then see whether it drains."""
        self._trials += 1
        work = Workload(f"t{self._trials}", pool, seed=self._trials)
        await self.load.all_of(work.open_all(), 200)
        await self.drained(60)
        before = costs_of(self.pids())
        result = await self.load.run(work.next, offered, seconds)
        drained_s = await self.drained(DRAIN_S)
        spent = spent_s(before, costs_of(self.pids()))
        kept_up = drained_s is not None and result.refused == 0 and result.rate > 0.95 * offered
        if drained_s is None:
            drained_s = DRAIN_S + (await self.drained(300) or 300)
        return Trial(offered, result.rate, result.accepted, drained_s, kept_up, spent)

    async def sustained(self, pool: int, start: float, most: int) -> Trial:
        """Return the fastest load that the pipeline keeps up with: upwards in steps of a fifth, then halfway back."""
        best: Trial | None = None
        rate, failed = start, 0.0
        tried = 0
        while best is None or tried < most:
            tried += 1
            trial = await self.trial(rate, pool)
            print(
                f"  {trial.offered:6.0f}/s offered, {trial.rate:6.0f}/s accepted, drained in {trial.drained_s:4.1f} s",
                flush=True,
            )
            if trial.kept_up:
                best = trial if best is None or trial.rate > best.rate else best
                rate = rate * 1.25 if not failed else (rate + failed) / 2
            else:
                failed = rate
                # What was accepted is more than the pipeline handles, and far less than was offered on a slow machine.
                rate = (best.rate + failed) / 2 if best is not None else min(rate, trial.rate) * 0.8
            if best is not None and failed and failed / best.rate < 1.08:
                break
        return best

    async def latency_ms(self, per_s: float, seconds: float = LATENCY_S) -> list[float]:
        """Return the time from the answer of an opening alert to its mail at the SMTP double, in a mixed load."""
        self._trials += 1
        prefix = f"t{self._trials}"
        work = Workload(prefix, 50, seed=self._trials)
        await self.load.all_of(work.open_all(), 100)
        await self.drained(30)
        self.smtp.mails.clear()
        arrived: dict[str, float] = {}
        watching = asyncio.create_task(self.watch(arrived))
        result = await self.load.run(work.next, per_s, seconds)
        await self.drained(60)
        watching.cancel()
        return [1000 * (arrived[one] - at) for one, at in result.accepted_at.items() if one in arrived]

    async def watch(self, arrived: dict[str, float]) -> None:
        """Note when each mail came: looked at every millisecond, which is what the figures are good for."""
        seen = 0
        while True:
            while seen < len(self.smtp.mails):
                subject = str(self.smtp.mails[seen].message["Subject"])
                name = next((word for word in subject.replace("[", " ").split() if word.startswith("t")), "")
                arrived.setdefault(name.strip("(),:"), time.perf_counter())
                seen += 1
            await asyncio.sleep(0.001)


def percentile(values: list[float], percent: float) -> float:
    """Return the value that so many percent of the values do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * len(ordered)))]


def _print_latency(name: str, values: list[float]) -> None:
    p50, p95, p99 = (percentile(values, one) for one in (50, 95, 99))
    print(
        f"  {name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms of {len(values)} pages", flush=True
    )


def _print_costs(trial: Trial) -> None:
    print(f"CPU per alert at {trial.rate:.0f}/s (µs):")
    for name, spent in sorted(trial.cpu_s.items(), key=lambda one: -one[1]):
        print(f"  {name:18} {1e6 * spent / trial.accepted:7.0f}")
    print(f"  {'all':18} {1e6 * sum(trial.cpu_s.values()) / trial.accepted:7.0f}", flush=True)


def _print_memory(services: dict[str, Cost]) -> None:
    print("Memory per service with its template workers (MB):")
    for name, one in sorted(services.items(), key=lambda one: -one[1].rss_mb):
        print(f"  {name:18} {one.rss_mb:7.0f}")


def _bodies(count: int) -> list[tuple[bytes, int]]:
    """Return messages as the router gets them, full batches."""
    example = orjson.dumps(
        [{"id": "x" * 36, "type": "alert.received.v1", "data": {"alert": {"payload": "y" * 1500}}}] * 64
    )
    return [(example, 64)] * (count // 64)


async def bench(quick: bool, costs: int) -> int:
    """Run everything and print the figures; the last line is for machines."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        base = Path(folder)
        servers = LocalServers(base / "servers")
        servers.start()
        try:
            async with SmtpDouble() as smtp:
                return await _bench_with(servers, smtp, base, quick, costs)
        finally:
            servers.destroy()


async def _bench_with(servers: LocalServers, smtp: SmtpDouble, base: Path, quick: bool, costs: int) -> int:
    amqp_url, mongo_url = servers.rabbit.amqp_url(), servers.mongo.url()
    settings = {
        "TOCSIN_SMTP_HOST": smtp.host,
        "TOCSIN_SMTP_PORT": str(smtp.port),
        "TOCSIN_LOG_LEVEL": "warning",
        # One page a group is what is measured; a storm would hold them back, and look quick.
        "TOCSIN_STORM_GROUPS_PER_MINUTE": "0",
    }
    stack = Stack(amqp_url, mongo_url, base / "stack", settings=settings)
    rabbit = Rabbit(amqp_url, "bench")
    rabbit.start()
    try:
        await stack.start(CONFIGURATION)
        await rabbit.wait_connected()
        made = Bench(stack, servers, smtp, rabbit)
        if costs:
            return await _costs_only(made, costs)
        return await _figures(made, amqp_url, quick)
    finally:
        await rabbit.close()
        await stack.stop()


async def _costs_only(bench: Bench, per_s: int) -> int:
    """Print what an alert costs at one rate: CPU time, so that a busy machine disturbs it little."""
    await bench.load.open()
    await bench.trial(300, 50, 5.0)
    for pool in (10, 1000):
        before = bench.commands()
        batches = await bench.batches()
        trial = await bench.trial(per_s, pool, 12.0)
        for name, (total, held) in (await bench.batches()).items():
            count, events = total - batches[name][0], held - batches[name][1]
            print(
                f"  {name:18} {events / max(count, 1):6.1f} events a batch, {events / trial.accepted:4.1f} an alert"
            )
        print(f"{pool} groups: {trial.accepted} alerts, drained in {trial.drained_s:.1f} s")
        _print_costs(trial)
        after = bench.commands()
        print({name: round((after[name] - before.get(name, 0)) / trial.accepted, 3) for name in after})
    return 0


async def _figures(bench: Bench, amqp_url: str, quick: bool) -> int:
    await bench.load.open()
    services = {one.service for one in bench.stack.instances}
    await bench.trial(300, 50, 5.0)  # warm: template caches, connections
    idle_before = costs_of(bench.pids())
    await asyncio.sleep(IDLE_S)
    idle = {
        name: one for name, one in spent_s(idle_before, costs_of(bench.pids())).items() if name in services
    }
    idle_pct = 100 * sum(idle.values()) / IDLE_S
    print(
        f"idle CPU of all services: {idle_pct:.1f} % of one core",
        {k: round(100 * v / IDLE_S, 2) for k, v in idle.items()},
    )
    print("latency, accept -> page at the SMTP double:")
    at_100 = await bench.latency_ms(100, 10 if quick else LATENCY_S)
    _print_latency("at 100/s", at_100)
    print("sustained, few groups (10):")
    few = await bench.sustained(10, 1200, 3 if quick else 6)
    print("sustained, many groups (1000):")
    many = await bench.sustained(1000, few.rate * 0.9, 3 if quick else 6)
    worst = min(few, many, key=lambda one: one.rate)
    _print_costs(few)
    _print_costs(many)
    _print_latency(
        f"at 70 % ({0.7 * worst.rate:.0f}/s)", await bench.latency_ms(0.7 * worst.rate, 10 if quick else 20)
    )
    memory = {name: one for name, one in costs_of(bench.pids()).items() if name in services}
    _print_memory(memory)
    limit = await probe(amqp_url, _bodies(64 * 600))
    print(f"limit probe, the same batches over as many hops without work: {limit:.0f} events/s")
    bench.load.close()
    p99 = percentile(at_100, 99)
    total_mb = sum(one.rss_mb for one in memory.values())
    print(
        f"bench: alerts_per_s={worst.rate:.0f} p99_ms_at_100={p99:.0f} limit_ratio={worst.rate / limit:.2f} "
        f"rss_mb_total={total_mb:.0f} idle_cpu_pct={idle_pct:.1f}"
    )
    return 0


def main() -> None:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter trials")
    parser.add_argument(
        "--costs", type=int, default=0, metavar="PER_S", help="only the CPU per alert at this rate"
    )
    options = parser.parse_args()
    sys.exit(uvloop.run(bench(options.quick, options.costs)))


if __name__ == "__main__":
    main()
