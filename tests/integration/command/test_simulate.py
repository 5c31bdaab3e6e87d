"""`tocsin simulate` tells people and scripts who would be notified, when and why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.command.main import app_for
from tests.integration.api.api_running import RunningApi, an_api

pytestmark = pytest.mark.integration
AT = "2027-03-28T01:30+01:00"


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api whose chain `ops` mails Alice when an alert is severe."""
    async with an_api(mongo_url, tmp_path) as running:
        alice = await running.post("users/", username="alice", email="alice@example.org")
        chain = await running.post("escalation_chains/", name="ops")
        await running.post(
            "escalation_policies/",
            escalation_chain_id=chain["id"],
            type="notify_persons",
            persons_to_notify=[alice["id"]],
            condition='{{ payload.level == "high" }}',
        )
        yield running


async def simulate(api: RunningApi, *arguments: str) -> Result:
    """Run the command line in a thread of this process."""
    environment = {"TOCSIN_API_TOKEN": api.token, "TOCSIN_API_URL": api.url}
    whole = ("simulate", *arguments)
    return await asyncio.to_thread(CliRunner().invoke, app_for(whole), whole, env=environment)


async def test_who_would_be_paged_is_told_for_an_alert_at_a_time(api: RunningApi, tmp_path: Path):
    severe = tmp_path / "severe.json"
    severe.write_text('{"level": "high"}')

    shown = await simulate(api, "--chain", "ops", "--at", AT, "--payload", str(severe))
    told = await simulate(api, "--chain", "ops", "--at", AT, "-o", "json")

    assert (shown.exit_code, told.exit_code) == (0, 0), shown.output + told.output
    assert "2027-03-28T00:30:00" in shown.output
    assert "alice" in shown.output
    assert "nobody acknowledges" in shown.output
    # The api of this process logs between the lines of the command.
    found, _ = json.JSONDecoder().raw_decode(told.output, told.output.index("{\n"))
    assert [one for one in found["results"] if one["what"] == "page"] == []


async def test_what_cannot_be_simulated_is_refused_with_the_fix(api: RunningApi):
    neither = await simulate(api, "--at", AT)
    vague = await simulate(api, "--chain", "ops", "--at", "2027-03-28T01:30")
    unknown = await simulate(api, "--chain", "nobody's")

    assert [one.exit_code for one in (neither, vague, unknown)] == [1, 1, 1]
    assert "either --chain or --integration" in neither.output
    assert "has no offset" in vague.output
    assert "nobody's" in unknown.output
