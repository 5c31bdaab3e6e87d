"""Reading and changing configuration objects of one kind, for the API's endpoints and the console's pages alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.api import Api
from services.api.authentication import Principal
from services.api.integration_state import add_state
from services.api.refusals import Refused
from services.api.resources.desk import Desk, Resource, parse
from services.api.resources.event_subscriptions import EVENT_SUBSCRIPTIONS
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.schedules import SCHEDULES
from services.api.resources.shift_swaps import SWAPS
from services.api.resources.users import USERS
from services.api.schedule_state import add_schedule_state
from services.api.subscription_positions import add_status, arrange
from services.api.swap_shifts import add_swap_shifts
from shared.domain.configuration_draft import TABLE_OF, Declared
from shared.domain.model import Frozen

CURRENT = "current"
Shown = dict[str, Any]


@dataclass(frozen=True)
class Objects:
    """The objects of one kind as somebody sees and changes them; whether he may is asked before.

    Bodies are those of the API: a field that is missing stays as it is.
    """

    api: Api
    principal: Principal
    resource: Resource[Any, Any]

    async def select(self, query: Mapping[str, str] | None = None) -> tuple[Desk, list[Frozen]]:
        """Return the rows that the API's filters keep, and the desk that shows them."""
        desk = await self.api.desk(self.principal)
        return desk, self.resource.select(desk, dict(query or {}))

    async def show(self, desk: Desk, rows: Sequence[Frozen], query: Mapping[str, str]) -> list[Shown]:
        """Return rows as the API shows them, with what is not configuration and stands in the database."""
        shown = [self.resource.show(desk, one, dict(query)) for one in rows]
        await self._complete(shown)
        return shown

    async def all(self, query: Mapping[str, str] | None = None) -> list[Shown]:
        """Return every object that the API's filters keep."""
        desk, rows = await self.select(query)
        return await self.show(desk, rows, query or {})

    async def read(self, id: str, query: Mapping[str, str] | None = None) -> Shown:
        """Return one.

        Raises:
            Refused: 404.
        """
        desk = await self.api.desk(self.principal)
        return (await self.show(desk, [self._row(desk, id)], query or {}))[0]

    async def create(self, body: Any) -> Shown:
        """Create one from a body of the API.

        Raises:
            Refused: `Invalid` names the fields.
        """
        create = self.resource.create
        assert create is not None
        parsed = parse(self.resource.body, body)
        return await self._edited(lambda desk: create(desk, parsed))

    async def change(self, id: str, body: Any) -> Shown:
        """Change what the body names.

        Raises:
            Refused: 404, or `Invalid`, which names the fields.
        """
        change = self.resource.change
        assert change is not None
        parsed = parse(self.resource.body, body)
        return await self._edited(lambda desk: change(desk, self._row(desk, id), parsed))

    async def remove(self, id: str) -> None:
        """Remove one.

        Raises:
            Refused: 404, or it is in use.
        """
        remove = self.resource.remove
        assert remove is not None
        await self.api.edit(self.principal, lambda desk: remove(desk, self._row(desk, id)))

    async def owner(self, id: str) -> str | None:
        """Return the set of a declaration that owns one: its next `apply` takes back what is changed here."""
        desk = await self.api.desk(self.principal)
        mark = desk.draft.get(Declared, f"{TABLE_OF[self.resource.model]}/{id}")
        return mark.set if mark is not None else None

    async def _edited(self, edit: Callable[[Desk], Any]) -> Shown:
        def shown_after(desk: Desk) -> Shown:
            return self.resource.show(desk, edit(desk), {})

        shown = (await self.api.edit(self.principal, shown_after)).result
        if self.resource.name == EVENT_SUBSCRIPTIONS.name:
            # "now" is this moment, not the one in which somebody looks.
            await arrange(self.api)
        await self._complete([shown])
        return shown

    async def _complete(self, shown: Sequence[Shown]) -> None:
        if self.resource.name == INTEGRATIONS.name:
            await add_state(self.api, shown)
        if self.resource.name == SCHEDULES.name:
            await add_schedule_state(self.api, shown)
        if self.resource.name == SWAPS.name:
            await add_swap_shifts(self.api, shown)
        if self.resource.name == EVENT_SUBSCRIPTIONS.name:
            await add_status(self.api, shown)

    def _row(self, desk: Desk, id: str) -> Frozen:
        if self.resource.name == USERS.name and id == CURRENT:
            id = self.principal.user.id if self.principal.user is not None else ""
        found: Frozen | None = desk.draft.get(self.resource.model, id)
        if found is None:
            raise Refused.not_found()
        return found
