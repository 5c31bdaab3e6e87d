"""The examples of docs/templates.md are templates that work: on the example of their type, without a problem."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.domain.preview import preview
from shared.domain.template_jobs import BEHAVIOURAL, PARTS, PreviewJob
from shared.integrations import by_slug

TEXT = (Path(__file__).parents[2] / "docs" / "templates.md").read_text()
SECTION = TEXT[TEXT.index("## Examples per tool") :]
HEADED = re.compile(r"^### (.+?)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
# What the example's own tool would send.
OWN = {
    "job": "backup",
    "status": "late",
    "region": "eu",
    "began_at": 1767607200,
    "path": "/jobs/7",
    "log": "no disk",
}
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def examples() -> list[Any]:
    found = []
    for head, text in HEADED.findall(SECTION):
        (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        found += [pytest.param(slug, yaml.safe_load(block), id=slug) for slug in re.findall(r"`(\w+)`", head)]
    return found


@pytest.mark.parametrize(("slug", "templates"), examples())
def test_an_example_works_on_its_type(slug: str, templates: dict[str, Any]):
    kind = by_slug(slug)
    assert kind is not None
    payload = OWN if slug == "webhook" else kind.split(kind.example_firing)[0]

    with_it = preview(PreviewJob(type=slug, payload=payload, templates=templates), NOON)
    without = preview(PreviewJob(type=slug, payload=payload), NOON)

    assert with_it.errors == ()
    assert set(templates) <= {*BEHAVIOURAL, *PARTS}
    for name, template in templates.items():
        if isinstance(template, dict):
            for part in template:
                assert with_it.rendered[name][part] or part == "image_url"
    assert with_it != without


def test_there_are_examples():
    assert len(examples()) >= 9
