"""`tocsin replay`: alerts told once more from the journal; who has had them drops them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from shared import clock
from shared.bus import replay as journal_replay
from shared.bus.publisher import Publisher
from shared.command.broker import with_broker
from shared.command.failure import told
from shared.command.lengths import seconds_in
from shared.command.settings import mongo_url
from shared.store.alerts import Alerts
from shared.store.journal import Journal
from shared.store.mongo import Database

Ids = Annotated[list[str] | None, typer.Argument(metavar="ALERT_ID...", help="these alerts")]
Since = Annotated[str, typer.Option("--since", help="how long ago it begins, such as 90m or 2d")]
Until = Annotated[str, typer.Option("--until", help="how long ago it ends")]
Every = Annotated[
    bool, typer.Option("--all", help="everything received in that time, not only what went missing")
]


def replay(ids: Ids = None, since: Since = "1h", until: Until = "1m", every: Every = False) -> None:
    """Inject alerts again: those named, or those received in a span of time that no group knows."""
    with told():
        now = clock.now()
        span = (now - _ago(since), now - _ago(until))
        count = with_broker(lambda _, publisher: _replay(publisher, ids or [], span, every))
    typer.echo(f"{count} replayed")


async def _replay(publisher: Publisher, ids: list[str], span: tuple[datetime, datetime], every: bool) -> int:
    database = Database(mongo_url())
    try:
        journal = Journal(database)
        if ids:
            found = [envelope for one in ids for envelope in await journal.of_alert(one)]
            return await journal_replay.replay_alerts(publisher, found)
        if every:
            return await journal_replay.replay_between(publisher, journal, *span)
        return await journal_replay.replay_stranded(publisher, journal, Alerts(database), *span)
    finally:
        database.close()


def _ago(text: str) -> timedelta:
    return timedelta(seconds=seconds_in(text))
