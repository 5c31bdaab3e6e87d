"""The instances that a group's source tells of: which of them fire, and when one counts as over without a word.

Where an integration tracks each inner alert, a group is over with the last of its instances. What decides is
each instance's youngest word, by when it was received, never the order of handling.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.domain.model import SOURCE, Alert, Group, Instance
from shared.domain.watching import Watch
from shared.events import Due, Event, GroupResolved, StageDecided

# More firing instances than these are counted as alerts only, and then no source ends the group.
MAX_INSTANCES = 2000
# How long it is remembered that an instance is over: a word of it that is older comes too late.
REMEMBERED = timedelta(hours=24)
STAGE = "grouper"

Instances = Mapping[str, Instance]


def heard(group: Group, alert: Alert, is_over: bool) -> Group:
    """Return the group after one more word of an instance; an older word than the one known changes nothing."""
    if not alert.instance:
        return group
    known = group.instances.get(alert.instance)
    if known is not None and (known.at, known.id) >= (alert.received_at, alert.id):
        return group
    said = Instance(
        at=alert.received_at, id=alert.id, firing=not is_over, ends_at=None if is_over else alert.ends_at
    )
    after = _fitting({**group.instances, alert.instance: said}, alert.received_at)
    if alert.instance not in after:
        return group.model_copy(update={"untracked_instances": group.untracked_instances + 1})
    return _with(group, after)


def carried(before: Group | None, at: datetime) -> Instances:
    """Return what is known of a closed group's instances, for the next group of its key.

    Those that still fired when a person resolved the group count as over since then.
    """
    if before is None or not before.instances:
        return {}
    closed_at = before.resolved_at or at
    over = {
        name: one if not one.firing else Instance(at=max(one.at, closed_at), id=one.id, firing=False)
        for name, one in before.instances.items()
    }
    return {name: one for name, one in over.items() if one.at > at - REMEMBERED}


def is_late(group: Group, alert: Alert) -> bool | None:
    """Whether a closed group already knows a younger word of this alert's instance; None: not for it to say."""
    if not alert.instance or group.resolved_through is not None:
        return None
    known = group.instances.get(alert.instance)
    return known is not None and (known.at, known.id) > (alert.received_at, alert.id)


def may_end(group: Group) -> bool:
    """Whether a word of an instance may end the group: none of them fires, and all were tracked."""
    return group.firing_instances == 0 and group.untracked_instances == 0


def next_end(group: Group) -> datetime | None:
    """Return when the next instance counts as over, unless it is sent again."""
    if not group.is_open or group.firing_instances == 0:
        return None
    return min((one.ends_at for one in group.instances.values() if one.firing and one.ends_at), default=None)


def expire_instances(
    group: Group, now: datetime, watched: Watch | None, allowed: bool = True
) -> tuple[Group, list[Event]]:
    """Count instances as over that were not sent again in time; with the last of them the group is resolved.

    Silence counts only while Tocsin itself listened (`watched`, see watching.py): after a break an instance has
    its whole time again. `allowed` tells whether the integration lets its source resolve.
    """
    ends = {name: _end(one, watched) for name, one in group.instances.items() if group.is_open and one.firing}
    due = {name: at for name, at in ends.items() if at is not None and watched and at <= watched.until}
    if not due:
        return group, []
    ended = {name: Instance(at=at, id=group.instances[name].id, firing=False) for name, at in due.items()}
    last_at = max(one.at for one in ended.values())
    after = _with(group, {**group.instances, **ended}).model_copy(update={"version": group.version + 1})
    cause = Due.of(group.id, "instances", last_at, alert_id=group.last_alert_id)
    if not (allowed and may_end(after)):
        return after, [
            _decided(cause, after, f"{len(due)} of its instances were not sent again in time", now)
        ]
    after = after.model_copy(
        update={
            "resolved_at": now,
            "resolved_by": SOURCE,
            "silenced_at": None,
            "silenced_until": None,
            "silenced_by": None,
        }
    )
    reason = "none of its alerts was sent again before its end"
    fact = GroupResolved.following(
        cause, time=now, subject=group.id, group=after, actor=SOURCE, decision="resolved", reason=reason
    )
    return after, [fact]


def _end(one: Instance, watched: Watch | None) -> datetime | None:
    if one.ends_at is None or watched is None or watched.since <= one.at:
        return one.ends_at
    return max(one.ends_at, watched.since + (one.ends_at - one.at))


def _with(group: Group, instances: Instances) -> Group:
    firing = sum(one.firing for one in instances.values())
    return group.model_copy(
        update={"instances": dict(instances), "firing_instances": firing, "known_instances": len(instances)}
    )


def _fitting(instances: dict[str, Instance], now: datetime) -> dict[str, Instance]:
    """Forget the oldest of those that are over, then the newest of all, until the rest fits."""
    if len(instances) <= MAX_INSTANCES:
        return instances
    over = sorted((one.at, name) for name, one in instances.items() if not one.firing)
    for _, name in over[: len(instances) - MAX_INSTANCES]:
        del instances[name]
    while len(instances) > MAX_INSTANCES:
        instances.popitem()
    return instances


def _decided(cause: Due, group: Group, reason: str, now: datetime) -> Event:
    return StageDecided.following(
        cause,
        part=STAGE,
        time=now,
        subject=group.id,
        stage=STAGE,
        group_id=group.id,
        decision="instances_over",
        reason=reason,
    )
