"""The shapes of previews and explanations, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from services.api.shape import Shape
from shared.domain.model import Card
from shared.domain.preview_difference import Difference
from shared.domain.template_jobs import PreviewError, RouteTrial


class PreviewResult(Shape):
    """What an integration makes of one alert. `differences` are there when something was edited."""

    alert_id: str | None
    route_id: str | None
    routes: list[RouteTrial]
    title: str | None
    labels: dict[str, str]
    grouping_key: str | None
    grouping_digest: str | None
    grouping_reason: str
    resolve: bool
    acknowledge: bool
    source_link: str | None
    rendered: dict[str, dict[str, str | None]]
    cards: dict[str, Card]
    problems: list[PreviewError]
    differences: list[Difference] | None = None


class PreviewResults(Shape):
    """One result for each alert; `changed` counts those that an edit makes different."""

    count: int
    changed: int
    results: list[PreviewResult]


class Decision(Shape):
    """What one stage decided, and why."""

    at: str | None
    stage: str
    decision: str
    reason: str


class Explanation(Shape):
    """Why an alert went where it went. `routes` are tried again with the configuration of now."""

    alert_id: str
    group_id: str | None
    group_state: str | None
    summary: str
    decisions: list[dict[str, Any]]
    grouped_by: dict[str, Any] | None
    pages: list[dict[str, Any]]
    nobody_was_paged_because: list[Decision]
    routes: list[RouteTrial]
    routes_are_current: bool


SHAPES: tuple[type[Shape], ...] = (PreviewResult, PreviewResults, Decision, Explanation)
