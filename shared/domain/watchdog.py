"""What counts as responsible for an open alert group: somebody, a timer, or a stated reason (docs/adr/0038)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation_glance import Glance
from shared.domain.model import Group
from shared.events import ActionRequested, GroupOpened, GroupRendered, derived_id

Kind = Literal["no_escalation", "no_timer", "no_silence_end", "overdue"]
# What is due since longer is not worked off: nothing is lost, but nothing is well either.
OVERDUE_AFTER = timedelta(seconds=60)
# A lease is given for seconds. One that ends later than this was not given by anybody who is at work.
LONGEST_LEASE = timedelta(seconds=60)
# What is due and cannot be taken because of such a lease is not late but stuck.
STUCK_AFTER = timedelta(seconds=10)
LATEST_SILENCE_S = 1


@dataclass(frozen=True)
class Finding:
    """An open group that nobody and nothing is responsible for; `words` are for people.

    `due_at` is when an overdue escalation was due.
    """

    kind: Kind
    group: Group
    words: str
    due_at: datetime | None = None

    @property
    def key(self) -> str:
        """What is broken: the same for as long as nobody has mended it."""
        when = f":{self.due_at.isoformat()}" if self.due_at is not None else ""
        return f"{self.kind}:{self.group.id}:{self.group.run}{when}"


def finding_of(group: Group, runs: Sequence[Glance], config: ConfigSnapshot) -> Finding | None:
    """Return what is broken of a group; None when somebody, a timer or a stated reason is there.

    `runs` are the escalations of the group that are stored.
    """
    if not group.is_firing:
        return None
    if any(one.run > group.run for one in runs):
        return None  # the group has moved on since it was read
    known = next((one for one in runs if one.run == group.run), None)
    if known is None:
        return _without_escalation(group, config)
    if known.ended or known.paused or known.due_at is not None:
        return None
    return Finding("no_timer", group, "its escalation goes on, but nothing was going to wake it")


def _without_escalation(group: Group, config: ConfigSnapshot) -> Finding | None:
    if not has_chain(group.route_id, config):
        return None  # stated: the route is gone, or has no chain
    return Finding("no_escalation", group, "it fires, its route has a chain, and there was no escalation")


def has_chain(route_id: str | None, config: ConfigSnapshot) -> bool:
    """Whether groups of a route are to be escalated."""
    route = config.route_by_id.get(route_id or "")
    return route is not None and (route.escalation_chain_id or "") in config.chain_by_id


def overdue_finding(group: Group, due_at: datetime, lease_until: datetime | None, now: datetime) -> Finding:
    """Return what is broken of an escalation, stored with its group, that is due and that nobody takes."""
    words = f"its escalation is due since {due_at.isoformat(timespec='seconds')}, and nobody took it"
    if lease_until is not None and lease_until > now + LONGEST_LEASE:
        words += f", because of a lease until {lease_until.isoformat(timespec='seconds')}"
    return Finding("overdue", group, words, due_at)


def silence_finding(group: Group, due_at: datetime | None) -> Finding | None:
    """Return what is broken of a group whose silence is to end, as stored with this due time."""
    if group.root_id is not None:
        return None  # it ends with its root's
    if str(group.state) != "silenced" or group.silenced_until is None or due_at is not None:
        return None
    until = group.silenced_until.isoformat(timespec="seconds")
    return Finding(
        "no_silence_end", group, f"it is silenced until {until}, and nothing was going to end that"
    )


def as_rendered(finding: Finding, config_version: int, now: datetime) -> GroupRendered:
    """Return the event that begins the escalation of a group again, as its first event would have."""
    group = finding.group
    return GroupRendered(
        id=derived_id("watchdog", finding.key, group.version),
        time=now,
        alert_id=group.last_alert_id,
        subject=group.id,
        config_version=config_version,
        group=group,
        change=GroupOpened.type,
        decision="watchdog",
        reason=finding.words,
    )


def silence_again(finding: Finding, now: datetime) -> ActionRequested:
    """Return the action by which the owner of groups gives a silence its end back, at the same instant."""
    group = finding.group
    left_s = (group.silenced_until - now).total_seconds() if group.silenced_until is not None else 0.0
    assert group.silenced_by is not None
    return ActionRequested(
        id=derived_id("watchdog", finding.key, group.version),
        time=now,
        alert_id=group.last_alert_id,
        subject=group.id,
        group_id=group.id,
        action="silence",
        actor=group.silenced_by,
        source="watchdog",
        delay_s=max(LATEST_SILENCE_S, round(left_s)),
        decision="watchdog",
        reason=finding.words,
    )
