"""What the renderer does with a batch: each group once, as of its newest version, for the media that need it."""

from __future__ import annotations

from collections.abc import Sequence

from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.media import media_of
from shared.domain.model import Alert, Group
from shared.domain.rendered_groups import group_rendered, render_job
from shared.domain.template_jobs import Rendered, RenderJob
from shared.domain.wiped_cards import wiped_cards
from shared.events import Event, GroupEvent
from shared.live_configuration import LiveConfiguration
from shared.sandbox import SLOW, Deferred, Sandbox
from shared.stage import Done, Handled, Outcome, Retry
from shared.store.alerts import Alerts


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
                outcomes[ones[-1].id] = Done((group_rendered(ones, answer, config, clock.now()),))
        return Handled([outcomes.get(one.id, Done()) for one in changes])

    async def _answers(
        self, newest: Sequence[GroupEvent], config: ConfigSnapshot
    ) -> list[Rendered | Deferred]:
        """Return what is shown of each; of a wiped group that is nothing which its templates made."""
        whole = [one for one in newest if one.group.wiped_at is None]
        alerts = await self._alerts.get_many([one.group.last_alert_id for one in whole])
        jobs = [self._job(one.group, alerts, config) for one in whole]
        rendered = iter(await self._sandbox.render_or_defer(jobs, clock.now()) if jobs else ())
        return [self._wiped(one, config) if one.group.wiped_at else next(rendered) for one in newest]

    def _wiped(self, event: GroupEvent, config: ConfigSnapshot) -> Rendered:
        media = self._media_for(event.group.route_id or "", config)
        return Rendered(cards=wiped_cards(event.group, media))

    def _job(self, group: Group, alerts: dict[str, Alert], config: ConfigSnapshot) -> RenderJob:
        media = self._media_for(group.route_id or "", config)
        return render_job(group, alerts.get(group.last_alert_id), config, media, self._public_url)

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
