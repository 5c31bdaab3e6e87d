"""Calendars to subscribe to: whoever has the token reads them, and nobody else."""

from __future__ import annotations

import pytest

from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.integration.api.test_schedules import a_user, always, in_hours, web

pytestmark = pytest.mark.integration


async def export(api: RunningApi, url: str, status: int = 200) -> str:
    """Read an export without any other credentials."""
    reply = await api.ask("GET", url.removeprefix(PUBLIC), headers={"Authorization": None})
    assert reply.status == status, reply
    if status == 200:
        assert reply.headers["Content-Type"].startswith("text/calendar")
    return str(reply.body)


async def test_a_schedule_is_exported_at_an_address_that_is_shown_once_and_can_be_replaced(api: RunningApi):
    ann = await a_user(api, "ann")
    shift = await always(api, ann)
    made = await web(api, shifts=[shift["id"]])
    tokens = f"schedules/{made['id']}/export_token"
    assert (await api.ask("GET", tokens)).status == 404

    first = await api.post(tokens)

    assert len(first["token"]) == 32
    assert first["token"] not in str(await api.get(tokens))
    stored = await api.store.collection("schedule_exports").find({})
    assert first["token"] not in str(stored)
    text = await export(api, first["export_url"])
    assert "SUMMARY:ann" in text
    second = await api.post(tokens)
    await export(api, first["export_url"], 403)
    assert "STATUS:CONFIRMED" in await export(api, second["export_url"])
    # What is gone is told to subscribers as cancelled.
    await api.delete(f"on_call_shifts/{shift['id']}")
    gone = await export(api, second["export_url"])
    assert ("STATUS:CANCELLED" in gone, "STATUS:CONFIRMED" in gone) == (True, False)
    await api.delete(tokens)
    await export(api, second["export_url"], 403)


async def test_a_token_opens_only_what_it_was_made_for(api: RunningApi):
    ann = await a_user(api, "ann")
    one, other = await web(api), await web(api, name="Other")
    token = (await api.post(f"schedules/{one['id']}/export_token"))["token"]

    await export(api, f"/api/v1/schedules/{other['id']}/export?token={token}", 403)
    await export(api, f"/api/v1/users/{ann}/schedule_export?token={token}", 403)
    await export(api, f"/api/v1/schedules/{one['id']}/export?token={'0' * 32}", 403)
    await export(api, f"/api/v1/schedules/{one['id']}/export", 403)


async def test_people_have_an_address_of_their_own_shifts_and_make_it_themselves(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    made = await web(api, shifts=[(await always(api, ann))["id"]])
    start, end = in_hours(24), in_hours(48)
    await api.post(f"schedules/{made['id']}/overrides", users=[bob], start=start, end=end)
    admin, api.token = api.token, await api.new_token(user_id=bob)

    mine = await api.post("users/current/schedule_export_token")

    assert (await api.ask("POST", f"users/{ann}/schedule_export_token")).status == 403
    text = await export(api, mine["export_url"])
    assert text.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:On call: Primary" in text
    api.token = admin
    await api.delete(f"users/{bob}")
    await export(api, mine["export_url"], 403)
