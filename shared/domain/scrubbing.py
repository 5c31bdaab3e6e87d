"""Journal records of a wiped group: what its alerts said is taken out, who did what and when stays."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

Envelope = dict[str, Any]
# Fields of events that show, quote or follow from a payload, by what they are afterwards.
EMPTY: dict[str, Any] = {
    "cards": {},
    "card": {"title": "", "message": "", "image_url": None, "source_link": None},
    "title": None,
    "labels": {},
    "key": "",
    "grouping_key": None,
    "problems": [],
    "content": None,
    "url": None,
    "details": {},
}
OF_GROUP: dict[str, Any] = {"title": None, "labels": {}, "key": ""}


def scrubbed(envelope: Envelope, group_id: str, alert_ids: Set[str], *, notes: bool) -> Envelope:
    """Return a record without what it said of the group or its alerts; others are returned as they are.

    `notes`: resolution notes go too.
    """
    data = envelope.get("data") or {}
    alert, group = _part(data, "alert"), _part(data, "group")
    is_alert, is_group = alert.get("id") in alert_ids, group.get("id") == group_id
    if not (is_alert or is_group or data.get("group_id") == group_id):
        return envelope
    after = {name: EMPTY.get(name, value) for name, value in data.items()}
    if is_alert:
        after["alert"] = {**alert, "payload": None, "instance": ""}
    if is_group:
        after["group"] = {**group, **{name: OF_GROUP[name] for name in OF_GROUP if name in group}}
    if notes and _part(data, "note"):
        after["note"] = {**data["note"], "text": ""}
    if notes and data.get("changes"):
        after["changes"] = [_without_text(one) for one in data["changes"]]
    return {**envelope, "data": after}


def _without_text(change: Envelope) -> Envelope:
    note = _part(change, "note")
    return {**change, "note": {**note, "text": ""}} if note else change


def _part(data: Envelope, name: str) -> Envelope:
    value = data.get(name)
    return value if isinstance(value, dict) else {}
