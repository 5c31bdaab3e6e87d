"""`tocsin schedules` says who is on call and why, to people and to scripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.command.main import app_for
from tests.integration.api.api_running import RunningApi, an_api
from tests.integration.api.test_schedules import a_user, always, in_hours, web

pytestmark = pytest.mark.integration


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api with an empty configuration and no broker."""
    async with an_api(mongo_url, tmp_path) as running:
        yield running


async def schedules(api: RunningApi, *arguments: str) -> Result:
    """Run the command line in a thread of this process."""
    environment = {"TOCSIN_API_TOKEN": api.token, "TOCSIN_API_URL": api.url}
    whole = ("schedules", *arguments)
    return await asyncio.to_thread(CliRunner().invoke, app_for(whole), whole, env=environment)


async def test_who_is_on_call_is_told_with_the_reason_now_and_at_any_instant(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    made = await web(api, shifts=[(await always(api, ann))["id"]])
    await api.post(f"schedules/{made['id']}/overrides", users=[bob], start=in_hours(24), end=in_hours(48))

    now = await schedules(api, "on-call", "Primary")
    then = await schedules(api, "on-call", made["id"], "--at", in_hours(30), "-o", "json")

    assert (now.exit_code, then.exit_code) == (0, 0), now.output + then.output
    assert "ann" in now.output
    assert "Always, level 0" in now.output
    # The api of this process logs between the lines of the command.
    found, _ = json.JSONDecoder().raw_decode(then.output, then.output.index("{\n"))
    assert [(one["username"], one["by"]) for one in found["on_call"]] == [("bob", "override")]
    unknown = await schedules(api, "on-call", "Nothing")
    assert (unknown.exit_code, "no schedule" in unknown.output) == (1, True)


async def test_schedules_are_listed_and_shown_with_what_is_wrong(api: RunningApi):
    ann = await a_user(api, "ann")
    await web(api, shifts=[(await always(api, ann))["id"]])
    empty = await web(api, name="Empty")

    listed = await schedules(api, "list")
    shown = await schedules(api, "show", "Empty")
    ids = await schedules(api, "list", "-q")

    assert (listed.exit_code, shown.exit_code) == (0, 0), listed.output + shown.output
    assert "Primary" in listed.output
    assert "(nobody)" in listed.output
    assert "0 of 100" in shown.output
    assert empty["id"] in ids.output.split()
