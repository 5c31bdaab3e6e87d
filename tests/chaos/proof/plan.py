"""What happens in a proof: how much is sent, what is killed when, and the configuration it runs with."""

from __future__ import annotations

import random
from dataclasses import dataclass

TOKENS = ("provetoken0000000000001", "provetoken0000000000002")
WAIT_S = 60  # the shortest wait there is
# SMS and calls of one person are kept so far apart: in a burst most of them go out several in one message.
BUNDLED_S = 10
CHATS = "C0ALERTS"
PHONES = {"+49300000001": "carol", "+49300000002": "dave"}
TOPICS = {"carols-phone": "carol", "erins-phone": "erin"}
MAILS = {f"{name}@example.org": name for name in ("alice", "bob", "dave", "erin")}
_WAIT = f"{{type: wait, duration: {WAIT_S}}}"
# Everybody is told several times, a minute apart: a chain of rules of his own inside the escalation. Carol's still
# runs when she is notified again. Dave's important rules are not his default ones.
CHAINS = {"One": "Alice, then Bob", "Two": "By every way"}


def configuration(webhook: str) -> str:
    """Return what the proof runs with; `webhook` is the contact point of those who are called by one."""
    mail_twice = f"[notify_by_email, {_WAIT}, notify_by_email]"
    carol = f"[notify_by_sms, {_WAIT}, notify_by_ntfy, {_WAIT}, notify_by_phone_call]"
    dave = f"[notify_by_phone_call, {_WAIT}, notify_by_webhook, notify_by_sms]"
    erin = f"[notify_by_ntfy, notify_by_webhook, {_WAIT}, notify_by_email]"
    hook = f'{{kind: webhook, address: "{webhook}"}}'
    phone_of = {name: number for number, name in PHONES.items()}
    topic_of = {name: f"{{kind: ntfy, address: {topic}}}" for topic, name in TOPICS.items()}
    title = '{web: {title: "{{ payload.title }}"}}'
    return f"""
users:
  - {{username: alice, email: alice@example.org, rules: {{default: {mail_twice}}}}}
  - {{username: bob, email: bob@example.org, rules: {{default: {mail_twice}}}}}
  - username: carol
    phone_number: "{phone_of["carol"]}"
    contact_points: [{topic_of["carol"]}]
    rules: {{default: {carol}}}
  - username: dave
    email: dave@example.org
    phone_number: "{phone_of["dave"]}"
    contact_points: [{hook}]
    rules: {{default: [notify_by_email], important: {dave}}}
  - username: erin
    email: erin@example.org
    contact_points: [{topic_of["erin"]}, {hook}]
    rules: {{default: {erin}}}
chains:
  - name: {CHAINS["One"]}
    steps:
      - {{type: notify_persons, persons_to_notify: [alice]}}
      - {{type: wait, duration: 1m}}
      - {{type: notify_persons, persons_to_notify: [bob]}}
  - name: {CHAINS["Two"]}
    steps:
      - {{type: notify_persons, persons_to_notify: [alice, carol, erin]}}
      - {{type: notify_persons, persons_to_notify: [dave], important: true}}
      - {{type: wait, duration: 1m}}
      - {{type: notify_persons, persons_to_notify: [carol]}}
      - {{type: notify_persons, persons_to_notify: [bob]}}
integrations:
  - name: One
    type: webhook
    token: {TOKENS[0]}
    templates: {title}
    default_route: {{chain: "{CHAINS["One"]}"}}
  - name: Two
    type: webhook
    token: {TOKENS[1]}
    templates: {title}
    default_route: {{chain: "{CHAINS["Two"]}", slack: {{id: {CHATS}}}}}
"""


SERVERS = ("stop broker", "kill broker", "stop database", "kill database")
# Moments at which every instance of a sender is killed: its message was taken and not answered for, or pages wait for
# the message that takes them along.
WINDOWS = {
    "email": "notifier",
    "sms": "notifier",
    "phone_call": "notifier",
    "ntfy": "notifier",
    "webhook": "notifier",
    "collected": "notifier",
    "post": "chatops_publisher",
}


@dataclass(frozen=True)
class Plan:
    """The size of a proof. What it does follows from the seed; how processes interleave does not.

    `spread_s` is the time over which the alerts are sent; `instances` of every service run.
    """

    seed: int
    alerts: int = 5000
    actions: int = 300
    instances: int = 2
    spread_s: float = 360.0
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
        """Return what is killed, in order: every service in each round, every sender in each window, every server."""
        chance = self.stream("disasters")
        steps: list[str] = []
        for number in range(self.rounds):
            kills = [f"kill {service}-{number % self.instances}" for service in services]
            chance.shuffle(kills)
            steps += kills
        for window, service in WINDOWS.items():
            # Not at the very beginning, when nobody has had a page yet, nor after the last alerts.
            steps.insert(chance.randint(2, len(steps) * 2 // 3), f"kill {service}-* at {window}")
        servers = list(SERVERS)
        chance.shuffle(servers)
        for position, server in enumerate(servers, start=1):
            steps.insert(position * (len(steps) + 1) // (len(servers) + 1), server)
        return steps
