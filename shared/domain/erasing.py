"""Wiping and deleting a group: it is over, and what its alerts said goes; what refers to it stays readable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.action import UNSILENCED, Asked, Refused, Step
from shared.domain.model import Group
from shared.domain.noting import erased
from shared.events import GroupDeleted, GroupWiped


def wipe(asked: Asked) -> Step:
    """Resolve the group and erase payloads, title, labels and key; ids, times and notes stay.

    Attached groups are wiped too. A wiped group is found by no key any more: the next alert opens another one.

    Raises:
        Refused: it is wiped already.
    """
    group = asked.group
    if group.wiped_at is not None:
        raise Refused(f"the group was wiped by {group.wiped_by}")
    asks = tuple({"group_id": one, "action": "wipe"} for one in group.attached)
    return Step(_emptied(asked) | {"erasing": "wipe"}, GroupWiped, asks=asks)


def delete(asked: Asked) -> Step:
    """Erase the group as `wipe` does and show it to nobody any more; attached groups are let go."""
    group = asked.group
    asks = [{"group_id": one, "action": "release", "root_id": group.id} for one in group.attached]
    if group.root_id is not None:
        asks.append({"group_id": group.root_id, "action": "disown", "member_id": group.id})
    notes = tuple(erased(one, asked.now) for one in group.notes)
    gone = {
        "seen": False,
        "deleted_at": asked.now,
        "erasing": "delete",
        "attached": (),
        "root_id": None,
        "notes": notes,
        "notes_count": 0,
    }
    return Step(_emptied(asked) | gone, GroupDeleted, asks=tuple(asks))


def erase_at(group: Group) -> datetime | None:
    """Return when what is left of the payloads is to be erased: at once."""
    return (group.deleted_at or group.wiped_at) if group.erasing else None


def _emptied(asked: Asked) -> dict[str, Any]:
    group, now, by = asked.group, asked.now, asked.request.actor
    resolved = {"resolved_at": now, "resolved_by": by, "resolved_through": now} if group.is_open else {}
    return {
        **UNSILENCED,
        **resolved,
        "title": None,
        "key": "",
        "labels": {},
        "instances": {},
        "firing_instances": 0,
        "known_instances": 0,
        "reminder": None,
        "wiped_at": group.wiped_at or now,
        "wiped_by": group.wiped_by or by,
    }
