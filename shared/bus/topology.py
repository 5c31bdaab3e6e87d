"""Every exchange, queue and binding, declared in one place and wholly by every service at its start.

A type that a stage consumes reaches its queue although that stage was never started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared import events
from shared.events import Event

EXCHANGE = "tocsin.events"
DELIVERY_LIMIT = 20
# Looking at a dead letter counts as a delivery; without a limit of its own RabbitMQ 4 would drop it at 20.
LOOKS_LIMIT = 1_000_000_000
RUNGS_S: tuple[int, ...] = (1, 5, 30, 120, 600)
LANES = ("", "bulk")

CONSUMES: dict[str, tuple[type[Event], ...]] = {
    "heartbeat": (events.HeartbeatReceived, events.BeatSent),
    "router": (events.AlertReceived,),
    "grouper": (events.AlertRouted, events.ActionRequested),
    "renderer": events.GROUP_EVENTS,
    "escalator": (
        events.GroupRendered,
        events.NotificationFailed,
        events.NotificationUnknown,
        events.ChainRefreshRequested,
    ),
    "chatops_publisher": (events.PostRequested, events.GroupWiped, events.GroupDeleted),
    "notifier": (
        events.NotificationRequested,
        events.WebhookRequested,
        events.NoticeRequested,
        events.DeliveryReported,
        events.DeliveryActionRequested,
        events.GroupWiped,
        events.GroupDeleted,
    ),
    "recorder": events.RECORDED,
}
# Types that have a lane of their own, beside the normal one, at the stage that consumes them.
OWN_LANE: dict[type[Event], str] = {events.ActionRequested: "actions"}

# Stages that need their events in order: one instance consumes at a time, the next takes over when it is gone.
IN_ORDER = frozenset({"heartbeat"})


@dataclass(frozen=True)
class QueueSpec:
    """One durable quorum queue: its name, its arguments and the routing keys bound to it."""

    name: str
    arguments: dict[str, Any]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topology:
    """All queues, and for each routing key the queues that it must reach."""

    queues: tuple[QueueSpec, ...]
    reached_by: dict[str, tuple[str, ...]] = field(default_factory=dict)


def queue_name(service: str, lane: str = "") -> str:
    """Return the name of a stage's queue."""
    return f"tocsin.{service}.{lane}" if lane else f"tocsin.{service}"


def dead_queue_name(service: str) -> str:
    """Return the name of a stage's dead-letter queue."""
    return f"tocsin.{service}.dead"


def retry_queue_name(service: str, rung_s: int) -> str:
    """Return the name of one rung of a stage's retry ladder."""
    return f"tocsin.{service}.retry.{rung_s}s"


def lanes_of(service: str) -> tuple[str, ...]:
    """Return the lanes of a stage in the order in which they are served."""
    own = tuple(lane for kind, lane in OWN_LANE.items() if kind in CONSUMES[service])
    return (*own, *LANES) if service != "recorder" else LANES


def _quorum(dead_to: str | None, **more: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"x-queue-type": "quorum", "x-overflow": "reject-publish", **more}
    if dead_to is not None:
        arguments |= {
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_to,
            "x-dead-letter-strategy": "at-least-once",
        }
    return arguments


def _keys(service: str, lane: str) -> tuple[str, ...]:
    consumed = CONSUMES[service]
    if service == "recorder":
        return tuple(f"{one.type}.{lane}".rstrip(".") for one in consumed)
    if lane == "bulk":
        return tuple(f"{one.type}.bulk" for one in consumed if one not in OWN_LANE)
    mine = [one.type for one in consumed if OWN_LANE.get(one, "") == lane]
    # A request that follows from an event of the bulk lane keeps its lane's name and belongs here all the same.
    return (*mine, *(f"{one}.{other}" for one in mine for other in LANES if other and lane))


def _queues_of(service: str) -> list[QueueSpec]:
    dead = dead_queue_name(service)
    limit: dict[str, Any] = {"x-delivery-limit": DELIVERY_LIMIT}
    if service in IN_ORDER:
        limit["x-single-active-consumer"] = True
    found = [
        QueueSpec(queue_name(service, lane), _quorum(dead, **limit), _keys(service, lane))
        for lane in lanes_of(service)
    ]
    back = queue_name(service)
    found += [
        QueueSpec(retry_queue_name(service, rung), _quorum(back, **{"x-message-ttl": rung * 1000}))
        for rung in RUNGS_S
    ]
    found.append(QueueSpec(dead, _quorum(None, **{"x-delivery-limit": LOOKS_LIMIT})))
    return found


def _topology() -> Topology:
    queues = tuple(spec for service in CONSUMES for spec in _queues_of(service))
    reached: dict[str, tuple[str, ...]] = {}
    for kind in events.CATALOGUE:
        for lane in LANES:
            key = f"{kind.type}.{lane}" if lane else kind.type
            reached[key] = tuple(spec.name for spec in queues if key in spec.keys)
    return Topology(queues, reached)


TOPOLOGY = _topology()


def queues_reached_by(kinds: tuple[type[Event], ...]) -> tuple[QueueSpec, ...]:
    """Return the queues that must exist for events of these kinds to arrive, in any lane."""
    names = {
        name
        for kind in kinds
        for lane in LANES
        for name in TOPOLOGY.reached_by[f"{kind.type}.{lane}".rstrip(".")]
    }
    return tuple(spec for spec in TOPOLOGY.queues if spec.name in names)
