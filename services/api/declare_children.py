"""Lists inside declared objects: they become exactly what is written, and what stays the same keeps its id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from services.api.declare_faults import Faults
from services.api.resources import maintenance_windows, routes, rules, steps
from services.api.resources.desk import Body, Desk, parse
from shared.domain.configuration import Chain, Integration, Route, Rule, StepConfig, User
from shared.domain.declaration import (
    DeclaredDefaultRoute,
    DeclaredHeartbeat,
    DeclaredRoute,
    DeclaredRule,
    DeclaredStep,
    Path,
)
from shared.domain.declaration_names import STEP_REFERENCES, Referred
from shared.domain.declaration_parts import Reference
from shared.domain.labels import by_key

C = TypeVar("C", Route, Rule, StepConfig)
D = TypeVar("D")
OTHER_TARGETS = ("telegram", "msteams", "mattermost")


class ReferenceBody(Body):
    """A reference as a step's parameters hold it."""

    name: str
    team: str | None = None


class Children:
    """Writes the lists of one declaration."""

    def __init__(self, desk: Desk, faults: Faults) -> None:
        self._desk = desk
        self._faults = faults

    def rules(self, path: Path, user: User, declared: list[DeclaredRule] | None, *, important: bool) -> None:
        """Make one of a person's lists what is written; None leaves it."""
        if declared is None:
            return
        before = [one for one in rules.select(self._desk, {"user_id": user.id}) if one.important == important]
        pairs = self._matched(before, declared, lambda row, one: row.type == one.type)
        saved: list[Rule] = []
        for position, (one, row) in enumerate(pairs):
            with self._faults.at((*path, position)):
                body = rules.RuleBody(
                    user_id=user.id,
                    important=important,
                    type=one.type,
                    duration=one.duration,
                    only_between=one.only_between,
                )
                saved.append(
                    rules.create(self._desk, body) if row is None else rules.change(self._desk, row, body)
                )
        self._put_in_order(saved)

    def steps(self, path: Path, chain: Chain, declared: list[DeclaredStep] | None) -> None:
        """Make a chain's steps what is written; None leaves them."""
        if declared is None:
            return
        before = steps.select(self._desk, {"escalation_chain_id": chain.id})
        pairs = self._matched(before, declared, lambda row, one: row.type == one.type)
        saved: list[StepConfig] = []
        for position, (one, row) in enumerate(pairs):
            with self._faults.at((*path, position)):
                saved.append(self._step((*path, position), chain, one, row))
        self._put_in_order(saved)

    def _step(self, path: Path, chain: Chain, declared: DeclaredStep, row: StepConfig | None) -> StepConfig:
        gone = self._gone(declared, row)
        body = parse(steps.StepBody, self._step_fields(path, chain, declared.model_dump(exclude=set(gone))))
        if row is None:
            return steps.create(self._desk, body)
        # What is no longer written goes back to the default.
        blank = row.model_copy(update={"parameters": {}, "important": False, "condition": None})
        saved = steps.change(self._desk, blank, body)
        after = saved.model_copy(update={"parameters": {**saved.parameters, **gone}})
        self._desk.draft.put(after)
        return after

    def _gone(self, declared: DeclaredStep, row: StepConfig | None) -> dict[str, str]:
        """Return what the step refers to and is gone, as far as it is written so: it does nothing, and stays."""
        written = declared.model_dump()
        return {
            name: value
            for name, value in (row.parameters if row is not None else {}).items()
            if name in STEP_REFERENCES and isinstance(value, str) and written.get(name) == value
            if self._desk.draft.get(STEP_REFERENCES[name], value) is None
        }

    def routes(self, path: Path, integration: Integration, declared: list[DeclaredRoute] | None) -> None:
        """Make an integration's routes before the default one what is written; None leaves them."""
        if declared is None:
            return
        before = [
            one for one in routes.select(self._desk, {"integration_id": integration.id}) if not one.is_default
        ]
        pairs = self._matched(before, declared, _same_expression)
        saved: list[Route] = []
        for position, (one, row) in enumerate(pairs):
            with self._faults.at((*path, position, _kind(one))):
                target = row or routes.create(self._desk, routes.RouteBody(integration_id=integration.id))
                saved.append(self.write_route((*path, position), target, one))
        self._put_in_order(saved)

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
            if isinstance(row, Route):
                maintenance_windows.forget_route(self._desk, row.id)
            self._desk.draft.remove(row)
        return pairs

    def _put_in_order(self, rows: Sequence[C]) -> None:
        """Number rows that are not in the order in which they are written; places may have gaps and then stay so."""
        places = [(one.position, one.id) for one in rows]
        if places == sorted(places):
            return
        for position, row in enumerate(rows):
            if row.position != position:
                self._desk.draft.put(row.model_copy(update={"position": position}))

    def _step_fields(self, path: Path, chain: Chain, written: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a step, with names turned into ids."""
        fields = {name: value for name, value in written.items() if value is not None}
        fields["escalation_chain_id"] = chain.id
        for name in set(fields) - set(steps.StepBody.model_fields):
            self._faults.add((*path, name), "this key is not known here")
        for name, model in STEP_REFERENCES.items():
            if name in fields:
                fields[name] = self._ids(model, fields[name], (*path, name))
        return {name: value for name, value in fields.items() if name in steps.StepBody.model_fields}

    def _ids(self, model: Referred, names: Any, path: Path) -> Any:
        if isinstance(names, list):
            found = [self._faults.id_of(model, _reference(one), path) for one in names]
            return [one for one in found if one is not None]
        return self._faults.id_of(model, _reference(names), path)


def _reference(written: Any) -> Reference:
    """Return what a parameter of a step refers to.

    Raises:
        Invalid: it is neither a name nor a name with a team.
    """
    if isinstance(written, dict):
        return Reference(**parse(ReferenceBody, written).model_dump(exclude_unset=True))
    return Reference(name=str(written))


def _same_expression(row: Route, declared: DeclaredRoute) -> bool:
    wanted = by_key(row.filtering_labels) if row.routing_type == "labels" else None
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
