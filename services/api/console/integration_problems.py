"""Problems of an integration in words: what failed, what happens instead, and where it is put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.api.console.integration_rows import moment
from shared.domain.conditions import STEP
from shared.domain.problems import (
    HEARTBEAT,
    LABEL,
    LABEL_TEMPLATE,
    LABELS,
    RATE_LIMIT,
    RENDERING,
    ROUTE,
    ROUTING,
    TOKEN,
)
from shared.domain.template_jobs import BEHAVIOURAL

MEANINGS = {
    "grouping_key": "Its alerts were grouped by the default of the type.",
    "resolve_signal": "Whether an alert says that it is over was decided by the default of the type.",
    "acknowledge_signal": "Whether an alert says that somebody has it was decided by the default of the type.",
    "source_link": "The link back to the source was made by the default of the type.",
    ROUTING: "All its templates together took too long or too much memory: its alerts went the default route, "
    "each in a group of its own.",
    RENDERING: "All its templates together took too long or too much memory: plain texts were shown instead.",
    RATE_LIMIT: "It sent faster than its rate limit allows; what was above the limit was answered 429.",
}


@dataclass(frozen=True)
class ShownProblem:
    """One problem: what failed, what came of it, the link to where it is mended ("" for nowhere on these pages)."""

    what: str
    meaning: str
    link: str
    message: str
    line: int | None
    count: int
    alert_id: str
    first_seen_at: datetime | None
    last_seen_at: datetime | None


def shown_problems(
    found: Sequence[Mapping[str, Any]], integration_id: str, numbers: Mapping[str, int]
) -> list[ShownProblem]:
    """Return problems as the API shows them, in words; `numbers` are those of the routes by id."""
    return [_shown(one, f"/integrations/{integration_id}", numbers) for one in found]


def _shown(one: Mapping[str, Any], page: str, numbers: Mapping[str, int]) -> ShownProblem:
    what, meaning, link = _explained(str(one["where"]), page, numbers)
    return ShownProblem(
        what=what,
        meaning=meaning,
        link=link,
        message=str(one["message"]),
        line=one["line"],
        count=int(one["count"] or 1),
        alert_id=str(one["alert_id"] or ""),
        first_seen_at=moment(one["first_seen_at"]),
        last_seen_at=moment(one["last_seen_at"]),
    )


def _explained(where: str, page: str, numbers: Mapping[str, int]) -> tuple[str, str, str]:
    if where in (ROUTING, RENDERING):
        return "All templates", MEANINGS[where], f"{page}/playground"
    if where == RATE_LIMIT:
        return "Rate limit", MEANINGS[where], f"{page}#access"
    if where.startswith(TOKEN):
        return (
            "Former URL",
            "A sender still uses a URL that was replaced: give it the new one.",
            f"{page}#urls",
        )
    if where.startswith(ROUTE):
        return _route(where.removeprefix(ROUTE), page, numbers)
    if where.startswith(STEP):
        return where.capitalize(), "Its condition failed, so the step was done.", ""
    if where in (LABELS, LABEL_TEMPLATE) or where.startswith(LABEL):
        return f"Label template {where}", "The label was left out; the others stayed.", f"{page}#labels"
    if where.startswith(HEARTBEAT):
        return f"Text of the {where}", "The default text was used instead.", f"{page}#heartbeat"
    if where in BEHAVIOURAL or "." in where:
        meaning = MEANINGS.get(where, "The default of the type was shown instead.")
        return f"Template {where}", meaning, f"{page}/playground#{template_anchor(where)}"
    return where, "", ""


def _route(route_id: str, page: str, numbers: Mapping[str, int]) -> tuple[str, str, str]:
    meaning = "Its condition failed, so it counted as not met and the next route was tried."
    if route_id not in numbers:
        return "A route", meaning, f"{page}#routes"
    return f"Route {numbers[route_id]}", meaning, f"{page}/routes/{route_id}"


def template_anchor(name: str) -> str:
    """Return the id of a template's field in the playground: "slack.title" is t-slack-title."""
    return f"t-{name.replace('.', '-')}"
