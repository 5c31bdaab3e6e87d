"""Whatever is configured is exported whole: applied again it changes nothing, elsewhere it makes the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.api.declare import declare
from services.api.resources.desk import Desk
from shared.command.export import as_yaml
from shared.domain.configuration import (
    Chain,
    Integration,
    Route,
    Rule,
    StepConfig,
    Team,
    User,
    UserGroup,
    Webhook,
)
from shared.domain.configuration_draft import Draft, Row, Tables
from shared.domain.contacts import ContactPoint
from shared.domain.declaration import read
from shared.domain.declaration_export import exported
from shared.domain.declaration_source import read_sources
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.schedules import Schedule, Shift
from shared.domain.secret_references import resolved, stand_ins
from tests.support.depth import examples
from tests.support.drawing import tools
from tests.support.drawn_configurations import configurations

SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))


def changes_of(tables: Tables, declaration: Any) -> list[tuple[str, Row | None, Row | None]]:
    """Return what applying a declaration changes, its secrets not given."""
    data, _ = resolved(declaration, lambda _: None)
    draft = Draft(tables)
    declare(Desk(draft, tools()), read(data))
    return [(one.table, one.before, one.after) for one in draft.changes()]


def check_round_trip(tables: Tables) -> None:
    declaration = exported(tables)

    written = read_sources({"export.yaml": as_yaml(declaration)}).data

    assert written == declaration
    assert changes_of(tables, written) == []
    assert resolved(written, lambda _: None)[0] != written or not any(tables.of(Integration))


def check_elsewhere(tables: Tables) -> None:
    """Secrets given, what is exported makes the same configuration where there is nothing but Slack's groups.

    References to what is gone are the one thing that cannot be made again.
    """
    declaration = without_what_is_gone(exported(tables))
    data, _ = resolved(declaration, stand_ins(declaration))
    groups = {"user_groups": {one.id: one for one in tables.of(UserGroup).values()}}
    draft = Draft(Tables(rows=groups))

    declare(Desk(draft, tools()), read(data))

    # Whose it is: what was nobody's belongs to whoever made it.
    assert exported(draft.tables(1)) == declaration


def without_what_is_gone(declaration: dict[str, Any]) -> dict[str, Any]:
    hooks = {one["name"] for one in declaration.get("webhooks", ())}
    chains = [
        {**one, "steps": [step for step in one["steps"] if calls(step) in (None, *hooks)]}
        for one in declaration.get("chains", ())
    ]
    webhooks = [
        {**one, "integrations": [name for name in one.get("integrations", ()) if name != "CGONE"]}
        for one in declaration.get("webhooks", ())
    ]
    webhooks = [{k: v for k, v in one.items() if (k, v) != ("integrations", [])} for one in webhooks]
    return {**declaration, "chains": chains, "webhooks": webhooks}


def calls(step: Any) -> str | None:
    return step.get("action_to_trigger") if isinstance(step, dict) else None


@settings(SLOW, max_examples=12)
@given(configurations())
def test_an_export_that_is_applied_again_changes_nothing(tables: Tables):
    check_round_trip(tables)


@settings(SLOW, max_examples=8)
@given(configurations())
def test_an_export_makes_the_same_configuration_elsewhere(tables: Tables):
    check_elsewhere(tables)


@settings(SLOW, max_examples=150)
@given(st.text(), st.dictionaries(st.text(min_size=1), st.text(), max_size=2))
def test_any_text_comes_back_from_yaml(text: str, labels: dict[str, str]):
    written = {"integrations": [{"name": text, "labels": labels, "templates": {"slack": {"title": text}}}]}

    assert read_sources({"export.yaml": as_yaml(written)}).data == written


@pytest.mark.deep
@settings(SLOW, max_examples=examples(2_000, 200))
@given(configurations())
def test_any_configuration_comes_back_from_its_export(tables: Tables):
    check_round_trip(tables)
    check_elsewhere(tables)


# Not configuration: ids, digests and ciphertext, what came about by itself, and what only people do.
NOT_EXPORTED: dict[type[Any], set[str]] = {
    User: {"team_ids"},  # members of the teams
    ContactPoint: {"id", "secret_encrypted", "verified_at", "created_at", "declared"},
    Team: set(),
    Webhook: {"former_signing_secret", "former_signing_secret_until"},
    Chain: set(),
    StepConfig: {"escalation_chain_id", "position"},
    Rule: {"user_id", "position", "important"},
    Integration: {"token_digest"},
    Route: {"integration_id", "position", "is_default"},
    MaintenanceWindow: {"author", "is_ad_hoc", "stopped_at"},
    Schedule: set(),
    Shift: {"schedule_id", "source"},
}
# The fields that a declaration calls otherwise, or holds inside another.
CALLED: dict[tuple[type[Any], str], str] = {
    (Webhook, "is_webhook_enabled"): "enabled",
    (Webhook, "integration_filter"): "integrations",
    (Integration, "token_encrypted"): "token",
    (Integration, "access"): "authentication",
    (Integration, "groups"): "acknowledge_reminder",
    (StepConfig, "parameters"): "duration",
    (Route, "routing_type"): "jinja2",
    (Route, "routing_regex"): "regex",
    (Route, "filtering_labels"): "labels",
    (Route, "escalation_chain_id"): "chain",
    (MaintenanceWindow, "integration_ids"): "integrations",
    (MaintenanceWindow, "route_ids"): "routes",
    (Schedule, "shift_ids"): "shared_shifts",
    (Schedule, "slack_channel_id"): "slack",
    (Schedule, "slack_user_group_id"): "slack",
}


@pytest.mark.parametrize("model", list(NOT_EXPORTED), ids=lambda one: one.__name__)
def test_a_field_of_a_configured_object_is_exported_or_named_here_as_no_configuration(model: type[Any]):
    from shared.domain import declaration, declared_schedules

    shift = declared_schedules.DeclaredShift
    others = {
        ContactPoint: declaration.DeclaredContactPoint,
        StepConfig: declaration.DeclaredStep,
        MaintenanceWindow: declaration.DeclaredMaintenance,
        Schedule: declared_schedules.DeclaredSchedule,
        Shift: shift,
    }
    declared = others.get(model) or getattr(declaration, f"Declared{model.__name__}")
    own = {"id", "condition"} if model is StepConfig else {"id"}
    names = {
        name: "team" if name == "team_id" else CALLED.get((model, name), name)
        for name in set(model.model_fields) - NOT_EXPORTED[model] - own
    }

    assert {name for name, called in names.items() if called not in declared.model_fields} == set()
