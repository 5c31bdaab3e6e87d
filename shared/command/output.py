"""What commands print: aligned columns, JSON, or ids only, so that commands can be piped into each other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer


class Format(StrEnum):
    """How to print."""

    SIMPLE = "simple"
    JSON = "json"
    WIDE = "wide"


Output = Annotated[Format, typer.Option("--output", "-o", help="simple, json, or wide (all columns)")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print ids only")]


def print_json(data: Any) -> None:
    """Print data as indented JSON."""
    sys.stdout.write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())


def print_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under upper-case heads; None prints as nothing."""
    texts = [[_text(one) for one in row] for row in rows]
    widths = [max(len(cells[column]) for cells in [list(heads), *texts]) for column in range(len(heads))]
    for cells in [[head.upper() for head in heads], *texts]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        typer.echo(line.rstrip())


def print_facts(facts: dict[str, Any]) -> None:
    """Print one thing as "name: value" lines; None prints as nothing."""
    for name, value in facts.items():
        typer.echo(f"{name}: {_text(value)}".rstrip())


def print_ids(ids: Sequence[str]) -> None:
    """Print one id a line."""
    for one in ids:
        typer.echo(one)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).replace("\n", " ")
