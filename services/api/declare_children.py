"""Lists inside declared objects: they become exactly what is written, and what stays the same keeps its id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from services.api.declare_faults import Faults
from services.api.resources import contact_points, routes, rules, steps
from services.api.resources.desk import Desk
from services.api.resources.steps import Referred
from shared.domain.configuration import Chain, Integration, Route, Rule, StepConfig, User
from shared.domain.contacts import ContactPoint
from shared.domain.declaration import (
    DeclaredContactPoint,
    DeclaredDefaultRoute,
    DeclaredHeartbeat,
    DeclaredRoute,
    DeclaredRule,
    DeclaredStep,
    Path,
)
from shared.domain.labels import by_key

C = TypeVar("C", Route, Rule, StepConfig)
D = TypeVar("D")
OTHER_TARGETS = ("telegram", "msteams", "mattermost")


class Children:
    """Writes the lists of one declaration."""

    def __init__(self, desk: Desk, faults: Faults) -> None:
        self._desk = desk
        self._faults = faults

    def contact_points(self, path: Path, user: User, declared: Sequence[DeclaredContactPoint] | None) -> User:
        """Make the contact points that somebody vouches for what is written; None leaves them."""
        if declared is None:
            return user
        kept: list[ContactPoint] = []
        for position, one in enumerate(declared):
            with self._faults.at((*path, position)):
                kind = contact_points.checked_kind(one.kind)
                point = contact_points.made(self._desk, kind, one.address, declared=True)
                before = next(
                    (old for old in user.contact_points if contact_points.is_same(self._desk, old, point)),
                    None,
                )
                kept.append(before.model_copy(update={"declared": True}) if before is not None else point)
        ids = {one.id for one in kept}
        own = [one for one in user.contact_points if one.id not in ids and not one.declared]
        after = user.model_copy(update={"contact_points": (*own, *kept)})
        if {one.id: one for one in after.contact_points} != {one.id: one for one in user.contact_points}:
            self._desk.draft.put(after)
            return after
        return user

    def rules(self, path: Path, user: User, declared: list[DeclaredRule] | None, *, important: bool) -> None:
        """Make one of a person's lists what is written; None leaves it."""
        if declared is None:
            return
        before = [one for one in rules.select(self._desk, {"user_id": user.id}) if one.important == important]
        pairs = self._matched(before, declared, lambda row, one: row.type == one.type)
        for position, (one, row) in enumerate(pairs):
            with self._faults.at((*path, position)):
                body = rules.RuleBody(
                    user_id=user.id,
                    important=important,
                    type=one.type,
                    duration=one.duration,
                    only_between=one.only_between,
                )
                saved = rules.create(self._desk, body) if row is None else rules.change(self._desk, row, body)
                self._put(saved, position)

    def steps(self, path: Path, chain: Chain, declared: list[DeclaredStep] | None) -> None:
        """Make a chain's steps what is written; None leaves them."""
        if declared is None:
            return
        before = steps.select(self._desk, {"escalation_chain_id": chain.id})
        pairs = self._matched(before, declared, lambda row, one: row.type == one.type)
        for position, (one, row) in enumerate(pairs):
            with self._faults.at((*path, position)):
                body = steps.StepBody(**self._step_fields((*path, position), chain, one))
                if row is None:
                    saved = steps.create(self._desk, body)
                else:
                    # What is no longer written goes back to the default.
                    blank = row.model_copy(update={"parameters": {}, "important": False, "condition": None})
                    saved = steps.change(self._desk, blank, body)
                self._put(saved, position)

    def routes(self, path: Path, integration: Integration, declared: list[DeclaredRoute] | None) -> None:
        """Make an integration's routes before the default one what is written; None leaves them."""
        if declared is None:
            return
        before = [
            one for one in routes.select(self._desk, {"integration_id": integration.id}) if not one.is_default
        ]
        pairs = self._matched(before, declared, _same_expression)
        for position, (one, row) in enumerate(pairs):
            with self._faults.at((*path, position, _kind(one))):
                target = row or routes.create(self._desk, routes.RouteBody(integration_id=integration.id))
                self._put(self.write_route((*path, position), target, one), position)

    def write_route(self, path: Path, row: Route, declared: DeclaredDefaultRoute) -> Route:
        """Make one route what is written."""
        slack = {"channel_id": declared.slack.id, "enabled": declared.slack.enabled}
        others = {name: getattr(declared, name).model_dump() for name in OTHER_TARGETS}
        chain_id = self._faults.id_of(Chain, declared.chain, (*path, "chain"))
        fields: dict[str, Any] = {"escalation_chain_id": chain_id, "slack": slack, **others}
        if isinstance(declared, DeclaredRoute):
            fields |= _expression(declared)
        return routes.change(self._desk, row, routes.RouteBody.model_validate(fields))

    def _matched(
        self, before: Sequence[C], declared: Sequence[D], same: Callable[[C, D], bool]
    ) -> list[tuple[D, C | None]]:
        """Pair what is written with the rows that become it; remove the rows that nothing became."""
        unused = list(before)
        pairs: list[tuple[D, C | None]] = []
        for one in declared:
            row = next((row for row in unused if same(row, one)), None)
            if row is not None:
                unused.remove(row)
            pairs.append((one, row))
        for row in unused:
            self._desk.draft.remove(row)
        return pairs

    def _put(self, row: C, position: int) -> None:
        if row.position != position:
            self._desk.draft.put(row.model_copy(update={"position": position}))

    def _step_fields(self, path: Path, chain: Chain, declared: DeclaredStep) -> dict[str, Any]:
        """Return the body of a step, with names turned into ids."""
        fields = {
            **declared.model_dump(exclude_none=True),
            "escalation_chain_id": chain.id,
        }
        for name in set(fields) - set(steps.StepBody.model_fields):
            self._faults.add((*path, name), "this key is not known here")
        for name, model in steps.REFERENCES.items():
            if name in fields:
                fields[name] = self._ids(model, fields[name], (*path, name))
        return {name: value for name, value in fields.items() if name in steps.StepBody.model_fields}

    def _ids(self, model: Referred, names: Any, path: Path) -> Any:
        if isinstance(names, list):
            found = [self._faults.id_of(model, str(one), path) for one in names]
            return [one for one in found if one is not None]
        return self._faults.id_of(model, str(names), path)


def _same_expression(row: Route, declared: DeclaredRoute) -> bool:
    wanted = by_key(row.filtering_labels) or None
    texts = {row.routing_type: row.routing_regex}
    return (texts.get("jinja2"), texts.get("regex"), wanted) == (
        declared.jinja2,
        declared.regex,
        declared.labels,
    )


def _kind(declared: DeclaredRoute) -> str:
    if declared.labels is not None:
        return "labels"
    return "jinja2" if declared.jinja2 is not None else "regex"


def _expression(declared: DeclaredRoute) -> dict[str, Any]:
    """Return the kind of a route's expression and the expression, as a client of the API would write them."""
    kind = _kind(declared)
    if kind == "labels":
        return {"routing_type": kind, "filtering_labels": label_bodies(declared.labels or {})}
    return {"routing_type": kind, "routing_regex": getattr(declared, kind)}


def label_bodies(declared: dict[str, str]) -> list[dict[str, str]]:
    """Return labels by key as a client of the API would write them."""
    return [{"key": key, "value": value} for key, value in declared.items()]


def heartbeat_body(declared: DeclaredHeartbeat) -> dict[str, Any]:
    """Return a heartbeat as a client of the API would write it, whole."""
    texts = declared.model_dump(include={"expired", "restored"})
    return {"timeout_seconds": declared.timeout, "templates": texts}
