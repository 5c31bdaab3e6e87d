"""The command `tocsin`: every subcommand by name."""

from __future__ import annotations

import typer

from shared.command import alerts, deadletter, documents, queues, token
from shared.command.apply import apply
from shared.command.preview import preview
from shared.command.replay import replay
from shared.command.run import run

app = typer.Typer(
    name="tocsin",
    help="Takes alerts from monitoring tools and gets the right person to act on them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("run")(run)
app.command("apply")(apply)
app.command("preview")(preview)
app.command("send")(alerts.send)
app.command("trace")(alerts.trace)
app.command("topology")(queues.topology)
app.command("queues")(queues.queues)
app.command("replay")(replay)
app.command("openapi")(documents.openapi)
app.add_typer(deadletter.app, name="deadletter")
app.add_typer(token.app, name="token")


def main() -> None:
    """Run the command line."""
    app()
