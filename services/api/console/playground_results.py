"""What the playground shows of a preview: every medium, the decisions, problems at their line, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from services.api.console.playground_fields import TITLES, FieldGroup
from shared.domain.markup import WEB
from shared.domain.template_jobs import HTML_MEDIA

LINES_AROUND = 2
CHANGED_SHOWN = 20
VALUE_CHARS = 400


@dataclass(frozen=True)
class ShownMedium:
    """What one medium shows; the message is HTML that is clean, or text."""

    key: str
    title: str
    card: Mapping[str, Any]
    message: Markup | str


@dataclass(frozen=True)
class Line:
    """A line of a template; `is_bad` is the one that failed."""

    number: int
    text: str
    is_bad: bool


@dataclass(frozen=True)
class ShownFault:
    """A template that failed, with the lines around the place; `anchor` is "" where the page has no field for it."""

    template: str
    message: str
    line: int | None
    anchor: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ShownResult:
    """What becomes of one alert."""

    result: Mapping[str, Any]
    media: tuple[ShownMedium, ...]
    faults: tuple[ShownFault, ...]


@dataclass(frozen=True)
class Difference:
    """One thing that reads differently."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangedAlert:
    """An alert that the edit makes different."""

    alert_id: str
    title: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Comparison:
    """The last alerts before and after the edit; of those that differ the newest are listed."""

    count: int
    changed: int
    alerts: tuple[ChangedAlert, ...]


def shown_result(result: Mapping[str, Any], groups: Sequence[FieldGroup]) -> ShownResult:
    """Return a preview's result for the page."""
    cards = result["cards"]
    media = [
        ShownMedium(key, title, cards[key], _message(key, cards[key]["message"]))
        for key, title in TITLES.items()
        if key in cards
    ]
    faults = [_fault(one, groups) for one in result["problems"]]
    return ShownResult(result, tuple(media), tuple(faults))


def comparison(found: Mapping[str, Any]) -> Comparison:
    """Return a preview over several alerts for the page."""
    changed = [one for one in found["results"] if one.get("differences")]
    alerts = tuple(
        ChangedAlert(
            alert_id=str(one["alert_id"]),
            title=str(one["title"] or one["alert_id"]),
            differences=tuple(
                Difference(each["what"], _value(each["before"]), _value(each["after"]))
                for each in one["differences"]
            ),
        )
        for one in changed[:CHANGED_SHOWN]
    )
    return Comparison(found["count"], found["changed"], alerts)


def _message(medium: str, message: str | None) -> Markup | str:
    text = message or ""
    return Markup(WEB.clean(text)) if medium in HTML_MEDIA else text


def _fault(problem: Mapping[str, Any], groups: Sequence[FieldGroup]) -> ShownFault:
    name, number = str(problem["template"]), problem["line"]
    field = next((one for group in groups for one in group.fields if one.name == name), None)
    return ShownFault(
        template=name,
        message=str(problem["message"]),
        line=number,
        anchor=field.anchor if field is not None else "",
        lines=_lines(field.used, number) if field is not None and number is not None else (),
    )


def _lines(text: str, bad: int) -> tuple[Line, ...]:
    lines = enumerate(text.splitlines(), start=1)
    return tuple(
        Line(number, one, number == bad) for number, one in lines if abs(number - bad) <= LINES_AROUND
    )


def _value(value: Any) -> str:
    text = "–" if value is None else value if isinstance(value, str) else str(value)
    return text if len(text) <= VALUE_CHARS else f"{text[:VALUE_CHARS]}…"
