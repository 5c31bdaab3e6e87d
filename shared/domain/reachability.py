"""Who could not be reached if it came to it: found in the configuration, before it is 3 a.m."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from shared.domain.configuration import ConfigSnapshot, StepConfig, User
from shared.domain.contacts import KIND_OF_CHANNEL
from shared.domain.model import Frozen
from shared.domain.personal import channel_of, rules_of
from shared.domain.personal_webhooks import webhook_for

PERSONS = ("persons_to_notify", "persons_to_notify_next_each_time")
TEAM, GROUP, SCHEDULE = "team_to_notify", "group_to_notify", "notify_on_call_from_schedule"
# Words of rules behind which other kinds of contact points stand.
PUSH = ("ntfy", "pushover")
KINDS: Mapping[str, tuple[str, ...]] = {
    "mobile_app": PUSH,
    "mobile_app_critical": PUSH,
    **{channel: (kind,) for channel, kind in KIND_OF_CHANNEL.items()},
}
# Why a channel reaches nobody on this server, None where it works; what is not in it does not exist.
SetUp = Mapping[str, str | None]


class Concern(Frozen):
    """One thing that is wrong: `where` names the object as people do, `table` and `object_id` as the API does.

    An error means that somebody is not reached at all, a warning that less reaches them than they may think.
    """

    severity: Literal["error", "warning"]
    table: str
    object_id: str
    where: str
    message: str


def unreachable(config: ConfigSnapshot, set_up: SetUp) -> list[Concern]:
    """Return everything that would keep a page from a person, errors first."""
    found = [*_of_steps(config), *_of_people(config, set_up)]
    return sorted(found, key=lambda one: (one.severity != "error", one.table, one.where, one.message))


def is_usable(user: User, channel: str, set_up: SetUp) -> bool:
    """Whether pages of a channel reach a person on this server."""
    return why_unusable(user, channel, set_up) is None


def why_unusable(user: User, channel: str, set_up: SetUp) -> str | None:
    """Return why pages of a channel do not reach a person, None when they do."""
    missing = set_up.get(channel, f"the channel {channel} does not exist on this server")
    if missing is not None:
        return missing
    kinds = KINDS.get(channel, (channel,))
    if any(user.contact(one) is not None for one in kinds):
        return None
    entered = any(one.kind in kinds for one in user.contact_points)
    words = " or ".join(kinds)
    return (
        f"the contact point ({words}) is not verified" if entered else f"there is no contact point ({words})"
    )


def _why(config: ConfigSnapshot, user: User, channel: str, set_up: SetUp) -> str | None:
    """Return why pages of a channel do not reach a person, whose own webhook an outgoing one may stand in for."""
    return None if webhook_for(config, user, channel) is not None else why_unusable(user, channel, set_up)


def _of_people(config: ConfigSnapshot, set_up: SetUp) -> Iterator[Concern]:
    paged = set(_paged(config))
    for user in config.users:
        yield from _of_rules(config, user, set_up)
        if user.id in paged:
            yield from _of_lists(config, user, set_up)


def _of_lists(config: ConfigSnapshot, user: User, set_up: SetUp) -> Iterator[Concern]:
    """Say of somebody whom chains, teams or schedules page whether one of the two lists reaches nobody."""
    silent: dict[str, str] = {}
    for name, important in (("default", False), ("important", True)):
        channels = [channel_of(one) for one in rules_of(config, user.id, important) if one.type != "wait"]
        reasons = [_why(config, user, one, set_up) for one in channels]
        if None not in reasons:
            silent[name] = "; ".join(
                dict.fromkeys(f"{one}: {why}" for one, why in zip(channels, reasons, strict=True))
            )
    if len(silent) == 2 and len(set(silent.values())) == 1:
        silent = {"default and important": silent["default"]}
    for name, why in silent.items():
        yield _about(user, "error", f"is paged, but nothing in the {name} rules reaches them: {why}")
    rules = config.rules_of.get((user.id, False), ())
    if not any(one.type != "wait" for one in rules) and "default" not in " ".join(silent):
        yield _about(user, "warning", "has no default notification rules: one e-mail is all that is sent")


def _of_rules(config: ConfigSnapshot, user: User, set_up: SetUp) -> Iterator[Concern]:
    for important, name in ((False, "default"), (True, "important")):
        for rule in config.rules_of.get((user.id, important), ()):
            why = None if rule.type == "wait" else _why(config, user, channel_of(rule), set_up)
            if why is not None:
                words = f"{name} rule {rule.position + 1} ({rule.type}) reaches nobody: {why}"
                yield _about(user, "warning", words)


def _of_steps(config: ConfigSnapshot) -> Iterator[Concern]:
    for step in config.steps:
        for sentence in _of_step(config, step):
            chain = config.chain_by_id.get(step.escalation_chain_id)
            name = chain.name if chain is not None else step.escalation_chain_id
            where = f"escalation chain {name}, step {step.position + 1}"
            yield Concern(
                severity="error",
                table="escalation_policies",
                object_id=step.id,
                where=where,
                message=sentence,
            )


def _of_step(config: ConfigSnapshot, step: StepConfig) -> Iterator[str]:
    """Say which people a step names that are not there."""
    for name in PERSONS:
        if name in step.parameters:
            ids = step.parameters[name] or ()
            if not any(one in config.user_by_id for one in ids):
                yield "it names nobody who exists"
    team_id, group_id = step.parameters.get(TEAM), step.parameters.get(GROUP)
    if team_id and not config.members_of(team_id):
        team = config.team_by_id.get(team_id)
        yield (
            f"the team {team.name} has no members"
            if team is not None
            else f"the team {team_id} does not exist"
        )
    if group_id and not config.members_of_group(group_id):
        group = config.user_group_by_id.get(group_id)
        known = f"nobody of the user group {group.handle or group.name} is known here" if group else None
        yield known or f"the user group {group_id} is not known"
    schedule_id = step.parameters.get(SCHEDULE)
    if schedule_id and schedule_id not in config.schedule_by_id:
        yield f"the schedule {schedule_id} does not exist"


def _paged(config: ConfigSnapshot) -> Iterator[str]:
    """Return the ids of everybody whom a step or a schedule may page."""
    for step in config.steps:
        for name in PERSONS:
            yield from step.parameters.get(name) or ()
        yield from _ids(config.members_of(step.parameters.get(TEAM) or ""))
        yield from _ids(config.members_of_group(step.parameters.get(GROUP) or ""))
    for shift in config.shifts:
        yield from shift.users
        for turn in shift.rolling_users:
            yield from turn
    for swap in config.swaps:
        if swap.benefactor_id is not None:
            yield swap.benefactor_id


def _ids(users: Iterable[User]) -> Iterator[str]:
    return (one.id for one in users)


def _about(user: User, severity: Literal["error", "warning"], message: str) -> Concern:
    return Concern(
        severity=severity, table="users", object_id=user.id, where=f"user {user.username}", message=message
    )
