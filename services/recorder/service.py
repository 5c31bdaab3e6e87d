"""Wires the recorder: the only writer of `journal`, `problems` and `erasures`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services.recorder.clearing import Clearing
from services.recorder.erasing import Erasing
from services.recorder.handlers import Recorder
from services.recorder.retention import Retention
from services.recorder.stranded import Stranded
from shared import events
from shared.raw_loop import RawHandler
from shared.service import Io, Service
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.due import SELDOM, DueLoop
from shared.store.erasures import Erasures
from shared.store.journal import Journal
from shared.store.problems import Problems


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[RawHandler]:
    """Open the journal and its watches."""
    journal, problems = Journal(io.store), Problems(io.store)
    keep = timedelta(days=io.settings.retention_days)
    io.spawn("indexes", journal.prepare)
    io.spawn("problem_indexes", problems.prepare)
    io.spawn("stranded", Stranded(journal, Alerts(io.store), io.metrics).run)
    io.spawn("retention", Retention(journal, AlertGroups(io.store), keep).run)
    clearing = Clearing(problems)
    io.spawn("clearing", clearing.run)
    erasing = Erasing(Erasures(io.store), journal)
    io.spawn("erasure_indexes", erasing.erasures.prepare)
    io.spawn(
        "erasing",
        DueLoop(erasing.erasures.collection, erasing.erase, lambda: True, pace=SELDOM).run,
    )
    yield Recorder(journal, problems, clearing, erasing, keep).handle


service = Service(
    name="recorder",
    consumes=events.RECORDED,
    keeps=frozenset(),
    open_raw=open_service,
)
