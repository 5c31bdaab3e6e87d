"""Dead letters as the pages show them, and who sent which back or discarded them, and why.

What was decided stands in the audit: which letters, never their bodies, since payloads have to expire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.api.console.visits import Visit
from shared import clock
from shared.bus.dead_letters import DeadLetter, alert_id_of
from shared.store.configuration_audit import AuditEntry, ConfigurationAudit
from shared.store.mongo import Database

TABLE = "dead_letters"
IDS_KEPT = 20
SHOWN = 10
Verb = Literal["sent back", "repaired and sent back", "discarded"]


@dataclass(frozen=True)
class Try:
    """One time that a stage had the event and failed."""

    at: datetime | None
    reason: str


@dataclass(frozen=True)
class LetterRow:
    """A dead letter with its instants as such; `alert_id` is "" where it is about none."""

    letter: DeadLetter
    since: datetime | None
    alert_id: str
    tries: tuple[Try, ...]


@dataclass(frozen=True)
class Decision:
    """Who did what to how many dead letters of a stage; `alert_id` is that of a single one, else ""."""

    id: str
    at: datetime
    who: str
    verb: str
    count: int
    stage: str
    type: str
    reason: str
    alert_id: str


def letter_row(letter: DeadLetter) -> LetterRow:
    """Return how a letter is shown."""
    tries = [Try(_instant(one.get("at")), str(one.get("reason", ""))) for one in letter.history]
    return LetterRow(letter, _instant(letter.buried_at), alert_id_of(letter) or "", tuple(tries))


async def record(visit: Visit, letters: Sequence[DeadLetter], verb: Verb, reason: str = "") -> str:
    """Keep what the reader did to letters of one stage; return the id of the entry."""
    first = letters[0]
    types = sorted({one.type for one in letters})
    before: dict[str, Any] = {
        "type": types[0] if len(types) == 1 else f"{len(types)} types of events",
        "stage": first.service,
        "count": len(letters),
        "letters": [one.id for one in letters[:IDS_KEPT]],
        "alert_id": alert_id_of(first) if len(letters) == 1 else None,
    }
    after = {**before, "decision": verb, "reason": reason}
    object_id = first.id if len(letters) == 1 else first.service
    audit = ConfigurationAudit(visit.api.database)
    return await audit.record(TABLE, object_id, (before, after), visit.principal.actor, clock.now())


async def newest_decisions(database: Database) -> list[Decision]:
    """Return what was done lately, the newest first."""
    return [_decision(one) for one in await ConfigurationAudit(database).find({"table": TABLE}, SHOWN)]


def _decision(entry: AuditEntry) -> Decision:
    row = entry.after or {}
    return Decision(
        id=entry.id,
        at=entry.at,
        who=str(entry.actor),
        verb=str(row.get("decision", "")),
        count=int(row.get("count", 0)),
        stage=str(row.get("stage", "")),
        type=str(row.get("type", "")),
        reason=str(row.get("reason", "")),
        alert_id=str(row.get("alert_id") or ""),
    )


def _instant(text: object) -> datetime | None:
    """Return an instant of a message's headers; None where there is none, or it is unreadable."""
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
