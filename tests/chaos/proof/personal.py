"""What the rules of people ask for in a run, worked out from the configuration alone: the oracle of personal chains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.events import NotificationRequested, derived_id
from tests.chaos.proof.plan import CHAINS


@dataclass(frozen=True)
class Expected:
    """One page: the id that its request must have, and how many seconds after the run began it is due.

    `only_after`: it may only be there if that page was asked for before, because a second notify joins rules that
    are not over.
    """

    request_id: str
    after_s: int
    words: str
    only_after: str | None = None


@dataclass(frozen=True)
class Chain:
    """A person's rules as one step starts them: (position, seconds after the step, channel)."""

    step_id: str
    person_id: str
    name: str
    began_s: int
    rules: tuple[tuple[int, int, str], ...]
    joins: Chain | None = None

    @property
    def over_s(self) -> int:
        """When its last rule runs."""
        return self.began_s + self.rules[-1][1]


class Oracle:
    """Reads the ids that the configuration got when it was stored; knows nothing of how it is carried out."""

    def __init__(self, stored: Any) -> None:
        self._names = {one["_id"]: str(one["username"]) for one in stored.users.find()}
        self._rules = {
            (user_id, important): _rules(stored, user_id, important)
            for user_id in self._names
            for important in (False, True)
        }
        chains = {one["name"]: one["_id"] for one in stored.escalation_chains.find()}
        self._chains: Mapping[str, list[Chain]] = {
            one["_id"]: self._chains_of(stored, chains[CHAINS[one["name"]]])
            for one in stored.integrations.find()
        }

    def pages(self, integration_id: str, group_id: str, run: int) -> Iterator[Expected]:
        """Yield the pages of a run that nobody ends: each step's people, each by all rules that tell something.

        A page's id says where it stands (group, run, round, step, person, rule), so a message that stands elsewhere, or
        stands there twice, is seen whatever it was sent for.
        """
        for chain in self._chains[integration_id]:
            before = chain.joins
            last = _page_id(before, before.rules[-1][0], group_id, run) if before is not None else None
            for position, after_s, channel in chain.rules:
                words = f"{chain.name} by rule {position + 1}, {channel}"
                id = _page_id(chain, position, group_id, run)
                yield Expected(id, chain.began_s + after_s, words, last)

    def _chains_of(self, stored: Any, chain_id: str) -> list[Chain]:
        found: list[Chain] = []
        at_s = 0
        for step in stored.escalation_policies.find({"escalation_chain_id": chain_id}).sort("position"):
            if step["type"] == "wait":
                at_s += step["parameters"]["duration"]
            for user_id in step["parameters"].get("persons_to_notify", ()):
                running = [one for one in found if one.person_id == user_id and one.over_s > at_s]
                rules = self._rules[user_id, bool(step["important"])]
                joins = running[-1] if running else None
                found.append(Chain(str(step["_id"]), user_id, self._names[user_id], at_s, rules, joins))
        return found


def _page_id(chain: Chain, position: int, group_id: str, run: int) -> str:
    parts = (f"0.{chain.step_id}", chain.person_id, position)
    return derived_id(NotificationRequested.type, group_id, run, *parts)


def _rules(stored: Any, user_id: str, important: bool) -> tuple[tuple[int, int, str], ...]:
    """Return the rules of a list that tell something; an empty important list falls back to the default one."""
    query = {"user_id": user_id, "important": important}
    found, at_s = [], 0
    for position, rule in enumerate(stored.personal_notification_rules.find(query).sort("position")):
        if rule["type"] == "wait":
            at_s += rule["duration"]
        else:
            found.append((position, at_s, rule["type"].removeprefix("notify_by_")))
    return tuple(found) or (_rules(stored, user_id, important=False) if important else ())
