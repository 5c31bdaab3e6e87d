"""What the pages of escalation chains show: chains with their steps as sentences, their uses, and a step's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multidict import MultiMapping

from services.api.console.people_fields import names_of
from services.api.console.step_kinds import KIND_OF, StepField, StepKind, length_parts
from services.api.console.step_sentences import step_sentence
from shared.domain.configuration import Chain, ConfigSnapshot, Route, StepConfig


@dataclass(frozen=True)
class Use:
    """A route that leads to the chain."""

    integration_id: str
    integration_name: str
    words: str


@dataclass(frozen=True)
class StepView:
    """A step as it is listed."""

    id: str
    words: str
    is_editable: bool


@dataclass(frozen=True)
class ChainView:
    """A chain with what hangs on it."""

    chain: Chain
    team_name: str
    steps: tuple[StepView, ...]
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class StepForm:
    """A step being written: `step_id` is "" for a new one; `values` are those of the fields, by name.

    `place` is where a new one goes: "" is last.
    """

    kind: StepKind
    step_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    condition: str = ""
    important: bool = False
    place: str = ""
    problems: tuple[str, ...] = ()


def chain_view(chain: Chain, config: ConfigSnapshot) -> ChainView:
    """Return a chain as the pages show it."""
    team = config.team_by_id.get(chain.team_id or "")
    return ChainView(
        chain=chain,
        team_name=team.name if team is not None else "",
        steps=tuple(
            StepView(one.id, step_sentence(one, config), one.type in KIND_OF)
            for one in config.steps_of.get(chain.id, ())
        ),
        uses=uses_of(chain.id, config),
    )


def uses_of(chain_id: str, config: ConfigSnapshot) -> tuple[Use, ...]:
    """Return the routes that lead to a chain, by integration and in their order."""
    found = []
    for integration in sorted(config.integrations, key=lambda one: one.name.casefold()):
        for number, route in enumerate(config.routes_of.get(integration.id, ()), start=1):
            if route.escalation_chain_id == chain_id:
                found.append(Use(integration.id, integration.name, route_words(route, number)))
    return tuple(found)


def route_words(route: Route, number: int) -> str:
    """Return what people call a route of an integration; its number counts from 1."""
    if route.is_default:
        return "default route"
    labels = ", ".join(f"{one.key}: {one.value}" for one in route.filtering_labels)
    return f"route {number}: {route.routing_regex or labels}"


def written_form(step: StepConfig, config: ConfigSnapshot) -> StepForm | None:
    """Return the form of a stored step; None for a kind that is not known here."""
    kind = KIND_OF.get(step.type)
    if kind is None:
        return None
    values: dict[str, Any] = {}
    for one in kind.fields:
        values |= _stored_value(one, step.parameters.get(one.name), config)
    return StepForm(kind, step.id, values, step.condition or "", step.important)


def sent_form(
    kind: StepKind, form: MultiMapping[str], step_id: str = "", problems: tuple[str, ...] = ()
) -> StepForm:
    """Return a form as somebody sent it, to be shown again."""
    values: dict[str, Any] = {}
    for one in kind.fields:
        several = one.kind in ("people", "weekdays")
        values[one.name] = list(form.getall(one.name, [])) if several else form.get(one.name, "")
        values[f"{one.name}_unit"] = form.get(f"{one.name}_unit", "minutes")
    return StepForm(
        kind=kind,
        step_id=step_id,
        values=values,
        condition=form.get("condition", ""),
        important="important" in form,
        place=form.get("place", ""),
        problems=problems,
    )


def _stored_value(field: StepField, value: Any, config: ConfigSnapshot) -> dict[str, Any]:
    if field.kind == "people":
        return {field.name: names_of(value or (), config)}
    if field.kind == "weekdays":
        return {field.name: list(value or ())}
    if field.kind == "length":
        number, unit = length_parts(value)
        return {field.name: number, f"{field.name}_unit": unit}
    text = "" if value is None else str(value)
    return {field.name: text.removesuffix("Z") if field.kind == "clock" else text}
