"""Whoever is woken by a rule finds a page for it, and a rule asks for something that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs/runbooks"
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
# Blocks of code and code in a line: a pattern in a template is no link.
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
METRIC = re.compile(r"\btocsin_[a-z_]+")
SOURCES = [file.read_text() for folder in ("shared", "services") for file in (ROOT / folder).rglob("*.py")]


def exists(metric: str) -> bool:
    """Whether something in the code is counted under this name (counters get their suffix when they are read)."""
    plain = re.sub(r"_(total|bucket|sum|count)$", "", metric)
    return any(f'"{plain}"' in text or f'"{metric}"' in text for text in SOURCES)


def test_every_rule_has_a_runbook_and_no_runbook_is_without_a_rule():
    pages = {file.stem for file in RUNBOOKS.glob("*.md")} - {"README"}

    assert pages == set(RULES)


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_points_to_its_own_runbook_and_says_what_is_the_matter(name: str):
    annotations = RULES[name]["annotations"]

    assert annotations["runbook"] == f"docs/runbooks/{name}.md"
    assert annotations["summary"]
    assert name in (RUNBOOKS / "README.md").read_text()


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_runbook_says_where_to_look_what_to_do_and_when_it_is_over(name: str):
    headings = re.findall(r"^## (.+)$", (RUNBOOKS / f"{name}.md").read_text(), re.MULTILINE)

    assert {"Where to look", "What to do", "It is over when"} <= set(headings)


@pytest.mark.parametrize(
    "file",
    [
        ROOT / "deploy/prometheus/alerts.yml",
        *sorted(RUNBOOKS.glob("*.md")),
        *sorted(ROOT.glob("services/*/README.md")),
    ],
    ids=lambda one: one.stem if one.stem != "README" else one.parent.name,
)
def test_every_metric_that_is_named_is_one_that_is_counted(file: Path):
    assert [one for one in METRIC.findall(file.read_text()) if not exists(one)] == []


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda one: str(one.relative_to(ROOT)),
)
def test_every_link_between_documents_leads_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#\s]+)", CODE.sub("", page.read_text()))

    assert [one for one in links if "://" not in one and not (page.parent / one).exists()] == []
