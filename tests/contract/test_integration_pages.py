"""docs/integrations has a page for every type, made from the types' files."""

from __future__ import annotations

from pathlib import Path

from shared.command.integration_pages import pages

FOLDER = Path(__file__).parents[2] / "docs" / "integrations"


def test_the_pages_in_the_repository_are_what_the_types_say():
    found = {one.name: one.read_text(encoding="utf-8") for one in FOLDER.glob("*.md")}

    assert found == pages(), "run: .venv/bin/tocsin integration-pages docs/integrations"
