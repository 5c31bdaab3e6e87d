"""`python -m tests.bench.fairness`: what a quiet integration feels of a noisy one beside it.

A sends at 60 % of what the pipeline sustains, then far above it; B opens one group a second all the while.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import uvloop

from deploy.local.servers import LocalServers
from shared.bus.queues import states
from shared.bus.rabbit import Rabbit
from tests.bench.bench import Bench, percentile
from tests.bench.load import Load
from tests.bench.workload import CONFIGURATION, QUIET_TOKEN, Workload
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

QUIET_PER_S = 1.0
SECONDS = 60.0
FLOOD_SECONDS = 20.0
POOL = 50


class Fairness:
    """Two integrations on one pipeline."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._quiet = Load(bench.stack.instance("receiver").port)
        self._runs = 0

    async def beside(self, per_s: float, seconds: float) -> tuple[list[float], int]:
        """Return how long each page of B took while A sent `per_s`, in ms, and the longest backlog of A in messages."""
        self._runs += 1
        noisy = Workload(f"a{self._runs}", POOL, seed=self._runs)
        quiet = Workload(f"t{self._runs}", 1, seed=self._runs, token=QUIET_TOKEN)
        await self._bench.load.all_of(noisy.open_all(), 100)
        await self._bench.drained(60)
        self._bench.smtp.mails.clear()
        arrived: dict[str, float] = {}
        watching = asyncio.create_task(self._bench.watch(arrived))
        loading = asyncio.create_task(self._bench.load.run(noisy.next, per_s, seconds))
        backlog = asyncio.create_task(self._longest_backlog(seconds))
        result = await self._quiet.run(quiet.opening, QUIET_PER_S, seconds)
        sent = await loading
        longest = await backlog
        await self._bench.drained(300)
        watching.cancel()
        print(f"  A: {sent.rate:.0f}/s accepted of {per_s:.0f}/s offered", flush=True)
        missing = len(result.accepted_at) - len([one for one in result.accepted_at if one in arrived])
        assert missing == 0, f"{missing} pages of B never came"
        return [1000 * (arrived[one] - at) for one, at in result.accepted_at.items()], longest

    async def open(self) -> None:
        """Open the connections of both."""
        await self._bench.load.open()
        await self._quiet.open()

    async def _longest_backlog(self, seconds: float) -> int:
        longest = 0
        for _ in range(int(seconds)):
            found = await states(self._bench.rabbit)
            longest = max(longest, sum(one.messages for one in found if one.name.endswith(".bulk")))
            await asyncio.sleep(1.0)
        return longest


async def fairness(sustained: float) -> int:
    """Run both loads and print the figures; the last line is for machines."""
    with tempfile.TemporaryDirectory(prefix="tocsin-fairness-") as folder:
        base = Path(folder)
        servers = LocalServers(base / "servers")
        servers.start()
        try:
            async with SmtpDouble() as smtp:
                return await _fairness_with(servers, smtp, base, sustained)
        finally:
            servers.destroy()


async def _fairness_with(servers: LocalServers, smtp: SmtpDouble, base: Path, sustained: float) -> int:
    mail = {"TOCSIN_SMTP_HOST": smtp.host, "TOCSIN_SMTP_PORT": str(smtp.port), "TOCSIN_LOG_LEVEL": "warning"}
    stack = Stack(servers.rabbit.amqp_url(), servers.mongo.url(), base / "stack", settings=mail)
    rabbit = Rabbit(servers.rabbit.amqp_url(), "bench")
    rabbit.start()
    try:
        await stack.start(CONFIGURATION)
        await rabbit.wait_connected()
        both = Fairness(Bench(stack, servers, smtp, rabbit))
        await both.open()
        await both.beside(300, 5.0)  # warm
        at_60, _ = await both.beside(0.6 * sustained, SECONDS)
        flooded, backlog = await both.beside(3 * sustained, FLOOD_SECONDS)
    finally:
        await rabbit.close()
        await stack.stop()
    worst = [percentile(values, 99) for values in (at_60, flooded)]
    print(
        f"  B beside A at 60 %: p50 {percentile(at_60, 50):.0f} ms, p99 {worst[0]:.0f} ms of {len(at_60)} pages"
    )
    print(
        f"  B beside A at 300 %: p50 {percentile(flooded, 50):.0f} ms, p99 {worst[1]:.0f} ms of {len(flooded)} pages, "
        f"while A had up to {backlog} messages waiting"
    )
    print(
        f"fairness: p99_ms_at_60_pct={worst[0]:.0f} p99_ms_flooded={worst[1]:.0f} backlog_messages={backlog}"
    )
    return 0


def main() -> None:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(prog="fairness")
    parser.add_argument(
        "--sustained", type=float, default=900.0, metavar="PER_S", help="what `make bench` says is sustained"
    )
    sys.exit(uvloop.run(fairness(parser.parse_args().sustained)))


if __name__ == "__main__":
    main()
