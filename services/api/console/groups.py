"""The list of alert groups: state cards that filter, search, labels, bulk actions, and rows that renew themselves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.api.console.group_filters import OPEN, GroupFilters
from services.api.console.group_rows import GroupRow, rows_of
from services.api.console.visits import Visit
from services.api.groups import existing_group
from shared.domain.configuration import Integration, Team
from shared.store.alert_groups import AlertGroups

PAGE_SIZE = 50
# Counting further than this costs time that nobody has, and tells nobody anything.
COUNTED = 10_000
STATES = (*OPEN, "resolved")
NEWEST_FIRST = (("opened_at", -1), ("_id", 1))


@dataclass(frozen=True)
class StateCard:
    """One of the cards above the list: how many groups are in a state, and the link that shows them."""

    state: str
    count: int
    url: str
    is_shown: bool

    @property
    def words(self) -> str:
        """The count as it is shown; "10,000+" where nobody counted to the end."""
        return f"{COUNTED:,}+" if self.count >= COUNTED else f"{self.count:,}"


async def show_list(visit: Visit) -> web.Response:
    """GET: one page of groups, the newest first."""
    return visit.page("groups.html", **await _listed(visit))


async def show_row(visit: Visit) -> web.Response:
    """GET of one row, for a list that is looked at."""
    group = await existing_group(visit.api, visit.request.match_info["id"])
    (row,) = await rows_of(visit.api, [group])
    return visit.page(
        "group_row.html", row=row, filters=GroupFilters.of(visit.request.query), may_act=may_act(visit)
    )


def may_act(visit: Visit) -> bool:
    """Whether the reader may acknowledge and the like."""
    return visit.may("POST", "alert_groups/{id}/{action}")


async def _listed(visit: Visit) -> dict[str, Any]:
    api = visit.api
    filters = GroupFilters.of(visit.request.query)
    tables = await api.configuration.tables()
    store = AlertGroups(api.database)
    query = filters.query(tables)
    cards, found = await asyncio.gather(
        _cards(store, filters, tables),
        store.find(query, NEWEST_FIRST, PAGE_SIZE + 1, (filters.page - 1) * PAGE_SIZE),
    )
    rows: list[GroupRow] = await rows_of(api, found[:PAGE_SIZE])
    return {
        "filters": filters,
        "cards": cards,
        "rows": rows,
        "has_more": len(found) > PAGE_SIZE,
        # Without filters the cards count everything that there is.
        "is_untouched": not filters.asked and not any(one.count for one in cards),
        "integrations": sorted(tables.of(Integration).values(), key=lambda one: one.name.casefold()),
        "teams": sorted(tables.of(Team).values(), key=lambda one: one.name.casefold()),
        "may_act": may_act(visit),
    }


async def _cards(store: AlertGroups, filters: GroupFilters, tables: Any) -> list[StateCard]:
    counts = await asyncio.gather(*(store.count(filters.query(tables, [one]), COUNTED) for one in STATES))
    return [
        StateCard(state, count, filters.with_state(state), state in filters.states)
        for state, count in zip(STATES, counts, strict=True)
    ]
