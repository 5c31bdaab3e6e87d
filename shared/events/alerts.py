"""What happens before an alert is in a group."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from shared.domain.model import Alert, Problem
from shared.events.event import Event


class AlertReceived(Event):
    """receiver (heartbeat, and api for a demo) -> router: a payload was accepted at an integration's URL."""

    type: ClassVar[str] = "alert.received.v1"
    alert: Alert


class HeartbeatReceived(Event):
    """receiver -> heartbeat: an integration's heartbeat URL was called."""

    type: ClassVar[str] = "heartbeat.received.v1"
    integration_id: str


class BeatSent(Event):
    """receiver -> heartbeat: the receiver served from `since` on, and has told all that it accepted before `time`.

    `receiver_id` is the process, `instance` its name; `is_last` when it leaves in order. Beats are not kept.
    """

    type: ClassVar[str] = "beat.sent.v1"
    receiver_id: str
    instance: str
    since: datetime
    is_last: bool = False


class AlertRouted(Event):
    """router -> grouper: the route that takes the alert, its grouping key, its signals and its title.

    `key` is the md5 hex that groups it; `grouping_key` the text behind it, None when nothing groups it.
    """

    type: ClassVar[str] = "alert.routed.v1"
    alert: Alert
    route_id: str | None = None
    key: str
    grouping_key: str | None = None
    resolve: bool = False
    acknowledge: bool = False
    title: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
