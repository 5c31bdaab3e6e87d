"""The audit log: every change of configuration and of access, newest first; its filters stand in the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web
from multidict import MultiDict
from yarl import URL

from services.api.console.audit_entries import KINDS, audit_row
from services.api.console.form_fields import whole
from services.api.console.visits import Visit
from services.api.refusals import Invalid
from shared.domain.people import Role
from shared.store.configuration_audit import ConfigurationAudit
from shared.store.mongo import Query

PATH = "/audit"
READING: Role = "admin"
PAGE_SIZE = 50
MOST_PAGES = 1_000
FILTERS = ("actor", "table", "object_id", "from", "to")
# Written beside every object of a declaration; shown when they are asked for.
MARKS = "declared_objects"


async def show_audit(visit: Visit) -> web.Response:
    """GET: one page of entries that the filters keep."""
    query = visit.request.query
    asked = MultiDict((name, query[name].strip()) for name in FILTERS if query.get(name, "").strip())
    page = _page(query.get("page", "1"))
    found = await ConfigurationAudit(visit.api.database).find(
        _query(asked, visit.zone), PAGE_SIZE + 1, (page - 1) * PAGE_SIZE
    )

    def url(number: int = 1, **changed: str) -> str:
        wanted = {**asked, **changed, **({"page": str(number)} if number > 1 else {})}
        return str(URL(PATH).with_query({name: one for name, one in wanted.items() if one}))

    return visit.page(
        "audit.html",
        rows=[audit_row(one) for one in found[:PAGE_SIZE]],
        has_more=len(found) > PAGE_SIZE and page < MOST_PAGES,
        page=page,
        asked=asked,
        kinds=KINDS,
        url=url,
    )


def _query(asked: MultiDict[str], zone: ZoneInfo) -> Query:
    """Return the query of the store.

    Raises:
        Invalid: a day cannot be read.
    """
    query: Query = {"table": asked["table"]} if "table" in asked else {"table": {"$ne": MARKS}}
    if "actor" in asked:
        query["actor.name"] = asked["actor"]
    if "object_id" in asked:
        query["object_id"] = asked["object_id"]
    times: dict[str, datetime] = {}
    if "from" in asked:
        times["$gte"] = _midnight(asked, "from", zone, timedelta(0))
    if "to" in asked:
        times["$lt"] = _midnight(asked, "to", zone, timedelta(days=1))
    return {**query, **({"at": times} if times else {})}


def _midnight(asked: MultiDict[str], name: str, zone: ZoneInfo, later: timedelta) -> datetime:
    try:
        day = date.fromisoformat(asked[name]) + later
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid.field(name, "Must be a day such as 2026-01-31.") from error


def _page(text: str) -> int:
    found = whole(text)
    if found is None or not 1 <= found <= MOST_PAGES:
        raise Invalid.field("page", f"Must be a number from 1 to {MOST_PAGES}.")
    return found
