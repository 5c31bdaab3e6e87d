"""The list of integrations: health beside each, and filters that stand in the URL."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web
from multidict import MultiMapping
from yarl import URL

from services.api.console.integration_rows import rows_of, type_title
from services.api.console.keepers import keepers
from services.api.console.visits import Visit
from services.api.refusals import Invalid
from services.api.resources.integrations import INTEGRATIONS
from shared.domain.configuration import Integration, Team

PATH = "/integrations"
PAGE_SIZE = 50
KEPT = ("q", "type", "team_id")


@dataclass(frozen=True)
class IntegrationFilters:
    """The filters of one request."""

    asked: dict[str, str] = field(default_factory=dict)
    page: int = 1

    @classmethod
    def of(cls, query: MultiMapping[str]) -> IntegrationFilters:
        """Read them from a URL's query.

        Raises:
            Invalid: the page is not a number from 1.
        """
        text = query.get("page", "1")
        if not (text.isascii() and text.isdigit() and int(text[:9]) >= 1):
            raise Invalid.field("page", "Must be a number from 1.")
        return cls({name: query[name] for name in KEPT if query.get(name)}, int(text[:9]))

    def get(self, name: str) -> str:
        """Return what is asked for, "" for nothing."""
        return self.asked.get(name, "")

    def keeps(self, one: Integration) -> bool:
        """Whether an integration is shown."""
        words = self.get("q").casefold().split()
        said = (
            f"{one.name} {one.description_short or ''} {one.type} {type_title(one.type)} {one.id}".casefold()
        )
        return (
            all(word in said for word in words)
            and self.get("type") in ("", one.type)
            and self.get("team_id") in ("", one.team_id or "null")
        )

    def url(self, page: int) -> str:
        """Return the address of another page of the same list."""
        return str(URL(PATH).with_query({**self.asked, "page": str(page)}))


async def show_list(visit: Visit) -> web.Response:
    """GET: one page of integrations by name."""
    filters = IntegrationFilters.of(visit.request.query)
    objects = visit.objects(INTEGRATIONS)
    desk, _ = await objects.select()
    everything = desk.draft.all(Integration)
    kept = sorted((one for one in everything if filters.keeps(one)), key=lambda one: one.name.casefold())
    first = (filters.page - 1) * PAGE_SIZE
    shown = await objects.show(desk, kept[first : first + PAGE_SIZE], {})
    return visit.page(
        "integrations.html",
        filters=filters,
        rows=await rows_of(visit.api, desk.draft.base, shown),
        keepers=await keepers(visit, Integration),
        count=len(kept),
        has_more=len(kept) > first + PAGE_SIZE,
        types=sorted({(type_title(one.type), one.type) for one in everything}),
        teams=sorted(desk.draft.all(Team), key=lambda one: one.name.casefold()),
        may_create=visit.may("POST", "integrations"),
    )
