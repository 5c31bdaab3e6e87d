"""What the rules of people ask for in a run, worked out from the configuration alone: the oracle of personal chains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.events import NotificationRequested, derived_id
from tests.chaos.proof.plan import PAGING_RULES, WAIT_S


@dataclass(frozen=True)
class Expected:
    """One page: the id that its request must have, and how many seconds after the run began it is due."""

    request_id: str
    after_s: int
    words: str


def expected_pages(stored: Any, group_id: str, run: int) -> Iterator[Expected]:
    """Return the pages of a run that nobody ends: each step's people, each by all rules that tell something.

    A page's id says where it stands (group, run, round, step, person, rule), so a mail that stands elsewhere, or
    stands there twice, is seen whatever it was sent for.
    """
    ids = Ids.of(stored)
    for began_s, step_id, user_id, name in ids.steps:
        for position in PAGING_RULES:
            parts = (f"0.{step_id}", user_id, position)
            id = derived_id(NotificationRequested.type, group_id, run, *parts)
            after_s = began_s + (WAIT_S if position else 0)
            yield Expected(id, after_s, f"{name} by rule {position + 1}")


@dataclass(frozen=True)
class Ids:
    """The steps that tell somebody: when they run, their ids, whom they tell."""

    steps: tuple[tuple[int, str, str, str], ...]

    @classmethod
    def of(cls, stored: Any) -> Ids:
        """Read the ids that the configuration got when it was stored."""
        return _ids(stored)


@lru_cache(maxsize=1)
def _ids(stored: Any) -> Ids:
    users = {one["_id"]: one["username"] for one in stored.users.find()}
    steps = list(stored.escalation_policies.find({"type": "notify_persons"}))
    found = [
        (WAIT_S if step["position"] else 0, str(step["_id"]), str(user_id), str(users[user_id]))
        for step in steps
        for user_id in step["parameters"]["persons_to_notify"]
    ]
    return Ids(tuple(sorted(found)))
