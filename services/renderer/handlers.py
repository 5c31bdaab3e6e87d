"""What the renderer does with a batch: each group once, as of its newest version, for the media that need it."""

from __future__ import annotations

from collections.abc import Sequence

from shared import clock
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.media import media_of
from shared.domain.model import Alert
from shared.domain.template_jobs import Rendered, RenderJob
from shared.domain.wiped_cards import wiped_cards
from shared.events import (
    Event,
    GroupAlertAdded,
    GroupEvent,
    GroupNoteAdded,
    GroupRendered,
    GroupResponderAdded,
    GroupResponderRemoved,
)
from shared.events.groups import GroupChange
from shared.live_configuration import LiveConfiguration
from shared.sandbox import SLOW, Deferred, Sandbox
from shared.stage import Done, Handled, Outcome, Retry
from shared.store.alerts import Alerts

_RESPONDERS = (GroupResponderAdded, GroupResponderRemoved)


class Renderer:
    """The handler: one call per batch."""

    def __init__(self, sandbox: Sandbox, alerts: Alerts, config: LiveConfiguration, public_url: str) -> None:
        self._sandbox = sandbox
        self._alerts = alerts
        self._config = config
        self._public_url = public_url.rstrip("/")
        self._media: dict[tuple[int, str], tuple[str, ...]] = {}

    async def handle(self, batch: Sequence[Event]) -> Handled:
        """Render a batch; a group whose templates fail goes on with safe texts."""
        changes = [one for one in batch if isinstance(one, GroupEvent)]
        config = await self._config.at_least(max(one.config_version for one in changes))
        folded = _by_group(changes)
        newest = [ones[-1] for ones in folded.values()]
        answers = await self._answers(newest, config)
        outcomes: dict[str, Outcome] = {}
        for ones, answer in zip(folded.values(), answers, strict=True):
            if isinstance(answer, Deferred):
                # All of them, because what is told of a group is folded from all of its changes.
                outcomes |= {one.id: Retry(SLOW, answer.after_s, counted=False) for one in ones}
            else:
                outcomes[ones[-1].id] = Done((_rendered(ones, answer, config),))
        return Handled([outcomes.get(one.id, Done()) for one in changes])

    async def _answers(
        self, newest: Sequence[GroupEvent], config: ConfigSnapshot
    ) -> list[Rendered | Deferred]:
        """Return what is shown of each; of a wiped group that is nothing which its templates made."""
        whole = [one for one in newest if one.group.wiped_at is None]
        alerts = await self._alerts.get_many([one.group.last_alert_id for one in whole])
        jobs = [self._job(one, alerts, config) for one in whole]
        rendered = iter(await self._sandbox.render_or_defer(jobs, clock.now()) if jobs else ())
        return [self._wiped(one, config) if one.group.wiped_at else next(rendered) for one in newest]

    def _wiped(self, event: GroupEvent, config: ConfigSnapshot) -> Rendered:
        media = self._media_for(event.group.route_id or "", config)
        return Rendered(cards=wiped_cards(event.group, media))

    def _job(self, event: GroupEvent, alerts: dict[str, Alert], config: ConfigSnapshot) -> RenderJob:
        group = event.group
        alert = alerts.get(group.last_alert_id)
        integration = config.integration_by_id.get(group.integration_id)
        if integration is None:
            integration = Integration(
                id=group.integration_id, name="deleted integration", type="webhook", token_digest=""
            )
        return RenderJob(
            integration=integration,
            group=group,
            payload=alert.payload if alert is not None else None,
            read_as=alert.read_as if alert is not None else "",
            media=self._media_for(group.route_id or "", config),
            group_url=f"{self._public_url}/alert-groups/{group.id}",
            config_version=config.version,
        )

    def _media_for(self, route_id: str, config: ConfigSnapshot) -> tuple[str, ...]:
        key = (config.version, route_id)
        if key not in self._media:
            if self._media and next(iter(self._media))[0] != config.version:
                self._media.clear()
            self._media[key] = media_of(config.route_by_id.get(route_id), config)
        return self._media[key]


def _by_group(changes: Sequence[GroupEvent]) -> dict[str, list[GroupEvent]]:
    """Return the changes of each group, oldest version first."""
    folded: dict[str, list[GroupEvent]] = {}
    for one in sorted(changes, key=lambda one: one.group.version):
        folded.setdefault(one.group.id, []).append(one)
    return folded


def _rendered(folded: Sequence[GroupEvent], answer: Rendered, config: ConfigSnapshot) -> GroupRendered:
    """Fold the changes of one group into what is shown of it; a change of state outweighs a joined alert."""
    newest = folded[-1]
    telling = next((one for one in reversed(folded) if not isinstance(one, GroupAlertAdded)), newest)
    return GroupRendered.following(
        newest,
        time=clock.now(),
        config_version=config.version,
        group=newest.group,
        change=telling.type,
        alerts=tuple(alert for one in folded for alert in one.alerts),
        actor=telling.actor,
        cards=answer.cards,
        problems=answer.problems,
        changes=tuple(_change(one) for one in folded) if len(folded) > 1 or _tells_more(newest) else (),
        decision="rendered",
        reason=f"for {', '.join(answer.cards)}"
        if not answer.problems
        else f"with {len(answer.problems)} problems",
    )


def _change(event: GroupEvent) -> GroupChange:
    return GroupChange(
        type=event.type,
        version=event.group.version,
        at=event.time,
        alerts=event.alerts,
        actor=event.actor,
        user_ids=event.user_ids if isinstance(event, _RESPONDERS) else (),
        note=event.note if isinstance(event, GroupNoteAdded) else None,
    )


def _tells_more(event: GroupEvent) -> bool:
    return isinstance(event, (*_RESPONDERS, GroupNoteAdded))
