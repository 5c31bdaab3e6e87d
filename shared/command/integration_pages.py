"""`tocsin integration-pages`: a page for each integration type, made from its file (docs/integrations)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.domain.preview import preview
from shared.domain.template_jobs import PreviewJob
from shared.integrations import all_types
from shared.integrations.integration_type import Category, IntegrationType

AT = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="the folder to write, such as docs/integrations")]
BEHAVIOUR = (
    ("grouping_key", "Alerts with the same text are one alert group"),
    ("resolve_signal", "The group is over when"),
    ("acknowledge_signal", "Somebody has it when"),
    ("source_link", "The link back"),
)


def integration_pages(folder: Folder) -> None:
    """Write a page for each integration type and their index; pages of types that are gone are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in set(folder.glob("*.md")) - {folder / name for name in made}:
        old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    typer.echo(f"{len(made)} pages in {folder}")


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {"README.md": _index(), **{f"{one.slug}.md": _page(one) for one in all_types()}}


def _index() -> str:
    lines = ["# Integrations", "", f"There are {len(all_types())} ways in."]
    lines += [
        "Each page is made from the type's file in `shared/integrations/`; `tocsin integration-pages` writes them."
    ]
    for category in Category:
        types = [one for one in all_types() if one.category is category]
        if types:
            lines += ["", f"## {category}", "", "| Type | What it takes |", "|---|---|"]
            lines += [f"| [{one.title}]({one.slug}.md) | {_summary(one)} |" for one in types]
    return "\n".join(lines) + "\n"


def _summary(one: IntegrationType) -> str:
    return one.summary + (" (obsolete)" if one.is_obsolete else "")


def _page(one: IntegrationType) -> str:
    parts = [f"# {one.title}", "", one.summary]
    if one.is_obsolete:
        parts += ["", f"**Obsolete**: {one.is_obsolete}"]
    parts += ["", f"Type: `{one.slug}`."]
    if one.has_url:
        parts += [f"URL: `/integrations/v1/{one.slug.removeprefix('legacy_')}/<token>/`."]
    if one.documentation:
        parts += [f"The tool's own documentation: <{one.documentation}>."]
    parts += ["", "## Set it up", "", one.notes.strip()]
    if one.heartbeat_notes:
        parts += ["", "## Heartbeat", "", one.heartbeat_notes.strip()]
    parts += ["", "## What it makes of an alert", "", *_behaviour(one)]
    for title, body in (("Firing", one.example_firing), ("Resolved", one.example_resolved)):
        if body is not None:
            parts += ["", f"## {title}", "", *_example(one, body)]
    return "\n".join(parts) + "\n"


def _behaviour(one: IntegrationType) -> list[str]:
    lines: list[str] = []
    for name, meaning in BEHAVIOUR:
        text = one.templates.get(name)
        if isinstance(text, str):
            lines += [f"{meaning} (`{name}`):", "", "```jinja", text, "```", ""]
    if one.always_by_instance:
        lines += [
            "Each alert in a body is tracked by itself; a group is over with the last of its instances.",
            "",
        ]
    elif one.instances is not None:
        lines += ["Its bodies list instances: `each_instance` has each of them tracked by itself.", ""]
    return lines[:-1]


def _example(one: IntegrationType, body: Any) -> list[str]:
    payload = one.split(body)[0] if one.has_url else body
    shown = preview(PreviewJob(type=one.slug, payload=payload), AT)
    card = shown.cards["mattermost"]
    rows = [
        ("Title", card.title),
        ("SMS and phone", shown.cards["sms"].title),
        ("Grouped by", shown.grouping_key or "nothing"),
        ("Link", shown.source_link or "none"),
    ]
    lines = ["| | |", "|---|---|", *(f"| {name} | {_cell(text)} |" for name, text in rows)]
    quoted = [f"> {line}".rstrip() for line in card.message.splitlines()]
    sent = json.dumps(body, indent=2, ensure_ascii=False)
    return [*lines, "", *quoted, "", "From this body:", "", "```json", sent, "```"]


def _cell(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|").replace("`", "'") + "`"
