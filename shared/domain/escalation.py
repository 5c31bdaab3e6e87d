"""Who hears of a group and when: one escalation per (group, run), a snapshot of its chain, and every person's rules.

Decisions only: `(event or due time, escalation, now) -> (escalation, events)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain import personal as people
from shared.domain.configuration import Chain, ConfigSnapshot, StepConfig
from shared.domain.model import Actor, Card, Frozen, Group
from shared.domain.personal import Personal
from shared.domain.steps import Moment, StepResult, run_step
from shared.events import (
    ActionRequested,
    Due,
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    NotificationUnknown,
    StageDecided,
    WebhookRequested,
    derived_id,
)

STAGE = "escalator"
LAST_STEP = Actor(kind="escalation", name="the escalation chain")
# A medium's card when the renderer made none for it.
MEDIUM_OF = {"mobile_app_critical": "mobile_app"}


class Escalation(Frozen):
    """One run of one group through its chain.

    `position` is the next step, `next_step_at` when it runs (None: no step is left, or it has ended).
    `ended` says why nothing more will happen; empty while something may.
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
    version: int = 1
    config_version: int = 0

    @property
    def due_at(self) -> datetime | None:
        """When it wants to be looked at again."""
        if self.ended:
            return None
        times = [one.due_at for one in self.personal if one.due_at is not None]
        if self.next_step_at is not None:
            times.append(self.next_step_at)
        return min(times, default=None)


def escalation_id(group: Group) -> str:
    """Return the id of the group's escalation in its current run."""
    return f"{group.id}:{group.run}"


def begin(
    event: GroupRendered, config: ConfigSnapshot, now: datetime, newest_run: int = 0
) -> tuple[Escalation | None, list[Event]]:
    """Answer the first event of a run: start its chain, or say why there is none.

    A group that is not firing any more gets an ended escalation, so that an older event cannot start one.
    `newest_run` is the group's newest run that is known: an event of an older one comes too late.
    """
    group = event.group
    if group.run < newest_run:
        return None, [_decided(event, "superseded", f"the group is in run {newest_run}", now)]
    route = config.route_by_id.get(group.route_id or "")
    chain = config.chain_by_id.get(route.escalation_chain_id or "") if route is not None else None
    if chain is None:
        why = "its route is gone" if route is None else "its route has no escalation chain"
        return None, [_decided(event, "no_chain", why, now)]
    escalation = _started(event, chain, config, now)
    if not group.is_firing:
        ended = escalation.model_copy(update={"ended": f"the group is {group.state}", "next_step_at": None})
        return ended, [_decided(event, "not_started", f"the group is {group.state}", now)]
    after, events = _walk(escalation, event, config, now)
    return after, [
        _decided(event, "started", f"chain {chain.name}, {len(escalation.steps)} steps", now),
        *events,
    ]


def follow(event: GroupRendered, escalation: Escalation, now: datetime) -> tuple[Escalation, list[Event]]:
    """Answer a later event of the same run; the escalation is returned unchanged when nothing is to be saved."""
    group = event.group
    if group.version <= escalation.group.version:
        return escalation, [_decided(event, "repeated", f"version {escalation.group.version} is known", now)]
    if escalation.ended:
        return escalation, [_decided(event, "ended_before", escalation.ended, now)]
    if not group.is_firing or group.run != escalation.run:
        why = f"the group is {group.state}" if group.run == escalation.run else "a newer run began"
        return stop(escalation, group, event.cards, why), [_decided(event, "stopped", why, now)]
    if event.cards == escalation.cards:
        return escalation, [_decided(event, "goes_on", _next_words(escalation), now)]
    after = escalation.model_copy(
        update={"group": group, "cards": event.cards, "version": escalation.version + 1}
    )
    return after, [_decided(event, "goes_on", _next_words(escalation), now)]


def stop(escalation: Escalation, group: Group, cards: dict[str, Card], why: str) -> Escalation:
    """End an escalation; nobody is told by it any more."""
    return escalation.model_copy(
        update={
            "group": group,
            "cards": cards or escalation.cards,
            "ended": why,
            "next_step_at": None,
            "personal": tuple(one.model_copy(update={"due_at": None}) for one in escalation.personal),
            "version": escalation.version + 1,
        }
    )


def wake(escalation: Escalation, config: ConfigSnapshot, now: datetime) -> tuple[Escalation, list[Event]]:
    """Do what is due now; unchanged when nothing is."""
    due_at = escalation.due_at
    if due_at is None or due_at > now:
        return escalation, []
    cause = Due.of(escalation.id, "step", due_at, alert_id=escalation.group.last_alert_id)
    after, events = _walk(escalation, cause, config, now)
    return after.model_copy(update={"version": escalation.version + 1}), events


def page_failed(
    event: NotificationFailed | NotificationUnknown,
    escalation: Escalation,
    config: ConfigSnapshot,
    now: datetime,
) -> tuple[Escalation, list[Event]]:
    """Run the person's next rule at once, because a page did not arrive or nobody knows whether it did."""
    if escalation.ended:
        return escalation, [_decided(event, "ended_before", escalation.ended, now)]
    changed = False
    chains: list[Personal] = []
    for one in escalation.personal:
        skipped = people.skip_wait(one, event.request_id, now)
        changed = changed or skipped is not None
        chains.append(skipped or one)
    if not changed:
        return escalation, [_decided(event, "repeated", "it is known that this page failed", now)]
    woken = escalation.model_copy(update={"personal": tuple(chains)})
    after, events = _walk(woken, event, config, now)
    words = "the person's next rule runs at once" if events else "the person has no rule left"
    after = after.model_copy(update={"version": escalation.version + 1})
    return after, [_decided(event, "fell_back", f"{words}: {event.reason}", now), *events]


