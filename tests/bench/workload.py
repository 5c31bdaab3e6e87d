"""What the benchmark sends: Alertmanager bodies of 1.5 KB, one in twenty opening a group that pages somebody."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass

import orjson

from shared import integrations

TOKEN = "benchTokenOf25Characters0"
QUIET_TOKEN = "quietTokenOf25Characters0"
OPENS_ONE_IN = 20
PLACE = b"@PLACE@"
CONFIGURATION = f"""
users:
  - username: alice
    email: alice@bench.example
    rules: {{ default: [notify_by_email] }}
chains:
  - name: Page alice
    steps:
      - {{ type: notify_persons, persons_to_notify: [alice] }}
      - {{ type: wait, duration: 1h }}
      - {{ type: notify_persons, persons_to_notify: [alice] }}
integrations:
  - name: Bench
    type: alertmanager
    token: {TOKEN}
    routes:
      - jinja2: "{{{{ payload.commonLabels.severity == 'info' }}}}"
      - regex: '"severity": "none"'
    default_route: {{ chain: Page alice, slack: {{ enabled: false }} }}
  - name: Quiet
    type: alertmanager
    token: {QUIET_TOKEN}
    default_route: {{ chain: Page alice, slack: {{ enabled: false }} }}
"""


@dataclass(frozen=True)
class Sent:
    """One alert of the load: the name of its group, and whether it is the group's first."""

    group: str
    opens: bool
    request: bytes


class Workload:
    """Makes requests; `pool` is how many open groups the other nineteen in twenty are spread over."""

    def __init__(self, prefix: str, pool: int, seed: int = 1, token: str = TOKEN) -> None:
        self._prefix = prefix
        self._pool = pool
        self._random = random.Random(seed)
        self._opened = 0
        self._made = 0
        self._request = _request(len(f"{prefix}-{0:06}"), token)

    def open_all(self) -> list[Sent]:
        """Return the alerts that open the pool."""
        return [self._opening() for _ in range(self._pool)]

    def next(self) -> Sent:
        """Return the next alert of the mix."""
        self._made += 1
        if self._made % OPENS_ONE_IN == 0:
            return self._opening()
        return self._sent(self._random.randrange(self._pool), opens=False)

    def opening(self) -> Sent:
        """Return an alert that opens a group."""
        return self._opening()

    def _opening(self) -> Sent:
        self._opened += 1
        return self._sent(self._opened - 1, opens=True)

    def _sent(self, number: int, opens: bool) -> Sent:
        # Names have one length, so the bodies have one length too and need not be made anew.
        name = f"{self._prefix}-{number:06}"
        return Sent(name, opens, self._request.replace(PLACE, name.encode()))


def _request(length: int, token: str) -> bytes:
    """Return a whole HTTP request with PLACE where the group's name goes; `length` is that of a name."""
    kind = integrations.by_slug("alertmanager")
    assert kind is not None
    place = PLACE.decode()
    payload = copy.deepcopy(kind.example_firing)
    payload["groupKey"] = f'{{}}:{{alertname="{place}"}}'
    payload["groupLabels"] = {"alertname": place}
    payload["commonLabels"]["alertname"] = place
    body = orjson.dumps(payload)
    size = len(body) + body.count(PLACE) * (length - len(PLACE))
    head = (
        f"POST /integrations/v1/alertmanager/{token}/ HTTP/1.1\r\nHost: bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    )
    return head.encode() + body
