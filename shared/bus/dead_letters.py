"""Dead letters: look at them, send them back to their own stage, or discard them with a reason.

A replay goes to the stage's own queue, never to the exchange: the others have had the event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from shared.bus import wire
from shared.bus.publisher import Publisher, make_message
from shared.bus.rabbit import OPERATION_TIMEOUT_S, Fetched, Rabbit
from shared.bus.retry import HISTORY_HEADER
from shared.bus.topology import CONSUMES, dead_queue_name, queue_name
from shared.errors import Permanent
from shared.events import StageDecided, derived_id

DEFAULT_LIMIT = 1000


@dataclass(frozen=True)
class DeadLetter:
    """One buried message. `id` is the event's (the message's, when no event can be read from it)."""

    service: str
    id: str
    type: str
    reason: str
    exception: str = ""
    traceback: str = ""
    buried_at: str = ""
    service_version: str = ""
    config_version: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    body: str = ""


def _letter(service: str, message: Fetched) -> DeadLetter:
    headers = message.headers
    events = _envelopes(message.body)
    foreign = {"id": str(message.message_id), "type": str(message.type or "unreadable")}
    envelope = events[0] if events else foreign
    reason = str(headers.get("x-reason") or "")
    if not reason:
        died = headers.get("x-death")
        first = died[0] if isinstance(died, list) and died else {}
        how = str(first.get("reason", "unknown")) if isinstance(first, dict) else "unknown"
        reason = f"the broker gave it up: {how} (it ended the process that took it, again and again)"
    return DeadLetter(
        service=service,
        id=envelope["id"],
        type=envelope["type"],
        reason=reason,
        exception=str(headers.get("x-exception") or ""),
        traceback=str(headers.get("x-traceback") or ""),
        buried_at=str(headers.get("x-buried-at") or message.timestamp or ""),
        service_version=str(headers.get("x-version") or ""),
        config_version=int(str(headers.get("x-config-version") or 0)),
        history=orjson.loads(str(headers.get(HISTORY_HEADER) or "[]")),
        body=message.body.decode(errors="replace"),
    )


@asynccontextmanager
async def _held(rabbit: Rabbit, service: str, limit: int) -> AsyncIterator[list[tuple[DeadLetter, Fetched]]]:
    """Hold up to `limit` dead letters of a stage; those not acknowledged go back in their order."""
    channel = await rabbit.channel()
    try:
        queue = await channel.get_queue(dead_queue_name(service), ensure=False)
        held: list[tuple[DeadLetter, Fetched]] = []
        while len(held) < limit:
            message = await queue.get(fail=False, timeout=OPERATION_TIMEOUT_S)
            if message is None:
                break
            held.append((_letter(service, message), message))
        yield held
    finally:
        await channel.close()


async def list_letters(
    rabbit: Rabbit, service: str | None = None, limit: int = DEFAULT_LIMIT
) -> list[DeadLetter]:
    """Return the dead letters of one stage, or of all."""
    found: list[DeadLetter] = []
    for name in _services(service):
        async with _held(rabbit, name, limit - len(found)) as held:
            found += [letter for letter, _ in held]
    return found


async def replay(
    rabbit: Rabbit, publisher: Publisher, service: str | None, wanted: Callable[[DeadLetter], bool]
) -> list[DeadLetter]:
    """Send the wanted letters back to their own stage, as they were; return them.

    A letter leaves the dead letters only when the broker has confirmed that the stage's queue has it.
    """
    moved: list[DeadLetter] = []
    for name in _services(service):
        async with _held(rabbit, name, DEFAULT_LIMIT) as held:
            for letter, message in held:
                if wanted(letter):
                    await _send_back(rabbit, publisher, letter, message, message.body)
                    moved.append(letter)
    return moved


async def _send_back(
    rabbit: Rabbit, publisher: Publisher, letter: DeadLetter, message: Fetched, body: bytes
) -> None:
    """Put the letter into its stage's queue with this body; it leaves the dead letters once that is confirmed."""
    events = _envelopes(body)
    type = events[0]["type"] if events else letter.type
    again = make_message(body, type, publisher.service, letter.id, {"x-events": max(len(events), 1)})
    await rabbit.publish(again, queue_name(letter.service), direct=True, timeout_s=OPERATION_TIMEOUT_S)
    await message.ack()


def _envelopes(body: bytes) -> list[dict[str, Any]]:
    """Return the events of a body; none where it cannot be read."""
    try:
        return wire.envelopes(body)
    except Permanent:
        return []


async def replay_repaired(
    rabbit: Rabbit, publisher: Publisher, service: str, letter_id: str, body: str
) -> DeadLetter | None:
    """Send one letter back to its own stage with another body; return it, None when it is not there any more.

    The event keeps its id: where the stage had done a part of its work, that part is not done twice.

    Raises:
        Permanent: the body holds no event that this stage takes, or another event's id.
    """
    events = wire.decode(body.encode())
    if not events:
        raise Permanent("there is no event in it")
    foreign = [one.type for one in events if not isinstance(one, CONSUMES[service])]
    if foreign:
        raise Permanent(f"{service} takes no {foreign[0]}")
    async with _held(rabbit, service, DEFAULT_LIMIT) as held:
        for letter, message in held:
            if letter.id != letter_id:
                continue
            if events[0].id != letter.id and letter.type != "unreadable":
                raise Permanent(f"the event's id must stay {letter.id}")
            await _send_back(rabbit, publisher, letter, message, body.encode())
            return letter
    return None


async def discard(
    rabbit: Rabbit,
    publisher: Publisher,
    service: str | None,
    wanted: Callable[[DeadLetter], bool],
    why: tuple[str, datetime],
) -> list[DeadLetter]:
    """Remove the wanted letters for good; the journal keeps that they were, and the reason. Return them."""
    reason, now = why
    gone: list[DeadLetter] = []
    for name in _services(service):
        async with _held(rabbit, name, DEFAULT_LIMIT) as held:
            for letter, message in held:
                if wanted(letter):
                    await publisher.publish([_discarded(letter, reason, now)])
                    await message.ack()
                    gone.append(letter)
    return gone


def alert_id_of(letter: DeadLetter) -> str | None:
    """Return the id of the alert that a dead letter is about; None where it cannot be read."""
    events = _envelopes(letter.body.encode())
    return events[0].get("alertid") if events else None


def _discarded(letter: DeadLetter, reason: str, now: datetime) -> StageDecided:
    return StageDecided(
        id=derived_id("discarded", letter.service, letter.id),
        time=now,
        alert_id=alert_id_of(letter),
        cause_id=letter.id,
        subject=letter.id,
        stage=letter.service,
        decision="discarded",
        reason=f"{reason} (was dead because: {letter.reason})",
    )


def _services(service: str | None) -> list[str]:
    if service is None:
        return list(CONSUMES)
    if service not in CONSUMES:
        raise Permanent(f"there is no stage {service!r}; there are {', '.join(CONSUMES)}")
    return [service]
