"""The payload of a heartbeat's alert in the shape of its integration type, so that the type's templates read it.

The names and the fixed grouping key are those that OnCall's users know from routes and templates. Whatever the
shape, `is_oncall_heartbeat` tells such a payload from a real one, and missing and restored share their key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.domain.heartbeat_facts import HeartbeatFacts

ALERT_NAME = "OnCallHeartBeatMissing"
GROUP_KEY = f'{{}}:{{alertname="{ALERT_NAME}"}}'
NEVER = "0001-01-01T00:00:00Z"


def or_heartbeat(title: str) -> str:
    """Return a type's title template that gives a heartbeat's alert its own title, where the type reads none."""
    return "{% if payload.is_oncall_heartbeat %}{{ payload.title }}{% else %}" + title + "{% endif %}"


def _marks(facts: HeartbeatFacts) -> dict[str, bool]:
    """Return what tells a heartbeat, under both names that senders and templates know."""
    return {
        name: value
        for product in ("oncall", "amixr")
        for name, value in (
            (f"is_{product}_heartbeat", True),
            (f"is_{product}_heartbeat_restored", not facts.is_missing),
        )
    }


def alert_fields(slug: str) -> Callable[[HeartbeatFacts], dict[str, Any]]:
    """Return the shape of types that read `alert_uid`, `title`, `message` and `state`."""

    def shape(facts: HeartbeatFacts) -> dict[str, Any]:
        return {
            "alert_uid": f"heartbeat-{slug}",
            "title": facts.title,
            "message": facts.message,
            "state": "alerting" if facts.is_missing else "ok",
            **_marks(facts),
        }

    return shape


def six_fields(slug: str) -> Callable[[HeartbeatFacts], dict[str, Any]]:
    """Return the shape of the formatted types: the same with an image and a link, which are null."""
    fields = alert_fields(slug)

    def shape(facts: HeartbeatFacts) -> dict[str, Any]:
        return {**fields(facts), "image_url": None, "link_to_upstream_details": None}

    return shape


def alertmanager_body(facts: HeartbeatFacts) -> dict[str, Any]:
    """Return an Alertmanager body of version 4 with one alert."""
    labels = {"alertname": ALERT_NAME}
    annotations = {"title": facts.title, "description": facts.message}
    return {
        "version": "4",
        "groupKey": GROUP_KEY,
        "status": _status(facts),
        "receiver": "tocsin",
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [_inner(facts, labels, annotations)],
        "truncatedAlerts": 0,
        "numFiring": int(facts.is_missing),
        "numResolved": int(not facts.is_missing),
        "title": facts.title,
        "message": facts.message,
        **_marks(facts),
    }


def alertmanager_alert(facts: HeartbeatFacts) -> dict[str, Any]:
    """Return one alert as the legacy types take them, each for itself."""
    annotations = {"message": facts.title, "description": facts.message}
    return {**_inner(facts, {"alertname": ALERT_NAME}, annotations), **_marks(facts)}


def grafana(facts: HeartbeatFacts) -> dict[str, Any]:
    """Return a notification of Grafana's old alerting; `ruleName`, which OnCall left out, groups it."""
    return {
        "ruleName": ALERT_NAME,
        "state": "alerting" if facts.is_missing else "ok",
        "title": facts.title,
        "message": facts.message,
        **_marks(facts),
    }


def _inner(facts: HeartbeatFacts, labels: dict[str, str], annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "status": _status(facts),
        "labels": labels,
        "annotations": annotations,
        "startsAt": _instant(facts.began_at),
        "endsAt": NEVER if facts.is_missing else _instant(facts.at),
        "generatorURL": "",
        "fingerprint": "heartbeat",
    }


def _status(facts: HeartbeatFacts) -> str:
    return "firing" if facts.is_missing else "resolved"


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
