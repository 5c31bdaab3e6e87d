"""One run of a group through its chain: where it is, and a walk through everything that is due in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from shared.domain import personal as people
from shared.domain.configuration import ConfigSnapshot, StepConfig
from shared.domain.maintenance import Hold, held_by
from shared.domain.model import Actor, Card, Frozen, Group
from shared.domain.personal import Personal
from shared.domain.steps import Moment, StepResult, run_step
from shared.domain.storm import HeldPage, Storm, digest_id
from shared.events import (
    ActionRequested,
    Due,
    Event,
    NotificationRequested,
    StageDecided,
    WebhookRequested,
    derived_id,
)

STAGE = "escalator"
Storms = Mapping[str, Storm]
NO_STORMS: Storms = MappingProxyType({})
LAST_STEP = Actor(kind="escalation", name="the escalation chain")
# A medium's card when the renderer made none for it.
MEDIUM_OF = {"mobile_app_critical": "mobile_app"}


class Escalation(Frozen):
    """One run of one group through its chain.

    `position` is the next step, `next_step_at` when it runs (None: no step is left, or it has ended).
    `ended` says why nothing more will happen; empty while something may. While it is `held` nothing is done:
    what falls due then is done when the hold ends. `held_version` is the configuration that was last asked.
    `held_pages` wait for digests of a storm, or were told by them.
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
    personal: tuple[Personal, ...] = ()
    ended: str = ""
    held: Hold | None = None
    held_version: int = 0
    held_pages: tuple[HeldPage, ...] = ()
    version: int = 1
    config_version: int = 0

    @property
    def due_at(self) -> datetime | None:
        """When it wants to be looked at again."""
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
    """A step through everything that is due: steps of the chain first, then the rules of people."""

    escalation: Escalation
    cause: Event | Due
    config: ConfigSnapshot
    now: datetime
    storms: Storms
    events: list[Event]

    def update(self, **changes: Any) -> None:
        self.escalation = self.escalation.model_copy(update=changes)

    def tell(self, kind: type[Event], id_parts: tuple[object, ...], **fields: Any) -> str:
        """Add a request whose id follows from where it stands in the run, not from what woke it."""
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
        self.events.append(made.model_copy(update={"id": id}))
        return id


def walk_through(
    escalation: Escalation,
    cause: Event | Due,
    config: ConfigSnapshot,
    now: datetime,
    storms: Storms = NO_STORMS,
) -> tuple[Escalation, list[Event]]:
    """Do everything that is due at `now`, or hold it back; return the escalation after it and what is told.

    `storms` are those that are on now, by integration: in one of them pages wait for digests.
    """
    walk = Walk(escalation, cause, config, now, storms, [])
    hold = held_by(config.windows_of(escalation.group.integration_id), escalation.group, now)
    if hold is not None:
        _hold_back(walk, hold)
        return walk.escalation, walk.events
    if escalation.held is not None:
        _release(walk, escalation.held)
    while not walk.escalation.ended and _step_is_due(walk.escalation, now):
        _run_next_step(walk)
    if not walk.escalation.ended:
        _run_people(walk)
    ended = walk.escalation
    if not ended.ended and ended.due_at is None:
        walk.update(ended="finished: no step and no rule is left")
        say(walk, "finished", "no step and no rule is left", ("finished",))
    return walk.escalation, walk.events


def _hold_back(walk: Walk, hold: Hold) -> None:
    before = walk.escalation.held
    walk.update(held=hold, held_version=walk.config.version)
    if before is None or (before.window_id, before.until) != (hold.window_id, hold.until):
        say(walk, "held", hold.sentence, ("held", hold.window_id, walk.escalation.version))


def _release(walk: Walk, hold: Hold) -> None:
    walk.update(held=None, held_version=0)
    why = "is over" if hold.until <= walk.now else "was stopped or changed"
    say(walk, "released", f"{hold.kind} window {hold.window} {why}", ("released", walk.escalation.version))


def _step_is_due(escalation: Escalation, now: datetime) -> bool:
    return escalation.next_step_at is not None and escalation.next_step_at <= now


def _run_next_step(walk: Walk) -> None:
    escalation = walk.escalation
    if escalation.position >= len(escalation.steps):
        walk.update(next_step_at=None)
        return
    step = escalation.steps[escalation.position]
    moment = Moment(walk.now, walk.config, escalation.round, escalation.round_began_at)
    result = run_step(step, moment)
    place = f"step {escalation.position + 1} of {len(escalation.steps)}"
    if result.repeat and result.wait_until is not None:
        walk.update(next_step_at=result.wait_until)
        return
    _apply(walk, step, result, f"{place}: {result.reason}")
    if result.failure is not None:
        say(walk, "step_failed", f"{place}: {result.failure}", (escalation.round, step.id, "failed"))


