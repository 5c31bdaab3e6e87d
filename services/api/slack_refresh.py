"""Keeps Slack's user groups, channels and members in the configuration as Slack has them; one instance reads each.

It has calls of its own, beside those of chatops-publisher: waiting for Slack here never delays a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import structlog

from services.api.api import Api
from services.api.following import Following
from services.api.resources.desk import Desk
from shared import clock
from shared.channels.slack import SlackSettings
from shared.channels.slack_directory import MEMBERS, PARTS, Page, call, part_of, read
from shared.domain.configuration import ConfigSnapshot, SlackChannel, UserGroup
from shared.domain.configuration_draft import Draft
from shared.domain.model import SYSTEM
from shared.domain.send_outcome import Retry
from shared.domain.steps.groups_of_people import channels_paged
from shared.errors import Permanent, Transient, Unavailable
from shared.http import HttpClient
from shared.service import Io
from shared.store import slack_directory
from shared.store.due import SELDOM, DueLoop
from shared.store.mongo import Document
from shared.store.slack_directory import Reading, SlackDirectory

log = structlog.get_logger(__name__)
# Between two pages: Slack allows twenty such questions a minute.
PAGE_PAUSE_S = 3.0
# Between the members of two channels: a hundred such questions a minute.
MEMBERS_PAUSE_S = 1.0
AFTER_FAILURE_S = 60.0
R = TypeVar("R", UserGroup, SlackChannel)


class SlackRefresh:
    """Reads the lists that are due, one page per turn."""

    def __init__(self, api: Api, http: HttpClient, settings: SlackSettings) -> None:
        self._api = api
        self._http = http
        self._settings = settings
        self._directory = SlackDirectory(api.database)
        self.page_pause_s = PAGE_PAUSE_S
        self.members_pause_s = MEMBERS_PAUSE_S

    def spawn(self, io: Io) -> None:
        """Begin to read."""
        loop = DueLoop(
            self._directory.collection, self.read_pages, lambda: True, self._directory.claim, SELDOM
        )

        async def run() -> None:
            await self._directory.prepare(list(PARTS), clock.now())
            await loop.run()

        io.spawn("slack_directory", run)
        io.spawn("slack_members", Following(io.config, self._api.configuration, self.follow).run)

    async def follow(self, config: ConfigSnapshot) -> None:
        """Have the members of just those channels read that a step may notify.

        Raises:
            Unavailable: the database is away.
        """
        parts = [MEMBERS + one for one in sorted(channels_paged(config))]
        await self._directory.follow(MEMBERS, parts, config.version, clock.now())

    async def read_pages(self, documents: Sequence[Document]) -> None:
        """Read one page of each claimed list.

        Raises:
            Unavailable: the database is away.
        """
        put_off = 0
        for before in map(slack_directory.read, documents):
            if not before.id.startswith(MEMBERS):
                await self._page(before)
            elif put_off:
                await self._save(before, put_off * self.members_pause_s)
                put_off += 1
            elif await self._is_listed(before):
                await self._page(before)
                put_off = 1

    async def _is_listed(self, before: Reading) -> bool:
        """Whether Slack's list has the channel; members of another are nobody's business, and it is a problem."""
        channel_id = before.id.removeprefix(MEMBERS)
        if channel_id in (await self._api.configuration.tables()).of(SlackChannel):
            return True
        channels = await self._directory.reading("slack_channels")
        if channels is None or channels.read_at is None:
            await self._save(before, self.page_pause_s)
            return False
        error = f"Slack's list has no channel {channel_id}: it is archived, deleted or hidden from the app"
        await self._save(Reading(id=before.id, read_at=before.read_at, error=error), AFTER_FAILURE_S)
        return False

    async def _page(self, before: Reading) -> None:
        """Read one page; after the last one the rows replace those in the configuration."""
        part, now = part_of(before.id), clock.now()
        period_s = float(self._api.settings.slack_refresh_s)
        try:
            answer = read(part, await self._http.send(call(part, before.cursor, self._settings)))
        except Unavailable:
            raise
        except (Transient, Permanent) as error:
            answer = Retry(error.reason, AFTER_FAILURE_S)
        if not isinstance(answer, Page):
            log.warning("slack_directory.not_read", part=before.id, reason=answer.reason)
            is_passing = isinstance(answer, Retry)
            after = before if is_passing else Reading(id=before.id, read_at=before.read_at)
            wait_s = (answer.wait_s or AFTER_FAILURE_S) if isinstance(answer, Retry) else period_s
            await self._save(after.model_copy(update={"error": answer.reason}), wait_s)
            return
        rows = (*before.rows, *(one.model_dump(mode="json") for one in answer.rows))
        if answer.cursor is not None:
            await self._save(Reading(id=before.id, cursor=answer.cursor, rows=rows), self.page_pause_s)
            return
        await self._api.edit_as(SYSTEM, lambda desk: _replace(desk, before.id, rows))
        log.info("slack_directory.read", part=before.id, rows=len(rows))
        await self._save(Reading(id=before.id, read_at=now), period_s)

    async def _save(self, reading: Reading, wait_s: float) -> None:
        await self._directory.save(reading, clock.now() + timedelta(seconds=wait_s))


def _replace(desk: Desk, table: str, rows: Sequence[dict[str, object]]) -> None:
    """Make a table what was read; what did not change is not written."""
    if table.startswith(MEMBERS):
        _become_members(desk.draft, table.removeprefix(MEMBERS), [str(one["id"]) for one in rows])
    elif table == "user_groups":
        _become(desk.draft, UserGroup, [UserGroup.model_validate(one) for one in rows])
    else:
        known = {one.id: one.slack_user_ids for one in desk.draft.all(SlackChannel)}
        told = (SlackChannel.model_validate(one) for one in rows)
        channels = [one.model_copy(update={"slack_user_ids": known.get(one.id)}) for one in told]
        _become(desk.draft, SlackChannel, channels)


def _become_members(draft: Draft, channel_id: str, slack_ids: Sequence[str]) -> None:
    channel = draft.get(SlackChannel, channel_id)
    after = tuple(sorted(set(slack_ids)))
    if channel is not None and channel.slack_user_ids != after:
        draft.put(channel.model_copy(update={"slack_user_ids": after}))


def _become(draft: Draft, model: type[R], rows: Sequence[R]) -> None:
    found = {one.id: one for one in rows}
    before = {one.id: one for one in draft.all(model)}
    for row_id, row in before.items():
        if row_id not in found:
            draft.remove(row)
    for row_id, row in found.items():
        if before.get(row_id) != row:
            draft.put(row)
