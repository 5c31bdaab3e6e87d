"""Small builders of domain values for tests: every field that does not matter has a default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.configuration import Chain, ConfigSnapshot, Route, Rule, StepConfig, User, Webhook
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.model import Actor, Alert, Group
from shared.events import ActionRequested, AlertRouted, derived_id

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
KEY = "0" * 32
# What a step of any type has; the rest are parameters of its type.
COMMON = ("type", "important", "condition")
ALICE = Actor(kind="user", id="U1", name="alice")


def minute(number: float) -> datetime:
    """Return the instant so many minutes after noon."""
    return NOON + timedelta(minutes=number)


def an_alert(name: str = "a1", *, at: datetime = NOON, payload: Any = None) -> Alert:
    """Return an alert; its id follows from its name."""
    return Alert(
        id=derived_id("test", name), integration_id="C1", received_at=at, payload=payload or {"n": name}
    )


def routed(name: str = "a1", *, at: datetime = NOON, **fields: Any) -> AlertRouted:
    """Return an alert on its way to the grouper."""
    alert = fields.pop("alert", None) or an_alert(name, at=at)
    fields.setdefault("key", KEY)
    fields.setdefault("grouping_key", "key")
    fields.setdefault("route_id", "R1")
    return AlertRouted(id=derived_id("routed", alert.id), time=at, alert_id=alert.id, alert=alert, **fields)


def a_group(**fields: Any) -> Group:
    """Return an open, firing group with one alert."""
    first = an_alert("a0", at=minute(0))
    base: dict[str, Any] = {
        "id": "IGROUP",
        "integration_id": "C1",
        "route_id": "R1",
        "key": KEY,
        "number": 1,
        "title": "DiskFull",
        "alerts_count": 1,
        "first_alert_id": first.id,
        "last_alert_id": first.id,
        "opened_at": first.received_at,
        "last_alert_at": first.received_at,
        "last_fired_at": first.received_at,
        "last_fired_id": first.id,
    }
    return Group(**(base | fields))


def a_window(**fields: Any) -> MaintenanceWindow:
    """Return a maintenance window over everything, for an hour from noon."""
    return MaintenanceWindow(
        **({"id": "M1", "name": "Upgrade", "starts_at": NOON, "duration": 3600} | fields)
    )


def an_action(action: str, *, id: str = "action-1", **fields: Any) -> ActionRequested:
    """Return a request of alice's."""
    fields.setdefault("group_id", "IGROUP")
    fields.setdefault("actor", ALICE)
    return ActionRequested(id=id, time=NOON, action=action, **fields)


def a_configuration(
    *steps: dict[str, Any], rules: tuple[Rule, ...] | None = None, **fields: Any
) -> ConfigSnapshot:
    """Return a configuration with route R1 -> chain F1 of these steps, users U1 (alice) and U2 (bob)."""
    made = tuple(
        StepConfig(
            id=f"E{position}",
            escalation_chain_id="F1",
            position=position,
            type=step["type"],
            important=step.get("important", False),
            condition=step.get("condition"),
            parameters={key: value for key, value in step.items() if key not in COMMON},
        )
        for position, step in enumerate(steps)
    )
    default_rules = tuple(Rule(id=f"N{one}", user_id=one, type="notify_by_email") for one in ("U1", "U2"))
    base: dict[str, Any] = {
        "version": 1,
        "routes": (Route(id="R1", integration_id="C1", is_default=True, escalation_chain_id="F1"),),
        "chains": (Chain(id="F1", name="Primary"),),
        "steps": made,
        "users": (User(id="U1", username="alice", email="alice@x.org"), User(id="U2", username="bob")),
        "rules": default_rules if rules is None else rules,
        "webhooks": (Webhook(id="WH1", name="ticket", url="http://hook.example/"),),
    }
    return ConfigSnapshot(**(base | fields))


def notify(*users: str, important: bool = False) -> dict[str, Any]:
    """Return a step that notifies users."""
    return {"type": "notify_persons", "persons_to_notify": list(users), "important": important}


def wait(minutes: int) -> dict[str, Any]:
    """Return a wait step."""
    return {"type": "wait", "duration": minutes * 60}
