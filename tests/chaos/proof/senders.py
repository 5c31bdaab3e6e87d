"""Monitoring tools that never give up: each alert is sent again under its own key until the answer is 2xx."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.proof.plan import TOKENS, Plan

WORKERS = 16
RESOLVES = 0.04  # of the alerts about what is not left alone
REPEATS = 0.03  # of the accepted, sent once more although they were accepted
PAUSE_S = 0.1


@dataclass
class Senders:
    """`accepted` maps an Idempotency-Key to the alert id of its first 2xx, `at` an alert id to when that was."""

    plan: Plan
    urls: list[str]
    accepted: dict[str, str] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)
    other_ids: list[str] = field(default_factory=list)  # answers to a repeat that named another alert
    tries: int = 0
    resolves: int = 0

    async def run(self) -> None:
        """Send everything that is planned, evenly over the planned time."""
        chance = self.plan.stream("alerts")
        began = time.monotonic()
        turn = itertools.count()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:

            async def work() -> None:
                while (number := next(turn)) < self.plan.alerts:
                    due = began + self.plan.spread_s * number / self.plan.alerts
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    await self._one(client, number, bodies[number], repeats[number])

            bodies = [
                self._body(number, chance.randrange(self.plan.keys)) for number in range(self.plan.alerts)
            ]
            repeats = [chance.random() < REPEATS for _ in bodies]
            await asyncio.gather(*(work() for _ in range(WORKERS)))

    def _body(self, number: int, key: int) -> dict[str, object]:
        alone = self.plan.is_left_alone(key)
        over = not alone and self.plan.stream(f"resolve {number}").random() < RESOLVES
        self.resolves += over
        state = "ok" if over else "alerting"
        return {
            "alert_uid": f"key-{key}",
            "title": f"Thing {key} is broken",
            "state": state,
            "n": number,
            "key": key,
        }

    async def _one(
        self, client: aiohttp.ClientSession, number: int, body: dict[str, object], again: bool
    ) -> None:
        name = f"prove-{self.plan.seed}-{number}"
        for attempt in itertools.count():
            id = await self._post(client, name, body, number + attempt)
            if id is not None:
                self.accepted[name] = id
                self.at[id] = time.time()
                break
            await asyncio.sleep(PAUSE_S)
        if again:
            repeated = await self._post(client, name, body, number + 1)
            if repeated not in (None, id):
                self.other_ids.append(f"{name}: {id} and {repeated}")

    async def _post(
        self, client: aiohttp.ClientSession, name: str, body: dict[str, object], turn: int
    ) -> str | None:
        """Return the alert's id if the answer is 2xx."""
        self.tries += 1
        token = TOKENS[int(str(body["key"])) % len(TOKENS)]
        url = f"{self.urls[turn % len(self.urls)]}/integrations/v1/webhook/{token}/"
        try:
            async with client.post(url, json=body, headers={"Idempotency-Key": name}) as answer:
                if answer.status // 100 != 2:
                    return None
                return str((await answer.json())["alert_id"])
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return None
