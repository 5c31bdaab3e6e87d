"""The one main loop of every stage: take what has arrived, decide, tell, acknowledge."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import structlog

from shared import clock
from shared.bus import wire
from shared.bus.incoming import Message
from shared.bus.publisher import Encoded, Publisher
from shared.bus.rabbit import Lane, Rabbit
from shared.bus.topology import queue_name
from shared.errors import Permanent, Transient, Unavailable
from shared.events import Event
from shared.metrics import Metrics
from shared.settling import Carried, Settler, Stale, acknowledge, steadily
from shared.stage import Dead, Done, Handled, Handler, Outcome, Retry
from shared.taking import events_in, take
from shared.tracing import Tracing

log = structlog.get_logger(__name__)
HOLD_S = 60.0
PROBE_EVERY_S = 0.25
RECONNECTED_EVERY_S = 0.05


@dataclass
class Batch:
    """Messages in hand, and the events they hold."""

    messages: list[Message]
    carried: list[Carried] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    errors: dict[int, BaseException] = field(default_factory=dict)


class StageLoop:
    """Runs one handler over the lanes of one stage until it is stopped.

    `wait_for_dependencies` returns when everything the stage needs is back; `is_paused` is why it is not taking.
    """

    def __init__(
        self,
        rabbit: Rabbit,
        publisher: Publisher,
        handler: Handler,
        metrics: Metrics,
        tracing: Tracing,
    ) -> None:
        self._rabbit = rabbit
        self._publisher = publisher
        self._handler = handler
        self._metrics = metrics
        self._tracing = tracing
        self._lanes: list[tuple[str, Lane]] = []
        self._settler = Settler(rabbit, publisher.service, publisher.instance)
        self._stopping = False
        self._clearing: asyncio.Task[None] | None = None
        self.probe: Callable[[], Awaitable[None]] | None = None
        self.paused_by: str | None = None
        self.last_turn_s = time.monotonic()

    def serve(self, service: str, lanes: Sequence[str], prefetch: int) -> None:
        """Consume these lanes, served in turn in this order."""
        self._lanes = [(lane, self._rabbit.lane(queue_name(service, lane), prefetch)) for lane in lanes]

    async def run(self) -> None:
        """Handle batches until `stop`; what is in hand then is finished first."""
        await self._rabbit.resume()
        try:
            while not self._stopping:
                await self._round()
            await self._end_clearing()
        finally:
            if self._clearing is not None:
                self._clearing.cancel()
        await self._rabbit.pause()

    async def _round(self) -> None:
        """Give each lane a turn; with nothing to do, wait."""
        self.last_turn_s = time.monotonic()
        worked = False
        for name, lane in self._lanes:
            messages = take(lane)
            if messages:
                worked = True
                await self._turn(name, messages)
        if not worked:
            await self._wait()

    def stop(self) -> None:
        """Take nothing more; `run` returns after the batch in hand."""
        self._stopping = True
        self._rabbit.arrived.set()

    async def _wait(self) -> None:
        self._rabbit.arrived.clear()
        if self._stopping or any(lane.waiting for _, lane in self._lanes):
            return
        try:
            await asyncio.wait_for(self._rabbit.arrived.wait(), 5.0)
        except TimeoutError:
            return

    async def _turn(self, lane: str, messages: list[Message]) -> None:
        began = time.monotonic()
        try:
            await self._handle(lane, messages)
        except Stale as error:
            log.warning("batch.abandoned", lane=lane, messages=len(messages), reason=str(error))
            while not self._rabbit.is_connected and not self._stopping:
                await asyncio.sleep(RECONNECTED_EVERY_S)
        finally:
            self._metrics.in_flight.set(0)
            self._metrics.oldest_s.set(0)
            self._metrics.handling_s.observe(time.monotonic() - began)

    async def _handle(self, lane: str, messages: list[Message]) -> None:
        if messages[0].redelivered and events_in(messages[0]) > 1:
            await self._split(messages[0], lane)
            return
        batch = await self._decode(messages)
        if batch.events:
            began = time.monotonic()
            began_ns = clock.unix_ns()
            self._observe_wait(batch.events)
            handled = await self._decide(batch)
            worked_ms = (time.monotonic() - began) * 1000
            await self._settle(lane, batch, handled.outcomes)
            told = [
                one for outcome in handled.outcomes if isinstance(outcome, Done) for one in outcome.events
            ]
            if told:
                stamped = self._stamp(batch, handled, worked_ms)
                await steadily(self._rabbit, lambda: self._publisher.publish_encoded(stamped))
                self._metrics.count_told(one.key for one in stamped)
            if handled.told is not None:
                await self._begin_clearing(handled.told)
            self._trace(batch, handled, began_ns)
            self._metrics.batch_events.observe(len(batch.events))
        if messages[0].redelivered:
            await acknowledge(messages[0])
        else:
            await acknowledge(messages[-1], multiple=True)

    async def _split(self, message: Message, lane: str) -> None:
        try:
            found = wire.envelopes(message.body)
        except Permanent as error:
            await self._settler.bury_body(message, error.reason)
            await acknowledge(message)
            return
        await self._settler.split(message, lane, found)
        self._metrics.count(lane, "split", len(found))

    async def _decode(self, messages: list[Message]) -> Batch:
        batch = Batch(messages)
        for message in messages:
            try:
                found = wire.envelopes(message.body)
            except Permanent as error:
                await self._settler.bury_body(message, error.reason)
                continue
            for envelope in found:
                carried = Carried(envelope, message)
                try:
                    batch.events.append(wire.event_of(envelope))
                    batch.carried.append(carried)
                except Permanent as error:
                    await self._settler.bury(carried, Dead(error.reason), error)
        return batch

    async def _decide(self, batch: Batch) -> Handled:
        """Ask the handler; what is wrong with one event is settled by asking again for each alone."""
        try:
            return await self._call(batch.events)
        except (Transient, Permanent) as error:
            if len(batch.events) == 1:
                return Handled([_outcome_of(error)])
        except Stale:
            raise
        except Exception as error:  # noqa: BLE001 - a bug in a stage must bury one event, not stop the pipeline
            if len(batch.events) == 1:
                batch.errors[0] = error
                return Handled([Dead(f"bug: {type(error).__name__}: {error}")])
        return await self._decide_one_by_one(batch)

    async def _decide_one_by_one(self, batch: Batch) -> Handled:
        outcomes: list[Outcome] = []
        clears: list[Callable[[], Awaitable[None]]] = []
        for position, event in enumerate(batch.events):
            alone = Batch(batch.messages, events=[event])
            handled = await self._decide(alone)
            outcomes.append(handled.outcomes[0])
            if handled.told is not None:
                clears.append(handled.told)
            if 0 in alone.errors:
                batch.errors[position] = alone.errors[0]

        async def clear_all() -> None:
            for clear in clears:
                await clear()

        return Handled(outcomes, clear_all)

    async def _call(self, events: Sequence[Event]) -> Handled:
        """Call the handler; while something the whole stage needs is away, hold the batch and wait."""
        while True:
            try:
                handled = await self._handler(events)
            except Unavailable as error:
                await self._hold(error.reason)
                continue
            if len(handled.outcomes) != len(events):
                raise RuntimeError(f"the handler answered {len(handled.outcomes)} of {len(events)} events")
            return handled

    async def _hold(self, reason: str) -> None:
        """Wait for a dependency with the batch in hand: giving it back would count as a failed delivery.

        After a minute it is given back all the same, before the broker's own limit for an unanswered delivery.
        """
        self.paused_by = reason
        log.warning("stage.paused", reason=reason)
        until = time.monotonic() + HOLD_S
        while True:
            if self._stopping or time.monotonic() > until:
                await self._give_back(reason)
            # Also before the first look: what the handler misses may be there for the probe.
            await asyncio.sleep(PROBE_EVERY_S)
            if await self._is_back():
                break
        self.paused_by = None
        log.info("stage.resumed")

    async def _give_back(self, reason: str) -> NoReturn:
        """Return everything in hand to the broker, and consume again when the dependency is back."""
        await self._rabbit.pause()
        await self._wait_until_back()
        if not self._stopping:
            await self._rabbit.resume()
            self.paused_by = None
        raise Stale(f"held for too long: {reason}")

    async def _wait_until_back(self) -> None:
        while not self._stopping and not await self._is_back():
            await asyncio.sleep(PROBE_EVERY_S)

    async def _is_back(self) -> bool:
        self.last_turn_s = time.monotonic()
        if self.probe is None:
            return True
        try:
            await self.probe()
        except Unavailable:
            return False
        return True

    async def _settle(self, lane: str, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        """Let what is retried or buried leave the batch as messages of their own."""
        done = 0
        for position, outcome in enumerate(outcomes):
            if isinstance(outcome, Done):
                done += 1
                continue
            if isinstance(outcome, Retry) and await self._settler.retry(batch.carried[position], outcome):
                self._metrics.count(lane, "retry" if outcome.counted else "deferred")
                continue
            if isinstance(outcome, Dead):
                await self._settler.bury(batch.carried[position], outcome, batch.errors.get(position))
            self._metrics.count(lane, "dead")
        self._metrics.count(lane, "done", done)

    def _stamp(self, batch: Batch, handled: Handled, worked_ms: float) -> list[Encoded]:
        stamped: list[Encoded] = []
        now = clock.now()
        for cause, outcome in zip(batch.events, handled.outcomes, strict=True):
            if isinstance(outcome, Done):
                waited_ms = max(0.0, (now - cause.time).total_seconds() * 1000 - worked_ms)
                for one in outcome.events:
                    encoded = one if isinstance(one, Encoded) else self._publisher.encode(one)
                    stamped.append(encoded.stamped(waited_ms, worked_ms))
        return stamped

    async def _begin_clearing(self, clear: Callable[[], Awaitable[None]]) -> None:
        """Clear `untold` while the next batch is taken; one clearing at a time.

        It is not waited for before the ack: whoever dies meanwhile leaves events that are told once more later,
        with the same ids.
        """
        await self._end_clearing()
        self._clearing = asyncio.create_task(self._clear(clear))

    async def _end_clearing(self) -> None:
        clearing, self._clearing = self._clearing, None
        if clearing is not None:
            await clearing

    async def _clear(self, clear: Callable[[], Awaitable[None]]) -> None:
        try:
            await clear()
        except Unavailable as error:
            log.warning("untold.kept", reason=error.reason)

    def _observe_wait(self, events: Sequence[Event]) -> None:
        now = clock.now()
        oldest = min(event.time for event in events)
        self._metrics.in_flight.set(len(events))
        self._metrics.oldest_s.set(max(0.0, (now - oldest).total_seconds()))
        for event in events:
            self._metrics.queue_wait_s.observe(max(0.0, (now - event.time).total_seconds()))

    def _trace(self, batch: Batch, handled: Handled, began_ns: int) -> None:
        if not self._tracing.is_on:
            return
        ended_ns = clock.unix_ns()
        for cause, outcome in zip(batch.events, handled.outcomes, strict=True):
            if isinstance(outcome, Done):
                events = [
                    one if isinstance(one, Event) else wire.decode(one.body)[0] for one in outcome.events
                ]
                self._tracing.handled(cause, events, began_ns, ended_ns)


def _outcome_of(error: Transient | Permanent) -> Outcome:
    if isinstance(error, Transient):
        return Retry(error.reason, error.after_s)
    return Dead(error.reason)
