"""`make prove`: nothing is lost, doubled, missed or late while every process and both servers are killed under load.

    python -m tests.chaos.prove [--seed S] [--alerts N] [--actions N] [--spread SECONDS] [--keep]

Own servers, own ports, own data in a temporary folder. The last line is the verdict; exit code 1 if it is not clean.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pymongo

from deploy.local.servers import LocalServers
from shared.store.journal import Journal
from shared.store.mongo import Database
from tests.chaos.proof.arrivals import rows_of
from tests.chaos.proof.cut_off import CutOff
from tests.chaos.proof.disasters import Disasters
from tests.chaos.proof.ends import Ends
from tests.chaos.proof.people import People
from tests.chaos.proof.plan import Plan, configuration
from tests.chaos.proof.rest import NotAtRest, queues, wait_for_rest
from tests.chaos.proof.senders import Senders
from tests.chaos.proof.verdict import Evidence, Verdict, judge
from tests.support.stack import Stack, existing_services

REST_S = 300.0
SHOWN = 5
BEGAN = time.monotonic()


def say(text: str) -> None:
    """Print progress with the seconds since the beginning."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", flush=True)


async def prove(plan: Plan, folder: Path) -> Verdict:
    """Run one proof in a folder."""
    servers = LocalServers(folder / "servers")
    try:
        await asyncio.to_thread(servers.start)
        say("broker and database are ready")
        async with Ends(plan) as ends:
            instances = dict.fromkeys(existing_services(), plan.instances)
            stack = Stack(
                servers.rabbit.amqp_url(), servers.mongo.url(), folder / "stack", instances, ends.settings
            )
            try:
                await stack.start(configuration(ends.hooks.target))
                say(f"{len(stack.instances)} processes are ready")
                return await _under_load(plan, stack, servers, ends)
            finally:
                await stack.stop()
    finally:
        await asyncio.to_thread(servers.destroy)


async def _under_load(plan: Plan, stack: Stack, servers: LocalServers, ends: Ends) -> Verdict:
    senders = Senders(plan, [one.url for one in stack.of("receiver")])
    people = People(plan, [one.url for one in stack.of("api")], stack.token)
    with pymongo.MongoClient[Any](servers.mongo.url(), tz_aware=True) as client:
        stored = client.get_default_database()
        cut_off = CutOff(stored)
        disasters = Disasters(plan, stack, servers, ends, cut_off, stored, say)
        acting = asyncio.create_task(people.run())
        sending = asyncio.create_task(senders.run())
        await asyncio.gather(disasters.run(), sending)
        people.stop()
        await acting
        say(
            f"{len(senders.accepted)} alerts accepted in {senders.tries} tries, "
            f"{senders.resolves} of them resolves by the source; "
            f"{len(people.taken)} acknowledges and resolves by people, {people.refused} refused; {ends.counts()}"
        )
        if disasters.missed:
            say(f"nothing was in hand at: {', '.join(disasters.missed)}")
        await _rested(stack, servers, stored)
        dead = {name: count for name, count in queues(servers).items() if name.endswith(".dead")}
        evidence = Evidence(plan, senders, people, ends, cut_off, rows_of(stored), dead, stored)
        verdict = judge(evidence)
        await _show(verdict, evidence, servers)
        return verdict


async def _rested(stack: Stack, servers: LocalServers, stored: Any) -> None:
    try:
        rested_s = await wait_for_rest(servers, stored, REST_S)
    except NotAtRest as error:
        print(error, stack.logs_tail(15), sep="\n")
        raise
    say(f"at rest {rested_s:.1f} s after the last disaster")


async def _show(verdict: Verdict, evidence: Evidence, servers: LocalServers) -> None:
    groups = evidence.stored.alert_groups.count_documents({})
    bundled = sum(
        1 for row in evidence.rows.values() if row.bundle is not None and row.id in evidence.arrived
    )
    say(
        f"{groups} groups; {evidence.ends.counts()}; they told {len(evidence.pages)} pages, {bundled} of them "
        f"collected ones; {verdict.crossing} pages crossed an answer on the wire"
    )
    if verdict.unknown:
        print(f"unknown: {len(verdict.unknown)}", *(f"  {one}" for one in verdict.unknown), sep="\n")
    await _show_traces(verdict, servers)
    # Last: of a long output the end is what is kept.
    for kind, faults in verdict.faults().items():
        print(f"{kind}: {len(faults)}")
        for one in faults[:SHOWN]:
            print(f"  {one}")


async def _show_traces(verdict: Verdict, servers: LocalServers) -> None:
    """Print what the journal knows of the first faults: that is where to look."""
    database = Database(servers.mongo.url())
    journal = Journal(database)
    for one in verdict.lost[:SHOWN] + verdict.missing_pages[:SHOWN] + verdict.late_pages[:SHOWN]:
        kind, id = one.split(" ")[:2]
        found = await (journal.of_alert(id) if kind == "alert" else journal.of_group(id))
        print(f"trace of {kind} {id}:")
        for event in found[-25:]:
            why = f"{event.get('decision', '')}: {event.get('reason', '')}"
            print(f"  {event['time']} {event['type']} {event['source']} {why}")
    database.close()


def main() -> int:
    """Parse, prove, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.prove")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--alerts", type=int, default=5000)
    parser.add_argument("--actions", type=int, default=300)
    parser.add_argument("--spread", type=float, default=360.0, help="seconds over which the alerts are sent")
    parser.add_argument("--rounds", type=int, default=2, help="how often every service is killed")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    asked = parser.parse_args()
    plan = Plan(asked.seed, asked.alerts, asked.actions, spread_s=asked.spread, rounds=asked.rounds)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-prove-"))
    try:
        verdict = asyncio.run(prove(plan, folder))
    finally:
        if asked.keep:
            say(f"logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(verdict.line(plan.seed))
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
