"""`tocsin topology` and `tocsin queues`: what queues there shall be, and how full they are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from shared.bus import queues as broker_queues
from shared.bus.topology import EXCHANGE, TOPOLOGY
from shared.command.broker import with_broker
from shared.command.failure import told
from shared.command.output import Format, Output, Quiet, print_ids, print_json, print_table

Every = Annotated[bool, typer.Option("--all", help="retry queues that are empty as well")]


def topology(output: Output = Format.TABLE, quiet: Quiet = False) -> None:
    """Show the exchange, every queue and what is bound to it, as the services declare them."""
    if quiet:
        print_ids([one.name for one in TOPOLOGY.queues])
    elif output is Format.JSON:
        print_json({"exchange": EXCHANGE, "queues": [asdict(one) for one in TOPOLOGY.queues]})
    else:
        typer.echo(f"topic exchange {EXCHANGE}")
        print_table(("queue", "bound to"), [(one.name, ", ".join(one.keys)) for one in TOPOLOGY.queues])


def queues(every: Every = False, output: Output = Format.TABLE, quiet: Quiet = False) -> None:
    """Show how many messages wait in each queue and how many consumers serve it; -q names those that hold any."""
    with told():
        found = with_broker(lambda rabbit, _: broker_queues.states(rabbit))
    if quiet:
        print_ids([one.name for one in found if one.messages])
    elif output is Format.JSON:
        print_json([asdict(one) for one in found])
    else:
        shown = [one for one in found if every or one.messages or not one.exists or ".retry." not in one.name]
        rows = [(one.name, one.messages if one.exists else "missing", one.consumers) for one in shown]
        print_table(("queue", "messages", "consumers"), rows)
