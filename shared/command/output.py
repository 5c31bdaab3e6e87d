"""What commands print: aligned columns, JSON, or ids only, so that commands can be piped into each other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer


class Format(StrEnum):
    """How to print; `simple` is the former word for a table."""

    TABLE = "table"
    JSON = "json"
    WIDE = "wide"
    SIMPLE = "simple"


Output = Annotated[
    Format, typer.Option("--output", "-o", help="table, json, or wide (all columns, whole values)")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print ids only")]


def print_rows(rows: Sequence[dict[str, Any]], columns: Sequence[str], output: Format, quiet: bool) -> None:
    """Print what a list answered: as JSON, ids only, or these columns of every row (wide: all of them).

    A row's keys are the heads; `columns` is the start of them that fits a terminal.
    """
    if quiet:
        print_ids([str(one["id"]) for one in rows])
    elif output is Format.JSON:
        print_json(list(rows))
    else:
        heads = list(rows[0]) if output is Format.WIDE and rows else list(columns)
        print_table(
            [head.replace("_", " ") for head in heads], [[one[head] for head in heads] for one in rows]
        )


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


def plain(text: str) -> str:
    """Return a text from outside without what would steer a terminal: line breaks, escapes, control characters."""
    return "".join(one if one.isprintable() else " " for one in text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else plain(str(value))
