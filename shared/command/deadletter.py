"""`tocsin deadletter`: what no stage could handle; look, send back, or discard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from shared import clock
from shared.bus import dead_letters
from shared.bus.dead_letters import DeadLetter
from shared.command.broker import with_broker
from shared.command.failure import CommandFailed, told
from shared.command.output import Format, Output, Quiet, print_ids, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Events that a service gave up.")

Service = Annotated[str | None, typer.Option("--service", "-s", help="of this service only")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="look at no more than so many")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="ids of events")]
Every = Annotated[bool, typer.Option("--all", help="all of them (of the service)")]
Reason = Annotated[str, typer.Option("--reason", help="why; kept in the journal")]


@app.command("list")
def list_letters(
    service: Service = None,
    limit: Limit = dead_letters.DEFAULT_LIMIT,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
) -> None:
    """List dead letters."""
    with told():
        found = with_broker(lambda rabbit, _: dead_letters.list_letters(rabbit, service, limit))
    _print(found, output, quiet)


@app.command("show")
def show(letter_id: Annotated[str, typer.Argument(metavar="ID")], service: Service = None) -> None:
    """Show one dead letter whole: reason, traceback, history and the event."""
    with told():
        found = with_broker(lambda rabbit, _: dead_letters.list_letters(rabbit, service))
        letters = [one for one in found if one.id == letter_id]
        if not letters:
            raise CommandFailed(f"There is no dead letter {letter_id}.")
    print_json([asdict(one) for one in letters])


@app.command("replay")
def replay(
    ids: Ids = None,
    every: Every = False,
    service: Service = None,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
) -> None:
    """Send dead letters back to the service that gave them up."""
    with told():
        wanted = _wanted(ids, every)
        done = with_broker(lambda rabbit, publisher: dead_letters.replay(rabbit, publisher, service, wanted))
    _print(done, output, quiet)


@app.command("discard")
def discard(
    ids: Ids = None,
    every: Every = False,
    service: Service = None,
    reason: Reason = "discarded on the command line",
    output: Output = Format.TABLE,
    quiet: Quiet = False,
) -> None:
    """Remove dead letters for good; the journal keeps that they were."""
    with told():
        wanted = _wanted(ids, every)
        why = (reason, clock.now())
        done = with_broker(
            lambda rabbit, publisher: dead_letters.discard(rabbit, publisher, service, wanted, why)
        )
    _print(done, output, quiet)


def _wanted(ids: list[str] | None, every: bool) -> Callable[[DeadLetter], bool]:
    if not ids and not every:
        raise CommandFailed("Say which: ids, or --all.")
    chosen = set(ids or [])
    return lambda one: every or one.id in chosen


def _print(letters: list[DeadLetter], output: Format, quiet: bool) -> None:
    if quiet:
        print_ids([one.id for one in letters])
    elif output is Format.JSON:
        print_json([asdict(one) for one in letters])
    else:
        rows = [(one.id, one.service, one.type, one.buried_at, one.reason) for one in letters]
        print_table(("id", "service", "type", "buried at", "reason"), rows)
