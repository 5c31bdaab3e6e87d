"""`tocsin plan --since` tells in the shell which alerts of the last days would fare differently."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from shared import clock
from shared.domain.model import Alert
from shared.events import derived_id
from shared.store.alerts import Alerts
from tests.integration.api.api_running import RunningApi, an_api
from tests.support.command_line import Done, tocsin
from tests.support.rehearsing import DECLARATION

pytestmark = pytest.mark.integration
COUNT = 60


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api with the declaration applied, and alerts of a minute ago: every third one is of severity info."""
    async with an_api(mongo_url, tmp_path) as running:
        reply = await running.ask("POST", "config/apply", yaml.safe_load(DECLARATION))
        assert reply.status == 200, reply
        (shop,) = (await running.get("integrations/"))["results"]
        at = clock.now() - timedelta(minutes=1)
        alerts = [
            Alert(
                id=derived_id("plan", number),
                integration_id=shop["id"],
                received_at=at + timedelta(milliseconds=number),
                payload={
                    "host": f"h{number}",
                    "title": f"t{number}",
                    "severity": "high" if number % 3 else "info",
                },
            )
            for number in range(COUNT)
        ]
        await Alerts(running.store).insert_new(alerts, clock.now() + timedelta(days=1))
        yield running


async def plan(api: RunningApi, folder: Path, old: str, new: str, *arguments: str) -> Done:
    file = folder / "new.yaml"
    file.write_text(DECLARATION.replace(old, new))
    return await tocsin("plan", "-f", str(file), *arguments, url=api.url, token=api.token)


async def test_what_would_become_otherwise_stands_below_the_changes(api: RunningApi, tmp_path: Path):
    title = "{% if payload.severity == 'high' %}! {% endif %}{{ payload.title }}"

    shown = await plan(
        api, tmp_path, "web: {", f'sms: {{ title: "{title}" }}\n      web: {{', "--since", "1h"
    )

    assert shown.code == 2, shown
    assert "~ integrations Shop" in shown.out
    lines = shown.out.splitlines()
    texts = [one for one in lines if "text sms.title" in one]
    assert len(texts) == COUNT * 2 // 3
    assert texts[0].split()[-3:] == ["!", "t1", derived_id("plan", 1)]
    assert lines[-1].startswith(f"{COUNT * 2 // 3} of {COUNT} alerts since ")


async def test_scripts_read_the_changes_and_the_alerts_as_one_object(api: RunningApi, tmp_path: Path):
    told = await plan(api, tmp_path, "severity == 'info'", "severity == 'low'", "--since", "1h", "-o", "json")

    behaviour = told.json["behaviour"]
    routes = {one["alert_id"] for one in behaviour["changes"] if one["change"] == "route"}
    assert routes == {derived_id("plan", number) for number in range(0, COUNT, 3)}
    assert behaviour["summary"]["affected"] == COUNT // 3
    assert told.json["changes"] != []


async def test_a_length_of_time_that_is_none_is_refused(api: RunningApi, tmp_path: Path):
    refused = await plan(api, tmp_path, "Shop", "Shop", "--since", "monday")
    too_long = await plan(api, tmp_path, "Shop", "Shop", "--since", "40d")

    assert (refused.code, too_long.code) == (1, 1)
    assert "monday is not a time span" in refused.err
    assert "since" in too_long.err
