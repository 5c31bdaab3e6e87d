"""External calendars: read on change and again, kept when they fail, and never fetched from where they may not be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from shared import clock
from shared.store.calendar_refreshes import CalendarRefreshes
from tests.integration.api.api_running import RunningApi, an_api
from tests.integration.api.test_schedules import a_user
from tests.integration.api.test_shapes import check

pytestmark = pytest.mark.integration
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
DTSTART:20240101T000000Z
DTEND:20240102T000000Z
RRULE:FREQ=DAILY
SUMMARY:{who}
END:VEVENT
END:VCALENDAR
"""
NO_CALENDAR = "<html>please log in</html>"


@dataclass
class Outside:
    """The other side: what it answers next, and what it was asked."""

    text: str = ""
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        tag = f'"{hash(self.text)}"'
        if self.status == 200 and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(text=self.text, status=self.status, headers={"ETag": tag})


@asynccontextmanager
async def an_outside() -> AsyncIterator[Outside]:
    """Serve calendars on a port of its own."""
    outside = Outside()
    app = web.Application()
    app.router.add_get("/secret-path/basic.ics", outside.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    outside.url = f"http://127.0.0.1:{runner.addresses[0][1]}/secret-path/basic.ics"
    try:
        yield outside
    finally:
        await runner.cleanup()


async def until(found: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until something is so, at most 30 s."""
    async with asyncio.timeout(60):
        while not (result := await found()):
            await asyncio.sleep(0.1)
        return result


async def has_no_problem(api: RunningApi, schedule_id: str) -> bool:
    """Whether nothing is wrong with a schedule."""
    return not (await api.get("problems", schedule_id=schedule_id))["results"]


async def again(api: RunningApi, schedule_id: str) -> dict[str, Any]:
    """Let ten minutes pass for a schedule's calendar, wait for the try, and return the schedule."""
    refreshes = CalendarRefreshes(api.store).collection
    await refreshes.update_many({}, {"$set": {"due_at": clock.now() - timedelta(seconds=1)}})

    async def tried() -> bool:
        return await refreshes.find_one({"due_at": {"$lte": clock.now()}}) is None

    await until(tried)
    return dict(await api.get(f"schedules/{schedule_id}"))


async def test_a_calendar_is_read_kept_when_it_fails_and_a_problem_until_it_works_again(
    mongo_url: str, tmp_path: Path
):
    async with an_outside() as outside, an_api(mongo_url, tmp_path, allow_private_addresses=True) as api:
        ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
        outside.text = CALENDAR.format(who="ann")
        made = await api.post("schedules", name="Outside", type="ical", ical_url_primary=outside.url)
        path = f"schedules/{made['id']}"

        async def is_on() -> bool:
            return bool((await api.get(path))["on_call_now"])

        await until(is_on)
        assert (await api.get(path))["on_call_now"] == [ann]
        await until(lambda: has_no_problem(api, made["id"]))
        version = await api.store.collection("configuration_versions").find_one({"_id": "current"})

        # Unchanged: asked with the tag, and no new version.
        shown = await again(api, made["id"])
        check(shown, "/api/v1/schedules/{id}")
        assert "If-None-Match" in outside.asked[-1]
        assert await api.store.collection("configuration_versions").find_one({"_id": "current"}) == version

        # Three ways to fail: the last good text stays, and the failure is seen.
        for text, status in (("", 503), (NO_CALENDAR, 200), ("x" * (4 * 2**20 + 1), 200)):
            outside.text, outside.status = text, status
            shown = await again(api, made["id"])
            assert shown["on_call_now"] == [ann]
            assert (shown["problems"], shown["calendars"][0]["error"] is None) == (1, False)
            (problem,) = (await api.get("problems", schedule_id=made["id"]))["results"]
            assert (problem["schedule_name"], problem["where"]) == ("Outside", "ical_url_primary")
            assert "The last good calendar still holds" in problem["message"]
            assert "secret-path" not in str(problem)
        check(await api.get("problems"), "/api/v1/problems")

        outside.text, outside.status = CALENDAR.format(who="bob"), 200
        shown = await again(api, made["id"])
        assert (shown["on_call_now"], shown["problems"], shown["calendars"][0]["error"]) == ([bob], 0, None)
        cleared = (await api.get("problems", schedule_id=made["id"], state="cleared"))["results"]
        assert "ical_url_primary" in [one["where"] for one in cleared]
        audit = await api.store.collection("configuration_audit").find({"table": "calendars"})
        assert "BEGIN:VCALENDAR" not in str(audit)

        # Another address is asked at once; without one there is no calendar any more.
        await api.put(path, ical_url_primary=outside.url + "?other")
        outside.asked.clear()
        await until(lambda: asyncio.sleep(0, bool(outside.asked)))
        await api.put(path, ical_url_primary=None)
        assert (await api.get(path))["on_call_now"] == []


async def test_a_private_address_is_not_asked(mongo_url: str, tmp_path: Path):
    async with an_outside() as outside, an_api(mongo_url, tmp_path) as api:
        made = await api.post("schedules", name="Outside", type="ical", ical_url_primary=outside.url)

        async def problem() -> Any:
            return (await api.get("problems", schedule_id=made["id"]))["results"]

        found = await until(problem)

        assert any("private" in one["message"] for one in found)
        assert outside.asked == []


async def test_times_without_anybody_are_a_problem_until_they_are_covered(api: RunningApi):
    ann = await a_user(api, "ann")
    made = await api.post("schedules", name="Primary", type="web")

    async def wheres() -> list[str]:
        return [one["where"] for one in (await api.get("problems", schedule_id=made["id"]))["results"]]

    async def has_gap() -> bool:
        return await wheres() == ["gaps"]

    await until(has_gap)
    shift = {"type": "recurrent_event", "frequency": "daily", "duration": 86_400, "users": [ann]}
    await api.post("on_call_shifts", name="Always", start="2024-01-01T00:00:00", schedule=made["id"], **shift)
    await until(lambda: has_no_problem(api, made["id"]))
    await api.delete(f"users/{ann}")

    async def is_empty() -> bool:
        return set(await wheres()) == {"gaps", "empty_shifts"}

    await until(is_empty)
