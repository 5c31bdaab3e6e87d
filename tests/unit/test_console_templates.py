"""The console's templates leave nothing unescaped and hold nothing that the pages' policy would have to block."""

from __future__ import annotations

import re

import pytest

from services.api.console.rendering import TEMPLATES

FOUND = sorted(TEMPLATES.glob("**/*.html"))
# Switches escaping off; runs or styles in the page itself; a value that a blank or a bracket ends.
FORBIDDEN = {
    "unescaped": re.compile(r"\|\s*safe\b|autoescape|Markup"),
    "a handler": re.compile(r"\s(?:on[a-z]+|hx-on[:a-z-]*)\s*=\s*[\"'{]", re.IGNORECASE),
    "a style": re.compile(r"\sstyle\s*=|<style", re.IGNORECASE),
    "a script": re.compile(r"<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE),
    "a bare value": re.compile(r"<[^>%{]*\s[a-z-]+=\{\{", re.IGNORECASE),
}


def test_there_are_templates():
    assert len(FOUND) > 40


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_template_has(kind: str):
    found = [
        f"{one.name}: {match[0]}" for one in FOUND for match in FORBIDDEN[kind].finditer(one.read_text())
    ]
    assert found == []
