"""The shapes of answers about running and simulated escalations, for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from services.api.shape import Shape


class ChainApplied(Shape):
    """How many alert groups were asked to go on by their chain as of `config_version`."""

    alert_groups: int
    config_version: int


class SimulatedLineShape(Shape):
    """One thing that would happen. `what` is step, page, webhook or resolve; `problem`: why a page would fail."""

    at: str
    what: str
    decision: str
    reason: str
    user_id: str | None
    username: str | None
    channel: str | None
    important: bool
    webhook_id: str | None
    problem: str | None


class Simulation(Shape):
    """What would happen from `at` to `until`, in order. `ended` is null where it would go on after that."""

    at: str
    until: str
    integration_id: str | None
    route_id: str | None
    chain: str | None
    title: str | None
    config_version: int
    assumptions: list[str]
    ended: str | None
    results: list[SimulatedLineShape]


SHAPES: tuple[type[BaseModel], ...] = (ChainApplied, Simulation)