@dataclass
class _Walk:
    """A step through everything that is due: steps of the chain first, then the rules of people."""

    escalation: Escalation
    cause: Event | Due
    config: ConfigSnapshot
    now: datetime
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


def _walk(
    escalation: Escalation, cause: Event | Due, config: ConfigSnapshot, now: datetime
) -> tuple[Escalation, list[Event]]:
    walk = _Walk(escalation, cause, config, now, [])
    while not walk.escalation.ended and _step_is_due(walk.escalation, now):
        _run_next_step(walk)
    if not walk.escalation.ended:
        _run_people(walk)
    ended = walk.escalation
    if not ended.ended and ended.due_at is None:
        walk.update(ended="finished: no step and no rule is left")
        _say(walk, "finished", "no step and no rule is left", ("finished",))
    return walk.escalation, walk.events


def _step_is_due(escalation: Escalation, now: datetime) -> bool:
    return escalation.next_step_at is not None and escalation.next_step_at <= now


def _run_next_step(walk: _Walk) -> None:
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
        _say(walk, "step_failed", f"{place}: {result.failure}", (escalation.round, step.id, "failed"))


def _apply(walk: _Walk, step: StepConfig, result: StepResult, words: str) -> None:
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
        _say(
            walk,
            "repeated_chain",
            f"{words} (round {escalation.round + 2})",
            (escalation.round, step.id, "repeat"),
        )
    else:
        walk.update(position=escalation.position + 1, next_step_at=result.wait_until or walk.now)


def _request_resolve(walk: _Walk, step: StepConfig, words: str) -> None:
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


def _start_person(walk: _Walk, user_id: str, step: StepConfig, important: bool, words: str) -> None:
    """Start a person's rules. A step that finds him in the middle of them joins what runs.

    Only an important step takes the place of ordinary rules: it was meant to be louder.
    """
    escalation = walk.escalation
    running = next((one for one in escalation.personal if one.user_id == user_id and not one.is_over), None)
    if running is not None and (running.important or not important):
        reason = f"{words}; {_name(walk.config, user_id)} is being notified already"
        _say(walk, "joined", reason, (escalation.round, step.id, user_id))
        return
    started_by = f"{escalation.round}.{step.id}"
    chain = people.begin(walk.config, user_id, important, started_by, walk.now)
    kept = [one for one in escalation.personal if one.user_id != user_id or one.requested]
    over = [one.model_copy(update={"due_at": None}) if one is running else one for one in kept]
    walk.update(personal=(*over, chain))


def _run_people(walk: _Walk) -> None:
    chains: list[Personal] = []
    for one in walk.escalation.personal:
        after, use = people.advance(one, walk.now)
        for position, rule in use:
            id = _page(walk, one, position, people.channel_of(rule))
            after = after.model_copy(update={"requested": (*after.requested, id)})
        chains.append(after)
    walk.update(personal=tuple(chains))


def _page(walk: _Walk, person: Personal, position: int, channel: str) -> str:
    escalation = walk.escalation
    medium = MEDIUM_OF.get(channel, channel)
    card = (
        escalation.cards.get(medium)
        or escalation.cards.get("web")
        or Card(title=escalation.group.title or "")
    )
    kind = "important" if person.important else "default"
    return walk.tell(
        NotificationRequested,
        (person.started_by, person.user_id, position),
        group=escalation.group,
        user_id=person.user_id,
        channel=channel,
        card=card,
        important=person.important,
        decision="paged",
        reason=f"{_name(walk.config, person.user_id)}: {kind} rule {position + 1}, {channel}",
    )


def _say(walk: _Walk, decision: str, reason: str, parts: tuple[object, ...]) -> None:
    fields = {"stage": STAGE, "group_id": walk.escalation.group_id}
    walk.tell(StageDecided, parts, **fields, decision=decision, reason=reason)


def _started(event: GroupRendered, chain: Chain, config: ConfigSnapshot, now: datetime) -> Escalation:
    return Escalation(
        id=escalation_id(event.group),
        group_id=event.group.id,
        run=event.group.run,
        group=event.group,
        cards=event.cards,
        chain_id=chain.id,
        chain_name=chain.name,
        steps=config.steps_of.get(chain.id, ()),
        round_began_at=now,
        next_step_at=now,
        config_version=config.version,
    )


def _decided(event: Event, decision: str, reason: str, now: datetime) -> StageDecided:
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


def _next_words(escalation: Escalation) -> str:
    due_at = escalation.due_at
    return (
        f"next at {due_at.isoformat(timespec='seconds')}" if due_at is not None else "nothing is left to do"
    )


def _name(config: ConfigSnapshot, user_id: str) -> str:
    user = config.user_by_id.get(user_id)
    return user.username if user is not None else user_id
