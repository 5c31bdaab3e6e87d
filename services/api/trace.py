"""Where an alert went and why: the journal's envelopes as a list of stages, pages and posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Envelope = dict[str, Any]

NOTIFICATIONS = "notification."
POSTS = "post."
WEBHOOK_REQUESTED, WEBHOOK_RESPONDED = "webhook.requested.v1", "webhook.responded.v1"


def trace_of(alert_id: str, envelopes: Sequence[Envelope]) -> dict[str, Any]:
    """Return the whole way of one alert so far, in the order in which it happened."""
    return {
        "alert_id": alert_id,
        "group_id": next((found for one in reversed(envelopes) if (found := group_id_in(one))), None),
        "stages": [stage(one) for one in envelopes],
        "pages": _outcomes(envelopes, NOTIFICATIONS),
        "posts": _outcomes(envelopes, POSTS),
        "webhooks": _outcomes(envelopes, "webhook."),
    }


def stage(envelope: Envelope) -> dict[str, Any]:
    """Return one stage: who decided what, why, after waiting and working how long (milliseconds)."""
    service, instance = source(envelope)
    return {
        "stage": (envelope.get("data") or {}).get("stage") or service,
        "at": envelope.get("time"),
        "waited_ms": envelope.get("waitedms"),
        "worked_ms": envelope.get("workedms"),
        "instance": instance,
        "config_version": envelope.get("configversion", 0),
        "decision": envelope.get("decision", ""),
        "reason": envelope.get("reason", ""),
        "event_type": envelope["type"],
        "event_id": envelope["id"],
        "cause_id": envelope.get("causeid"),
    }


def timeline_entry(envelope: Envelope) -> dict[str, Any]:
    """Return one line of a group's timeline: what happened, by whom, through what."""
    data = envelope.get("data") or {}
    actor = data.get("actor") or {}
    details = (
        "user_id",
        "channel",
        "medium",
        "webhook_id",
        "status_code",
        "action",
        "run",
        "source",
        "delay_s",
    )
    return {
        **stage(envelope),
        "actor": {"kind": actor["kind"], "id": actor.get("id"), "name": actor.get("name", "")}
        if actor
        else None,
        "group_version": (data.get("group") or {}).get("version"),
        "alerts": list(data.get("alerts") or ()),
        "details": {name: data[name] for name in details if data.get(name) is not None},
    }


def source(envelope: Envelope) -> tuple[str, str]:
    """Return the service and the instance that emitted an event."""
    parts = str(envelope.get("source", "")).split("/")
    return (parts[2], parts[3]) if len(parts) >= 4 else ("", "")


def group_id_in(envelope: Envelope) -> str | None:
    """Return the id of the group that an event is about, if any."""
    data = envelope.get("data") or {}
    found = (data.get("group") or {}).get("id") or data.get("group_id")
    return str(found) if found else None


def _outcomes(envelopes: Sequence[Envelope], prefix: str) -> list[dict[str, Any]]:
    """Return what was asked for and how each ended; "requested" means that nothing is known yet."""
    ends: dict[str, Envelope] = {}
    for one in envelopes:
        if one["type"].startswith(prefix) and not _is_request(one):
            asked = (one.get("data") or {}).get("request_id") or one.get("causeid")
            ends[str(asked)] = one
    return [
        _outcome(one, ends.get(one["id"]))
        for one in envelopes
        if one["type"].startswith(prefix) and _is_request(one)
    ]


def _is_request(envelope: Envelope) -> bool:
    return str(envelope["type"]).split(".")[1] == "requested"


def _outcome(request: Envelope, end: Envelope | None) -> dict[str, Any]:
    data, ended = request.get("data") or {}, (end.get("data") or {}) if end else {}
    target = {name: data[name] for name in ("user_id", "channel", "medium", "webhook_id") if data.get(name)}
    return {
        "id": request["id"],
        **target,
        "requested_at": request.get("time"),
        "outcome": str(end["type"]).split(".")[1] if end else "requested",
        "at": end.get("time") if end else None,
        "reason": end.get("reason", "") if end else "",
        "handle": ended.get("handle"),
        "attempts": ended.get("attempts"),
    }
