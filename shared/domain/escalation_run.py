"""One run of a group through its chain: where it is, and what a walk through what is due in it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from shared.domain.configuration import ConfigSnapshot, StepConfig
from shared.domain.maintenance import Hold
from shared.domain.model import Actor, Card, Frozen, Group, Problem
from shared.domain.personal import Personal
from shared.domain.steps import NO_ANSWERS, Answers, Importance
from shared.domain.storm import HeldPage, Storm
from shared.events import Due, Event, GroupRendered, StageDecided, derived_id

STAGE = "escalator"
Storms = Mapping[str, Storm]
NO_STORMS: Storms = MappingProxyType({})
LAST_STEP = Actor(kind="escalation", name="the escalation chain")
# A medium's card when the renderer made none for it.
MEDIUM_OF = dict.fromkeys(("mobile_app_critical", "ntfy", "pushover", "apprise"), "mobile_app")


@dataclass(frozen=True)
class Known:
    """What is known beside the configuration: storms that are on, by integration, and answers to what steps asked.

    In a storm pages wait for digests.
    """

    storms: Storms = field(default_factory=lambda: NO_STORMS)
    answers: Answers = NO_ANSWERS


NOTHING_KNOWN = Known()


class Left(Frozen):
    """What an escalation would have done next when it was stopped: its next step, and whose rules were not through."""

    next_step_at: datetime | None = None
    personal: tuple[Personal, ...] = ()


class Escalation(Frozen):
    """One run of one group through its chain.

    `position` is the next step, `next_step_at` when it runs (None: no step is left, or it has ended).
    `ended` says why nothing more will happen; empty while something may. While it is `held` nothing is done:
    what falls due then is done when the hold ends. `held_version` is the configuration that was last asked.
    `held_pages` wait for digests of a storm, or were told by them. `paused` says what the chain waits for where it
    waits for no time but for alerts. `step_began_at` is when the step at `position` was first looked at.
    `importance` takes the place of what the steps say, "" does not. `config_version` is that of the snapshot.
    `left` is what a later run may go on with (resuming.py); None when it came to its end.
    """

    id: str
    group_id: str
    run: int
    group: Group
    cards: dict[str, Card]
    chain_id: str | None = None
    chain_name: str = ""
    steps: tuple[StepConfig, ...] = ()
    position: int = 0
    round: int = 0
    round_began_at: datetime
    next_step_at: datetime | None = None
    step_began_at: datetime | None = None
    paused: str = ""
    importance: Importance = ""
    personal: tuple[Personal, ...] = ()
    ended: str = ""
    held: Hold | None = None
    held_version: int = 0
    held_pages: tuple[HeldPage, ...] = ()
    left: Left | None = None
    version: int = 1
    config_version: int = 0

    @property
    def due_at(self) -> datetime | None:
        """When it wants to be looked at again; None when it ended, or waits for alerts alone."""
        if self.ended:
            return None
        if self.held is not None:
            return self.held.until
        times = [one.due_at for one in self.personal if one.due_at is not None]
        if self.next_step_at is not None:
            times.append(self.next_step_at)
        return min(times, default=None)


@dataclass
class Walk:
    """A step through everything that is due: steps of the chain first, then the rules of people.

    `said` are the sentences of the steps that were done; what they led to was told from place `steps_at` on.
    """

    escalation: Escalation
    cause: Event | Due
    config: ConfigSnapshot
    now: datetime
    known: Known = NOTHING_KNOWN
    events: list[Event] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    steps_at: int = 0

    def update(self, **changes: Any) -> None:
        self.escalation = self.escalation.model_copy(update=changes)

    def tell(self, kind: type[Event], id_parts: tuple[object, ...], **fields: Any) -> str:
        """Add a request whose id follows from where it stands in the run, not from what woke it."""
        made = self.made(kind, id_parts, **fields)
        self.events.append(made)
        return made.id

    def made(self, kind: type[Event], id_parts: tuple[object, ...], **fields: Any) -> Event:
        """Return what `tell` adds."""
        escalation = self.escalation
        id = derived_id(kind.type, escalation.group_id, escalation.run, *id_parts)
        made = kind.following(
            self.cause,
            time=self.now,
            subject=escalation.group_id,
            alert_id=self.cause.alert_id or escalation.group.last_alert_id,
            config_version=escalation.config_version,
            **fields,
        )
        return made.model_copy(update={"id": id})

    def say(
        self, decision: str, reason: str, parts: tuple[object, ...], problems: tuple[Problem, ...] = ()
    ) -> None:
        """Tell a decision that leads to no request; `parts` tell it from the others of the run."""
        self.tell(StageDecided, parts, **self._decided(decision, reason), problems=problems)

    def say_what_was_done(self, parts: tuple[object, ...]) -> None:
        """Tell what the steps did, before what they led to; nothing when none was done."""
        if self.said:
            decided = self._decided("went_on", "; ".join(self.said))
            self.events.insert(self.steps_at, self.made(StageDecided, parts, **decided))

    def name_of(self, user_id: str) -> str:
        """Return what people call a user."""
        user = self.config.user_by_id.get(user_id)
        return user.username if user is not None else user_id

    def _decided(self, decision: str, reason: str) -> dict[str, Any]:
        return {
            "stage": STAGE,
            "group_id": self.escalation.group_id,
            "decision": decision,
            "reason": reason,
        }


def card_of(escalation: Escalation, channel: str) -> Card:
    """Return what a channel shows of an escalation's group."""
    cards = escalation.cards
    fallback = cards.get("web") or Card(title=escalation.group.title or "")
    return cards.get(MEDIUM_OF.get(channel, channel)) or fallback


def decided(event: Event, decision: str, reason: str, now: datetime) -> StageDecided:
    """Return the answer to an event that leads to no request by itself."""
    group = getattr(event, "group", None)
    return StageDecided.following(
        event,
        part=STAGE,
        time=now,
        stage=STAGE,
        group_id=group.id if isinstance(group, Group) else event.subject,
        alerts=getattr(event, "alerts", ()),
        decision=decision,
        reason=reason,
    )


def goes_on(event: GroupRendered, held: str, due_at: datetime | None, now: datetime) -> StageDecided:
    """Return the answer to an event that changes nothing of an escalation."""
    if held:
        return decided(event, "held", held, now)
    return decided(event, "goes_on", _next_words(due_at), now)


def _next_words(due_at: datetime | None) -> str:
    return (
        f"next at {due_at.isoformat(timespec='seconds')}" if due_at is not None else "nothing is left to do"
    )
