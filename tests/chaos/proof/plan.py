"""What happens in a proof: how much is sent, what is killed when, and the configuration it runs with."""

from __future__ import annotations

import random
from dataclasses import dataclass

ALICE = "alice@example.org"
BOB = "bob@example.org"
TOKENS = ("provetoken0000000000001", "provetoken0000000000002")
WAIT_S = 60
# Each person is told twice, a minute apart: a chain of rules of his own inside the escalation.
RULES = f"[notify_by_email, {{type: wait, duration: {WAIT_S}}}, notify_by_email]"
PAGING_RULES = (0, 2)
CONFIGURATION = f"""
users:
  - {{username: alice, email: {ALICE}, rules: {{default: {RULES}}}}}
  - {{username: bob, email: {BOB}, rules: {{default: {RULES}}}}}
chains:
  - name: Alice, then Bob
    steps:
      - {{type: notify_persons, persons_to_notify: [alice]}}
      - {{type: wait, duration: 1m}}
      - {{type: notify_persons, persons_to_notify: [bob]}}
integrations:
  - name: One
    type: webhook
    token: {TOKENS[0]}
    templates: {{web: {{title: "{{{{ payload.title }}}}"}}}}
    default_route: {{chain: "Alice, then Bob"}}
  - name: Two
    type: webhook
    token: {TOKENS[1]}
    templates: {{web: {{title: "{{{{ payload.title }}}}"}}}}
    default_route: {{chain: "Alice, then Bob"}}
"""
SERVERS = ("stop broker", "kill broker", "stop database", "kill database")


@dataclass(frozen=True)
class Plan:
    """The size of a proof. What it does follows from the seed; how processes interleave does not.

    `spread_s` is the time over which the alerts are sent; `instances` of every service run.
    """

    seed: int
    alerts: int = 5000
    actions: int = 300
    instances: int = 2
    spread_s: float = 120.0
    rounds: int = 2  # how often each service is killed; the instances take turns

    @property
    def keys(self) -> int:
        """How many things there are that alerts are about."""
        return max(12, self.alerts // 7)

    def stream(self, name: str) -> random.Random:
        """Return a source of chance of its own, so that one part's draws do not move another's."""
        return random.Random(f"{self.seed}/{name}")

    def is_left_alone(self, key: int) -> bool:
        """Whether nobody ever acknowledges or resolves what is about this key: it must page, whatever happens."""
        return key % 3 == 0

    def disasters(self, services: list[str]) -> list[str]:
        """Return what is killed, in order: every service in each round, every server once stopped, once killed."""
        chance = self.stream("disasters")
        steps: list[str] = []
        for number in range(self.rounds):
            kills = [f"kill {service}-{number % self.instances}" for service in services]
            chance.shuffle(kills)
            steps += kills
        servers = list(SERVERS)
        chance.shuffle(servers)
        for position, server in enumerate(servers, start=1):
            steps.insert(position * (len(steps) + 1) // (len(servers) + 1), server)
        return steps