def _apply(walk: Walk, step: StepConfig, result: StepResult, words: str) -> None:
    escalation = walk.escalation
    for user_id in result.notify:
        _start_person(walk, user_id, step, result.important, words)
    if result.webhook_id is not None:
        parts = (escalation.round, step.id, result.webhook_id)
        fields = {"group": escalation.group, "webhook_id": result.webhook_id}
        walk.tell(WebhookRequested, parts, **fields, decision="webhook", reason=words)
    if result.resolve:
        _request_resolve(walk, step, words)
    elif result.repeat:
        walk.update(position=0, round=escalation.round + 1, round_began_at=walk.now, next_step_at=walk.now)
        say(
            walk,
            "repeated_chain",
            f"{words} (round {escalation.round + 2})",
            (escalation.round, step.id, "repeat"),
        )
    else:
        walk.update(position=escalation.position + 1, next_step_at=result.wait_until or walk.now)


def _request_resolve(walk: Walk, step: StepConfig, words: str) -> None:
    escalation = walk.escalation
    walk.tell(
        ActionRequested,
        (escalation.round, step.id, "resolve"),
        group_id=escalation.group_id,
        action="resolve",
        actor=LAST_STEP,
        source="escalation",
        run=escalation.run,
        decision="resolve",
        reason=words,
    )
    walk.update(ended="the chain's resolve step", next_step_at=None)


def _start_person(walk: Walk, user_id: str, step: StepConfig, important: bool, words: str) -> None:
    """Start a person's rules. A step that finds him in the middle of them joins what runs.

    Only an important step takes the place of ordinary rules: it was meant to be louder.
    """
    escalation = walk.escalation
    running = next((one for one in escalation.personal if one.user_id == user_id and not one.is_over), None)
    if running is not None and (running.important or not important):
        reason = f"{words}; {_name(walk.config, user_id)} is being notified already"
        say(walk, "joined", reason, (escalation.round, step.id, user_id))
        return
    started_by = f"{escalation.round}.{step.id}"
    chain = people.begin(walk.config, user_id, important, started_by, walk.now)
    kept = [one for one in escalation.personal if one.user_id != user_id or one.requested]
    over = [one.model_copy(update={"due_at": None}) if one is running else one for one in kept]
    walk.update(personal=(*over, chain))


def _run_people(walk: Walk) -> None:
    chains: list[Personal] = []
    for one in walk.escalation.personal:
        after, use = people.advance(one, walk.now)
        for position, rule in use:
            id = _page(walk, one, position, people.channel_of(rule))
            after = after.model_copy(update={"requested": (*after.requested, id)})
        chains.append(after)
    walk.update(personal=tuple(chains))


def _page(walk: Walk, person: Personal, position: int, channel: str) -> str:
    escalation = walk.escalation
    kind = "important" if person.important else "default"
    reason = f"{_name(walk.config, person.user_id)}: {kind} rule {position + 1}, {channel}"
    parts = (person.started_by, person.user_id, position)
    storm = walk.storms.get(escalation.group.integration_id)
    if storm is not None and storm.is_on(walk.now):
        return _page_later(walk, storm, (person, channel, reason), parts)
    return walk.tell(
        NotificationRequested,
        parts,
        group=escalation.group,
        user_id=person.user_id,
        channel=channel,
        card=card_of(escalation, channel),
        important=person.important,
        decision="paged",
        reason=reason,
    )


def _page_later(walk: Walk, storm: Storm, what: tuple[Personal, str, str], parts: tuple[object, ...]) -> str:
    """Leave a page to the digest of its person and channel; it keeps the id that it would have had."""
    person, channel, reason = what
    escalation = walk.escalation
    id = derived_id(NotificationRequested.type, escalation.group_id, escalation.run, *parts)
    page = HeldPage(
        id=id,
        digest_id=digest_id(storm, person.user_id, channel),
        user_id=person.user_id,
        channel=channel,
        important=person.important,
        at=walk.now,
        reason=reason,
    )
    walk.update(held_pages=(*escalation.held_pages, page))
    say(walk, "storm", f"{reason}: waits for a digest, {storm.sentence}", ("storm", *parts))
    return id


def card_of(escalation: Escalation, channel: str) -> Card:
    """Return what a channel shows of an escalation's group."""
    cards = escalation.cards
    fallback = cards.get("web") or Card(title=escalation.group.title or "")
    return cards.get(MEDIUM_OF.get(channel, channel)) or fallback


def say(walk: Walk, decision: str, reason: str, parts: tuple[object, ...]) -> None:
    """Tell a decision that leads to no request; `parts` tell it from the others of the run."""
    fields = {"stage": STAGE, "group_id": walk.escalation.group_id}
    walk.tell(StageDecided, parts, **fields, decision=decision, reason=reason)


def _name(config: ConfigSnapshot, user_id: str) -> str:
    user = config.user_by_id.get(user_id)
    return user.username if user is not None else user_id
