"""docs/configuration.md names every setting and every key, and its example applies."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from shared.command.documents import setting_rows
from shared.domain.declaration import (
    DeclaredChain,
    DeclaredEventSubscription,
    DeclaredIntegration,
    DeclaredMaintenance,
    DeclaredRoute,
    DeclaredTeam,
    DeclaredUser,
    DeclaredWebhook,
    read,
)
from shared.domain.declared_schedules import DeclaredSchedule, DeclaredSharedShift

DOCUMENT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()


def test_every_setting_is_in_the_document():
    missing = [row for row in setting_rows() if row not in DOCUMENT]
    assert not missing, "put what `tocsin settings` prints into docs/configuration.md"


def test_every_key_of_a_declaration_is_in_the_document():
    people = (DeclaredUser, DeclaredTeam, DeclaredSchedule, DeclaredSharedShift)
    alerts = (DeclaredWebhook, DeclaredChain, DeclaredIntegration, DeclaredRoute, DeclaredMaintenance)
    for model in (*people, *alerts, DeclaredEventSubscription):
        for name in model.model_fields:
            assert f"`{name}`" in DOCUMENT, name


def test_the_example_is_a_declaration():
    example = re.search(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert example is not None
    declared = read(yaml.safe_load(example[1]))
    assert declared.integrations[0].name == "Prometheus"
