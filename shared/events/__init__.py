"""The catalogue of events, in the order in which things happen.

A fact has exactly one emitter, the service named in its docstring; requests and `stage.decided` name theirs.
On the wire: CloudEvents 1.0 (shared/bus/wire.py). A field that is removed or retyped is a new version.
"""

from __future__ import annotations

from shared.events.alerts import AlertReceived, AlertRouted, BeatSent, HeartbeatReceived
from shared.events.event import ATTRIBUTES, NAMESPACE, Due, Event, derived_id
from shared.events.groups import (
    GROUP_EVENTS,
    ActionApplied,
    ActionRefused,
    ActionRequested,
    GroupAcknowledged,
    GroupAlertAdded,
    GroupEvent,
    GroupOpened,
    GroupRendered,
    GroupResolved,
    GroupSilenced,
    GroupUnacknowledged,
    GroupUnresolved,
    GroupUnsilenced,
)
from shared.events.stages import ConfigChanged, StageDecided
from shared.events.telling import (
    DELIVERY_ACTIONS,
    ChainRefreshRequested,
    DeliveryAction,
    DeliveryActionRequested,
    DeliveryReported,
    NoticeRequested,
    NotificationCancelled,
    NotificationDelivered,
    NotificationFailed,
    NotificationOutcome,
    NotificationRequested,
    NotificationUnknown,
    PostDelivered,
    PostFailed,
    PostRequested,
    WebhookRequested,
    WebhookResponded,
)

__all__ = [
    "ATTRIBUTES",
    "BY_TYPE",
    "CATALOGUE",
    "DELIVERY_ACTIONS",
    "GROUP_EVENTS",
    "NAMESPACE",
    "RECORDED",
    "UNRECORDED",
    "ActionApplied",
    "ActionRefused",
    "ActionRequested",
    "AlertReceived",
    "AlertRouted",
    "BeatSent",
    "ChainRefreshRequested",
    "ConfigChanged",
    "DeliveryAction",
    "DeliveryActionRequested",
    "DeliveryReported",
    "Due",
    "Event",
    "GroupAcknowledged",
    "GroupAlertAdded",
    "GroupEvent",
    "GroupOpened",
    "GroupRendered",
    "GroupResolved",
    "GroupSilenced",
    "GroupUnacknowledged",
    "GroupUnresolved",
    "GroupUnsilenced",
    "HeartbeatReceived",
    "NoticeRequested",
    "NotificationCancelled",
    "NotificationDelivered",
    "NotificationFailed",
    "NotificationOutcome",
    "NotificationRequested",
    "NotificationUnknown",
    "PostDelivered",
    "PostFailed",
    "PostRequested",
    "StageDecided",
    "WebhookRequested",
    "WebhookResponded",
    "derived_id",
]

CATALOGUE: tuple[type[Event], ...] = (
    AlertReceived,
    HeartbeatReceived,
    BeatSent,
    AlertRouted,
    ActionRequested,
    *GROUP_EVENTS,
    ActionApplied,
    ActionRefused,
    GroupRendered,
    ChainRefreshRequested,
    PostRequested,
    NotificationRequested,
    WebhookRequested,
    NoticeRequested,
    DeliveryReported,
    DeliveryActionRequested,
    PostDelivered,
    PostFailed,
    NotificationDelivered,
    NotificationFailed,
    NotificationUnknown,
    NotificationCancelled,
    WebhookResponded,
    StageDecided,
    ConfigChanged,
)

# What a monitoring tool or a receiver says again and again: the journal would keep little else. What follows from
# it (an alert) is kept, and the last ping stands in `heartbeats`.
UNRECORDED: tuple[type[Event], ...] = (HeartbeatReceived, BeatSent)
RECORDED: tuple[type[Event], ...] = tuple(one for one in CATALOGUE if one not in UNRECORDED)

BY_TYPE: dict[str, type[Event]] = {one.type: one for one in CATALOGUE}
