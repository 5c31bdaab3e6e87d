"""Records of alerts as a behavioural plan keeps them, and groups that it replays from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.behaviour_replay import Outcome, Record


def a_record(name: str, at: datetime, key: str = "k", *, after: str | None = None, **fields: Any) -> Record:
    was = Outcome("R1", key, True, False, False, "t", {})._replace(**fields)
    will = was if after is None else was._replace(key=after)
    return Record(name, at, "C1", "", None, was, will)


def before_of(record: Record) -> Outcome:
    return record.before


def after_of(record: Record) -> Outcome:
    return record.after
