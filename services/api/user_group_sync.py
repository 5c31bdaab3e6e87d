"""Keeps user groups of Slack as the people who are on call: at start, at each change of shift, and after edits.

One instance at a time works on a group, and asks Slack only where the group differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from services.api.api import Api
from services.api.following import Following
from shared import clock
from shared.channels.slack import SlackSettings
from shared.channels.slack_user_groups import give_members, members_given
from shared.domain.configuration import ConfigSnapshot, UserGroup
from shared.domain.configuration_draft import Draft
from shared.domain.model import SYSTEM
from shared.domain.on_call_groups import Wanted, fingerprints, wanted_at
from shared.domain.send_outcome import Refused, Retry
from shared.errors import Permanent, Transient, Unanswered, Unavailable
from shared.http import HttpClient
from shared.service import Io
from shared.store.due import SELDOM, DueLoop
from shared.store.mongo import Document
from shared.store.user_group_syncs import UserGroupSyncs

log = structlog.get_logger(__name__)
# Between two changes: Slack allows twenty a minute.
PAUSE_S = 3.0
AFTER_FAILURE_S = 60.0
AFTER_REFUSAL_S = 600.0


class UserGroupSync:
    """Looks at the groups that are due; of those that differ one is changed per turn, the others a little later."""

    def __init__(self, api: Api, http: HttpClient, settings: SlackSettings) -> None:
        self._api = api
        self._http = http
        self._settings = settings
        self.syncs = UserGroupSyncs(api.database)

    def spawn(self, io: Io) -> None:
        """Begin to look."""
        loop = DueLoop(self.syncs.collection, self.sync, lambda: True, self.syncs.claim, SELDOM)
        io.spawn("user_group_indexes", self.syncs.prepare)
        io.spawn("user_groups", loop.run)
        io.spawn("user_groups_edited", Following(io.config, self._api.configuration, self.follow).run)

    async def follow(self, config: ConfigSnapshot) -> None:
        """Have the groups that schedules name looked at, when something changed for them.

        Raises:
            Unavailable: the database is away.
        """
        found = await asyncio.to_thread(fingerprints, config)
        await self.syncs.follow(found, config.version, clock.now())

    async def sync(self, documents: Sequence[Document]) -> None:
        """Give claimed groups the members that they shall have.

        Raises:
            Unavailable: the database is away; what was not written down is looked at again after its lease.
        """
        config = await self._api.configuration.load()
        changed = 0
        failures: list[BaseException] = []
        for document in documents:
            (found,) = await asyncio.gather(self._sync_one(document, config, changed), return_exceptions=True)
            if isinstance(found, BaseException):
                failures.append(found)
            else:
                changed += found
        if failures:
            raise failures[0]

    async def _sync_one(self, document: Document, config: ConfigSnapshot, changed: int) -> bool:
        """Look at one group after `changed` others of this turn differed; return whether it differs."""
        wanted = await asyncio.to_thread(wanted_at, config, document["_id"], clock.now())
        if wanted.slack_ids is None:
            await self.syncs.save(document, wanted.problems, wanted.until)
        elif changed:
            await self._put_off(document, changed * PAUSE_S)
        else:
            await self._change(document, wanted, wanted.slack_ids)
        return wanted.slack_ids is not None

    async def _change(self, document: Document, wanted: Wanted, slack_ids: tuple[str, ...]) -> None:
        group_id, now = document["_id"], clock.now()
        try:
            given = members_given(await self._http.send(give_members(group_id, slack_ids, self._settings)))
        except Unavailable:
            raise
        except (Transient, Permanent, Unanswered) as error:
            # Whether or not it was done: the same again does no harm.
            given = Retry(error.reason)
        if isinstance(given, Retry | Refused):
            log.warning("user_group.not_changed", user_group_id=group_id, reason=given.reason)
            wait_s = AFTER_REFUSAL_S if isinstance(given, Refused) else given.wait_s or AFTER_FAILURE_S
            problems = (*wanted.problems, f"{given.reason}; the group stays as it was")
            await self.syncs.save(document, problems, now + timedelta(seconds=wait_s))
            return
        await self._api.change(lambda draft: _become(draft, group_id, given), SYSTEM)
        log.info("user_group.changed", user_group_id=group_id, members=len(given))
        await self.syncs.save(document, wanted.problems, wanted.until)

    async def _put_off(self, document: Document, wait_s: float) -> None:
        due_at = clock.now() + timedelta(seconds=wait_s)
        await self.syncs.save(document, document.get("problems") or (), due_at)


def _become(draft: Draft, group_id: str, slack_ids: tuple[str, ...]) -> None:
    """Note the members in Slack's own order, as the next reading of the list would."""
    row = draft.get(UserGroup, group_id)
    if row is not None and row.slack_user_ids != slack_ids:
        draft.put(row.model_copy(update={"slack_user_ids": slack_ids}))
