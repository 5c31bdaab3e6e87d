"""The shapes of answers about alerts and alert groups, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from services.api.shape import Shape
from services.api.shapes import Label


class Alert(Shape):
    """An alert with its payload as it was sent."""

    id: str
    alert_group_id: str
    created_at: str
    payload: Any


class Permalinks(Shape):
    """Where people see the group."""

    slack: str | None
    slack_app: str | None
    telegram: str | None
    web: str | None


class Held(Shape):
    """What holds a firing group back: `by` is maintenance, debug or storm."""

    by: str
    since: str
    until: str
    reason: str
    window_id: str | None
    comment: str
    author: str


class Responder(Shape):
    """A person who was paged directly; `state` is active, acknowledged or removed."""

    user_id: str
    team_id: str | None
    important: bool
    paged_at: str | None
    paged_by: str | None
    state: str


class AcknowledgeReminder(Shape):
    """Whether somebody still works on it: `asked_at` and `confirm_by` while that is the question."""

    asked_at: str | None
    confirm_by: str | None
    next_at: str | None


class ResolutionNote(Shape):
    """What was found and done."""

    id: str
    alert_group_id: str
    author: str | None
    source: str
    created_at: str
    text: str


class BulkOutcome(Shape):
    """What became of an action on one group: `outcome` is applied, refused, not_found or pending."""

    id: str
    outcome: str
    reason: str


class BulkOutcomes(Shape):
    """What became of an action on each of several groups, in the order in which they were named."""

    action: str
    count: int
    results: list[BulkOutcome]


class AlertGroup(Shape):
    """An alert group as it is now; `state` is firing, acknowledged, silenced or resolved."""

    id: str
    integration_id: str
    team_id: str | None
    route_id: str | None
    number: int | None
    alerts_count: int
    firing_instances: int
    known_instances: int
    state: str
    created_at: str
    resolved_at: str | None
    resolved_by: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    silenced_at: str | None
    silenced_until: str | None
    labels: list[Label]
    title: str | None
    is_demo: bool
    root_alert_group_id: str | None
    attached_alert_group_ids: list[str]
    responders: list[Responder]
    acknowledge_reminder: AcknowledgeReminder | None
    resolution_notes_count: int
    wiped_at: str | None
    permalinks: Permalinks
    last_alert: Alert | None
    held: Held | None


class Stage(Shape):
    """What one stage did with it; `waited_ms` in its queue, `worked_ms` by itself."""

    stage: str
    at: str | None
    waited_ms: float | None
    worked_ms: float | None
    instance: str
    config_version: int
    decision: str
    reason: str
    event_type: str
    event_id: str
    cause_id: str | None


class Sending(BaseModel):
    """A page, a post or a webhook: what was asked for and how it ended ("requested": not known yet)."""

    id: str
    requested_at: str | None
    outcome: str
    at: str | None
    reason: str
    handle: str | None
    attempts: int | None


class Trace(Shape):
    """The way of one alert so far."""

    alert_id: str
    group_id: str | None
    stages: list[Stage]
    pages: list[Sending]
    posts: list[Sending]
    webhooks: list[Sending]


class Person(Shape):
    """Who did it."""

    kind: str
    id: str | None
    name: str


class TimelineEntry(Stage):
    """One thing that happened to a group."""

    actor: Person | None
    group_version: int | None
    alerts: list[str]
    details: dict[str, Any]


class Timeline(Shape):
    """Everything that happened to a group, in order."""

    alert_group_id: str
    results: list[TimelineEntry]


class Problem(Shape):
    """What is wrong: a template or rule that failed, a schedule, or somebody who could not be reached.

    `object` is "<kind>/<id>"; `state` is open or cleared, `line` counts from 1 in a template. What is wrong with the
    configuration itself has no times: it stands as long as it is configured so.
    """

    severity: str
    object: str
    integration_id: str | None
    integration_name: str | None
    schedule_id: str | None
    schedule_name: str | None
    where: str
    message: str
    line: int | None
    count: int
    alert_id: str | None
    first_seen_at: str | None
    last_seen_at: str | None
    state: str
    cleared_at: str | None
    cleared_because: str | None


class Problems(Shape):
    """Problems, the one seen last first; at most 200."""

    results: list[Problem]


class TakenBack(Shape):
    """An object whose fields were changed by hand since its set was applied last, and are changed again now."""

    kind: str
    id: str
    name: str
    fields: list[str]
    message: str


class Applied(Shape):
    """What a declaration changes (or would, when `dry_run`).

    `noted`: of how many unchanged objects it is noted that the declaration leaves them as they are now.
    """

    version: int
    dry_run: bool
    changes: list[dict[str, Any]]
    adopted: list[str]
    taken_back: list[TakenBack]
    noted: int


class Exported(Shape):
    """The configuration of a version as a declaration."""

    version: int
    declaration: dict[str, Any]


class FormerUrl(Shape):
    """A URL that was replaced: the end of its token, until when it is taken, how often it still was."""

    id: str
    ending: str
    valid_until: str
    uses: int
    last_used_at: str | None


class IntegrationTokens(Shape):
    """An integration's URL and the former ones."""

    id: str
    link: str
    rotated_at: str | None
    former: list[FormerUrl]


class DemoSent(Shape):
    """The alerts of a demo that the broker has confirmed; `demo_id` resolves it later."""

    id: str
    alert_id: str
    ids: list[str]
    demo_id: str
    trace_url: str
    accepted_at: str


class Detail(Shape):
    """A sentence."""

    detail: str


SHAPES: tuple[type[BaseModel], ...] = (
    *(AlertGroup, Alert, Trace, Timeline, Problems, TakenBack, Applied, Exported, Detail),
    *(IntegrationTokens, DemoSent, ResolutionNote, BulkOutcomes),
)
