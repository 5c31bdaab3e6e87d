"""People who acknowledge, take back and resolve alert groups over the API, and repeat themselves until it answers."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.chaos.proof.plan import Plan

WORKERS = 6
PAUSE_S = 0.2
ANSWERS = (200, 400, 404)


@dataclass(frozen=True)
class Taken:
    """An action that was answered 200: from then on nobody may be paged for this group's `run`."""

    group_id: str
    action: str
    run: int
    answered_at: float


@dataclass
class People:
    """`taken` is what was answered 200; `runs` the run of each group that somebody acted on."""

    plan: Plan
    urls: list[str]
    token: str
    taken: list[Taken] = field(default_factory=list)
    refused: int = 0
    runs: dict[str, int] = field(default_factory=dict)
    acted_on: set[str] = field(default_factory=set)
    _busy: set[str] = field(default_factory=set)
    _stopping: bool = False

    async def run(self) -> None:
        """Act until `stop`, on new groups soon and on old ones late, at a pace that spreads the planned actions."""
        headers = {"Authorization": f"Bearer {self.token}"}
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as client:
            await asyncio.gather(*(self._work(client, number) for number in range(WORKERS)))

    def stop(self) -> None:
        """Let every worker finish what it does, and no more."""
        self._stopping = True

    async def _work(self, client: aiohttp.ClientSession, number: int) -> None:
        chance = self.plan.stream(f"person {number}")
        pause_s = self.plan.spread_s * WORKERS / self.plan.actions
        for turn in itertools.count():
            if self._stopping:
                return
            await asyncio.sleep(pause_s * chance.uniform(0.2, 1.0))
            url = self.urls[turn % len(self.urls)]
            group = self._pick(await self._groups(client, url), chance.random())
            if group is None:
                continue
            self._busy.add(group["id"])
            await self._act(client, group, chance.random(), f"{self.plan.seed}-{number}-{turn}")
            self._busy.discard(group["id"])

    async def _groups(self, client: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
        try:
            async with client.get(f"{url}/api/v1/alert_groups/?perpage=100") as answer:
                if answer.status != 200:
                    return []
                found: list[dict[str, Any]] = (await answer.json())["results"]
                return found
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return []

    def _pick(self, groups: list[dict[str, Any]], draw: float) -> dict[str, Any] | None:
        """Return a group that is nobody else's at the moment, the newer the likelier."""
        open_ones = [
            one
            for one in groups
            if one["state"] != "resolved"
            and one["id"] not in self._busy
            and not self.plan.is_left_alone(key_in(one["title"] or ""))
        ]
        return open_ones[int(draw * draw * len(open_ones))] if open_ones else None

    async def _act(
        self, client: aiohttp.ClientSession, group: dict[str, Any], draw: float, name: str
    ) -> None:
        taken = group["state"] == "acknowledged"
        action = "resolve" if draw < 0.25 else ("unacknowledge" if taken else "acknowledge")
        id = group["id"]
        self.acted_on.add(id)
        status = await self._until_answered(client, id, action, name)
        run = self.runs.setdefault(id, 1)
        if status != 200:
            self.refused += 1
        elif action == "unacknowledge":
            self.runs[id] = run + 1
        else:
            self.taken.append(Taken(id, action, run, time.time()))

    async def _until_answered(self, client: aiohttp.ClientSession, id: str, action: str, name: str) -> int:
        """Ask under one key until the outcome is known; 202 and 503 are asked again."""
        for turn in itertools.count():
            url = f"{self.urls[turn % len(self.urls)]}/api/v1/alert_groups/{id}/{action}/"
            try:
                async with client.post(url, headers={"Idempotency-Key": name}) as answer:
                    await answer.read()
                    if answer.status in ANSWERS:
                        return answer.status
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                pass
            await asyncio.sleep(PAUSE_S)
        raise AssertionError("unreachable")


def key_in(title: str) -> int:
    """Return the key that a group's title names."""
    return next((int(word) for word in title.split() if word.isdigit()), 0)
