"""What a candidate configuration would have made of the alerts of the last days, asked of the api and shown."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import orjson
import typer

from shared.command.api_client import Answer, said
from shared.command.failure import CommandFailed
from shared.command.output import print_table
from shared.command.settings import Access

HEADS = ("received", "integration", "change", "from", "to", "alert")
MOST_SHOWN = 50
LONGEST_VALUE = 44
# Nothing is said for longer while alerts are read; the api itself ends after five minutes.
SILENCE_S = 120.0
Line = dict[str, Any]


def behaviour_of(reach: Access, declaration: Any, since_s: int, *, adopt: bool = False) -> dict[str, Any]:
    """Return the `changes` and the `summary` of a behavioural plan; a terminal is told how far it is.

    Raises:
        CommandFailed: the api refused it, does not answer, or could not finish.
    """
    changes: list[Line] = []
    query = {"since": str(since_s), **({"adopt": "true"} if adopt else {})}
    summary = asyncio.run(_asked(reach, declaration, query, changes.append))
    if sys.stderr.isatty():
        typer.echo("", err=True)
    return {"changes": changes, "summary": summary}


def show_behaviour(found: dict[str, Any], *, whole: bool) -> None:
    """Print a line for each change, the first fifty and shortened unless the `whole` is wanted, and the sum."""
    changes, summary = found["changes"], found["summary"]
    shown = changes if whole else changes[:MOST_SHOWN]
    if shown:
        print_table(HEADS, [_row(one, whole=whole) for one in shown])
    if len(shown) < len(changes):
        typer.echo(f"and {len(changes) - len(shown)} more: -o wide or -o json shows all")
    counts = ", ".join(f"{name} {count}" for name, count in sorted(summary["changes"].items()))
    typer.echo(
        f"{summary['affected']} of {summary['alerts']} alerts since {summary['since']} would fare differently"
        f"{f' ({counts})' if counts else ''}; {summary['took_s']:g} s"
    )
    typer.secho(f"assumed: {'; '.join(summary['assumptions'])}", err=True, dim=True)
    if summary["ended_early"]:
        typer.secho(f"not all of them were looked at: {summary['ended_early']}", err=True, fg="yellow")


async def _asked(
    reach: Access, declaration: Any, query: dict[str, str], take: Callable[[Line], None]
) -> Line:
    try:
        async for line in _lines(reach, declaration, query):
            if "progress" in line:
                _show_progress(line["progress"])
            elif "error" in line:
                raise CommandFailed(line["error"])
            elif "summary" in line:
                summary: Line = line["summary"]
                return summary
            else:
                take(line)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise CommandFailed(f"{reach.url} does not answer: {str(error) or type(error).__name__}") from error
    raise CommandFailed(f"{reach.url} ended in the middle of its answer")


async def _lines(reach: Access, declaration: Any, query: dict[str, str]) -> AsyncIterator[Line]:
    headers = {"Content-Type": "application/json"}
    if reach.token:
        headers["Authorization"] = f"Bearer {reach.token}"
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30.0, sock_read=SILENCE_S)
    url = f"{reach.url}/api/v1/config/behaviour"
    async with (
        aiohttp.ClientSession(timeout=timeout, read_bufsize=2**20) as client,
        client.post(url, data=orjson.dumps(declaration), headers=headers, params=query) as response,
    ):
        if response.status != 200:
            raise CommandFailed(said(Answer(response.status, _decoded(await response.read()))))
        async for line in response.content:
            yield orjson.loads(line)


def _decoded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


def _show_progress(progress: Line) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{progress['read']} of {progress['of']} alerts", err=True, nl=False)


def _row(line: Line, *, whole: bool) -> tuple[str, ...]:
    change = " ".join(part for part in (line["change"], line["where"]) if part)
    sides = [_said(line["change"], line[name], whole=whole) for name in ("from", "to")]
    return (line["received_at"], line["integration"], change, *sides, line["alert_id"])


def _said(change: str, value: Any, *, whole: bool) -> str:
    if change == "group":
        text = f"opened by {value}" if value else "none"
    elif change == "pages":
        text = ", ".join(f"{one['username']} by {one['channel']} at {one['after_s']} s" for one in value)
        text = text or "nobody"
    elif value is None:
        text = "none"
    else:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if whole or len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
