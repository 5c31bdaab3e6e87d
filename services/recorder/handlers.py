"""What the recorder does with a batch: one journal page per message, and the problems of templates counted.

It reads events as they are on the wire: the journal must also keep what this version cannot understand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services.recorder.clearing import Clearing
from services.recorder.erasing import Erasing
from shared import clock
from shared.domain.model import Problem
from shared.events import AlertReceived, GroupRendered
from shared.store.journal import Envelope, Journal, Page, alerts_of, groups_of
from shared.store.problems import Problems


class Recorder:
    """The handler: one call per batch of messages."""

    def __init__(
        self, journal: Journal, problems: Problems, clearing: Clearing, erasing: Erasing, keep: timedelta
    ) -> None:
        self._journal = journal
        self._problems = problems
        self._clearing = clearing
        self._erasing = erasing
        self._keep = keep

    async def handle(self, messages: Sequence[Sequence[Envelope]]) -> None:
        """Store the events of some messages.

        Raises:
            Unavailable: the database is away; nothing must be acknowledged.
        """
        now = clock.now()
        pages = [
            Page(
                entries=[as_kept(one) for one in entries],
                alerts=[id for one in entries for id in alerts_of(one)],
                groups=[id for one in entries for id in groups_of(one)],
                at=now,
                expires_at=now + self._keep,
            )
            for entries in messages
        ]
        await self._journal.add(pages)
        await self._erasing.note(messages)
        problems = [one for entries in messages for envelope in entries for one in problems_in(envelope)]
        if problems:
            await self._problems.add(problems, now)
        self._clearing.watch(messages)


def as_kept(envelope: Envelope) -> Envelope:
    """Return an event as it is kept.

    The payload stays in `alert.received` and only there (it can be replayed). The cards of `group.rendered` are
    left out: what somebody was shown stands in the post or the page that asked for it.
    """
    data: dict[str, Any] = envelope.get("data") or {}
    if envelope["type"] == GroupRendered.type:
        return {**envelope, "data": {key: value for key, value in data.items() if key != "cards"}}
    if envelope["type"] == AlertReceived.type or not isinstance(data.get("alert"), dict):
        return envelope
    alert = {key: value for key, value in data["alert"].items() if key != "payload"}
    return {**envelope, "data": {**data, "alert": alert}}


def problems_in(envelope: Envelope) -> list[Problem]:
    """Return the template problems that an event reports."""
    data = envelope.get("data") or {}
    return [Problem.model_validate(one) for one in data.get("problems") or ()]
