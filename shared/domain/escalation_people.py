"""The people of an escalation: their rules begin, are joined, and ask for pages or leave them to a storm's digest."""

from __future__ import annotations

from shared.domain import personal as people
from shared.domain.configuration import Rule, StepConfig
from shared.domain.escalation_run import Walk, card_of
from shared.domain.personal import Personal
from shared.domain.storm import HeldPage, Storm, digest_id
from shared.events import NotificationRequested, derived_id


def start_person(walk: Walk, user_id: str, step: StepConfig, important: bool, words: str) -> None:
    """Start a person's rules. A step that finds him in the middle of them joins what runs.

    Only an important step takes the place of ordinary rules: it was meant to be louder.
    """
    escalation = walk.escalation
    running = next((one for one in escalation.personal if one.user_id == user_id and not one.is_over), None)
    if running is not None and (running.important or not important):
        reason = f"{words}; {walk.name_of(user_id)} is being notified already"
        walk.say("joined", reason, (escalation.round, step.id, user_id))
        return
    started_by = f"{escalation.round}.{step.id}"
    chain = people.begin(walk.config, user_id, important, started_by, walk.now)
    kept = [one for one in escalation.personal if one.user_id != user_id or one.requested]
    over = [one.model_copy(update={"due_at": None}) if one is running else one for one in kept]
    walk.update(personal=(*over, chain))


def run_people(walk: Walk) -> None:
    """Ask for every page whose time has come."""
    chains: list[Personal] = []
    for one in walk.escalation.personal:
        after, use = people.advance(one, walk.now)
        for position, rule in people.passed_over(one, after, use):
            _say_passed_over(walk, one, position, rule)
        for position, rule in use:
            id = _page(walk, one, position, people.channel_of(rule))
            after = after.model_copy(update={"requested": (*after.requested, id)})
        chains.append(after)
    walk.update(personal=tuple(chains))


def _say_passed_over(walk: Walk, person: Personal, position: int, rule: Rule) -> None:
    if rule.only_between is not None:
        name, channel = walk.name_of(person.user_id), people.channel_of(rule)
        reason = f"{name}: rule {position + 1}, {channel}, is for {rule.only_between.window.sentence} only"
        walk.say("passed_over", reason, ("passed over", person.started_by, person.user_id, position))


def _page(walk: Walk, person: Personal, position: int, channel: str) -> str:
    escalation = walk.escalation
    kind = "important" if person.important else "default"
    reason = f"{walk.name_of(person.user_id)}: {kind} rule {position + 1}, {channel}"
    parts = (person.started_by, person.user_id, position)
    storm = walk.known.storms.get(escalation.group.integration_id)
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
    walk.say("storm", f"{reason}: waits for a digest, {storm.sentence}", ("storm", *parts))
    return id
