"""What the heartbeat service does with a batch: pings move deadlines, then the receivers' beats move the watch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.heartbeat.alarms import Alarms, Raised
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.heartbeats import Change, Heartbeat, ping
from shared.domain.watching import Receiver
from shared.errors import Transient
from shared.events import BeatSent, Event, HeartbeatReceived
from shared.live_configuration import LiveConfiguration
from shared.stage import Done, Handled, Outcome
from shared.store.heartbeats import Heartbeats, HeartbeatWrite
from shared.store.receiver_beats import ReceiverBeats
from shared.telling import Row, Telling

ATTEMPTS = 20
Told = dict[str, Row]


class Listening:
    """The handler: one call per batch."""

    def __init__(
        self,
        heartbeats: Heartbeats,
        beats: ReceiverBeats,
        alarms: Alarms,
        telling: Telling,
        config: LiveConfiguration,
    ) -> None:
        self._heartbeats = heartbeats
        self._beats = beats
        self._alarms = alarms
        self._telling = telling
        self._config = config

    async def handle(self, batch: Sequence[Event]) -> Handled:
        """Take a batch. A beat counts only when every ping before it does, so it is kept last.

        Raises:
            Transient: other writers won the same heartbeats again and again.
        """
        config = await self._config.at_least(max(one.config_version for one in batch))
        told = await self._hear(_newest_pings(batch), config)
        await self._beats.seen(_newest_beats(batch))
        outcomes: list[Outcome] = [
            Done(tuple(told[one.id].events)) if one.id in told else Done() for one in batch
        ]

        async def clear() -> None:
            await self._telling.clear(list(told.values()))

        return Handled(outcomes, clear)

    async def _hear(self, pings: Sequence[HeartbeatReceived], config: ConfigSnapshot) -> Told:
        """Save what the pings change; return what is to be told, by the ping that caused it."""
        waiting = [one for one in pings if one.integration_id in config.integration_by_id]
        told: Told = {}
        for _ in range(ATTEMPTS):
            if not waiting:
                return told
            done, waiting = await self._attempt(waiting, config)
            told |= done
        if waiting:
            raise Transient(f"{len(waiting)} pings lost {ATTEMPTS} races for their heartbeats")
        return told

    async def _attempt(
        self, pings: Sequence[HeartbeatReceived], config: ConfigSnapshot
    ) -> tuple[Told, list[HeartbeatReceived]]:
        now = clock.now()
        stored = await self._heartbeats.get_many([one.integration_id for one in pings])
        decided: dict[str, tuple[Heartbeat, Change | None]] = {}
        for one in pings:
            before = stored.get(one.integration_id)
            timeout_s = config.integration_by_id[one.integration_id].heartbeat.timeout_s
            after, change = ping(before, one.integration_id, one.time, timeout_s, now)
            if after is not before:
                decided[one.integration_id] = after, change
        cause = {one.integration_id: one for one in pings}
        raised = [
            Raised(cause[id], change, config.integration_by_id[id])
            for id, (_, change) in decided.items()
            if change is not None
        ]
        made = await self._alarms.of(raised, now)
        events = {one.integration.id: said for one, said in zip(raised, made, strict=True)}
        lost = await self._heartbeats.save(
            [
                HeartbeatWrite(
                    after,
                    stored[id].version if id in stored else None,
                    config.version,
                    events.get(id, ()),
                    now,
                )
                for id, (after, _) in decided.items()
            ]
        )
        told = {cause[id].id: Row(id, said) for id, said in events.items() if id not in lost}
        return told, [one for one in pings if one.integration_id in lost]


def _newest_pings(batch: Iterable[Event]) -> list[HeartbeatReceived]:
    """Return the newest ping of each integration: it says all that the others do."""
    newest: dict[str, HeartbeatReceived] = {}
    for one in batch:
        if isinstance(one, HeartbeatReceived):
            known = newest.get(one.integration_id)
            newest[one.integration_id] = one if known is None or one.time > known.time else known
    return list(newest.values())


def _newest_beats(batch: Iterable[Event]) -> list[Receiver]:
    newest: dict[str, Receiver] = {}
    for one in batch:
        if isinstance(one, BeatSent):
            known = newest.get(one.receiver_id)
            if known is None or one.time > known.at:
                newest[one.receiver_id] = _receiver(one)
    return list(newest.values())


def _receiver(beat: BeatSent) -> Receiver:
    return Receiver(
        id=beat.receiver_id, name=beat.instance, since=beat.since, at=beat.time, has_left=beat.is_last
    )
