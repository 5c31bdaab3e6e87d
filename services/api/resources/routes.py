"""Routes of an integration: which alerts go where; the default route comes last and stays."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid, Refused
from services.api.resources import chat_targets, labels, maintenance_windows
from services.api.resources.checks import regex_problem, template_problem
from services.api.resources.desk import Desk, Flag, Resource, at_most, required
from services.api.resources.positions import place
from shared.domain.configuration import Chain, Integration, Route
from shared.domain.labels import Label

MAX_EXPRESSION = 1024


class RouteBody(chat_targets.TargetsBody):
    """What a client writes of a route."""

    integration_id: str | None = None
    escalation_chain_id: str | None = None
    routing_type: str | None = None
    routing_regex: str | None = None
    filtering_labels: list[labels.LabelBody] | None = None
    position: int | None = None
    manual_order: Flag | None = None


def show(_desk: Desk, row: Route, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; a default route has no expression."""
    return {
        "id": row.id,
        "integration_id": row.integration_id,
        "escalation_chain_id": row.escalation_chain_id,
        "routing_type": row.routing_type,
        "routing_regex": None if row.is_default else row.routing_regex,
        "filtering_labels": labels.shown(row.filtering_labels),
        "position": row.position,
        "is_the_last_route": row.is_default,
        **chat_targets.shown(row),
    }


def select(desk: Desk, query: dict[str, str]) -> list[Route]:
    """Return routes integration by integration in the order in which they are tried."""
    if "integration_id" in query:
        rows = desk.draft.find(Route, "integration_id", query["integration_id"])
    else:
        rows = desk.draft.all(Route)
    if "routing_regex" in query:
        rows = [one for one in rows if one.routing_regex == query["routing_regex"]]
    return sorted(rows, key=lambda one: (one.integration_id, one.is_default, one.position, one.id))


def create(desk: Desk, body: RouteBody) -> Route:
    """Add a route before the default one."""
    integration = desk.existing(
        Integration, required(body.integration_id, "integration_id"), "integration_id"
    )
    assert integration is not None
    row = Route(id=desk.new_id(Route), integration_id=integration.id)
    row = _written(desk, row, body)
    position = _placed(desk, row, body, now=None)
    row = row.model_copy(update={"position": position})
    desk.draft.put(row)
    return row


def change(desk: Desk, row: Route, body: RouteBody) -> Route:
    """Change a route; of the default route only the chain and the chat targets."""
    if body.integration_id not in (None, "", row.integration_id):
        raise Invalid.field("integration_id", "A route cannot move to another integration.")
    after = _written(desk, row, body)
    if not row.is_default and body.position is not None:
        after = after.model_copy(update={"position": _placed(desk, row, body, now=row.position)})
    desk.draft.put(after)
    return after


def remove(desk: Desk, row: Route) -> None:
    """Remove a route; the others keep their places."""
    if row.is_default:
        raise Refused.because(400, "The default route cannot be deleted.")
    maintenance_windows.forget_route(desk, row.id)
    desk.draft.remove(row)


def add_default(desk: Desk, integration: Integration) -> Route:
    """Give a new integration its default route."""
    row = Route(id=desk.new_id(Route), integration_id=integration.id, is_default=True)
    desk.draft.put(row)
    return row


def default_of(desk: Desk, integration: Integration) -> Route:
    """Return an integration's default route, made anew should it be missing."""
    for one in desk.draft.find(Route, "integration_id", integration.id):
        if one.is_default:
            return one
    return add_default(desk, integration)


def _written(desk: Desk, row: Route, body: RouteBody) -> Route:
    changes: dict[str, Any] = dict(chat_targets.targets(body, row))
    if body.sent("escalation_chain_id"):
        desk.existing(Chain, body.escalation_chain_id, "escalation_chain_id")
        changes["escalation_chain_id"] = body.escalation_chain_id or None
    if not row.is_default:
        changes.update(_expression(row, body))
    return row.model_copy(update=changes)


def _expression(row: Route, body: RouteBody) -> dict[str, Any]:
    kind = body.routing_type or row.routing_type
    text = row.routing_regex if body.routing_regex is None else body.routing_regex
    if kind not in ("jinja2", "regex", "labels"):
        raise Invalid.field("routing_type", "Must be jinja2, regex or labels.")
    if kind == "labels":
        return {"routing_type": kind, "routing_regex": "", "filtering_labels": _labels(row, body)}
    at_most(text, MAX_EXPRESSION, "routing_regex")
    problem = template_problem(text) if kind == "jinja2" else regex_problem(text)
    if problem is not None:
        raise Invalid.field("routing_regex", problem)
    return {"routing_type": kind, "routing_regex": text, "filtering_labels": ()}


def _labels(row: Route, body: RouteBody) -> tuple[Label, ...]:
    """Return the labels that an alert must have; without any the route would match nothing, for ever."""
    wanted = row.filtering_labels
    if body.sent("filtering_labels"):
        wanted = labels.read(body.filtering_labels or (), "filtering_labels")
    if not wanted:
        raise Invalid.field("filtering_labels", "A route by labels needs at least one label.")
    return wanted


def _placed(desk: Desk, row: Route, body: RouteBody, now: int | None) -> int:
    siblings = {
        one.id: one
        for one in desk.draft.find(Route, "integration_id", row.integration_id)
        if not one.is_default and one.id != row.id
    }

    def move(route_id: str, position: int) -> None:
        desk.draft.put(siblings[route_id].model_copy(update={"position": position}))

    return place(list(siblings.values()), body.position, now, bool(body.manual_order), move)


ROUTES = Resource(
    name="routes",
    model=Route,
    body=RouteBody,
    page_size=25,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
