"""A broken integration is seen in lists; what was broken is gone from them once it is mended."""

from __future__ import annotations

from typing import Any

import pytest

from shared import clock
from shared.domain.model import Problem
from shared.domain.problems import text_digest
from shared.store.problems import Problems
from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration
BROKEN = "{{ 1 / 0 }}"


async def a_broken_integration(api: RunningApi) -> dict[str, Any]:
    """Return an integration whose grouping template failed for two alerts."""
    made: dict[str, Any] = await api.post(
        "integrations/", type="webhook", templates={"grouping_key": BROKEN, "source_link": "x"}
    )
    problem = Problem(
        integration_id=made["id"],
        where="grouping_key",
        message="Template Error: division by zero",
        line=1,
        alert_id="a1",
        digest=text_digest(BROKEN),
    )
    await Problems(api.store).add([problem, problem], clock.now())
    return made


async def test_a_problem_is_shown_with_its_integration(api: RunningApi):
    made = await a_broken_integration(api)
    fine = await api.post("integrations/", type="webhook")

    listed = {one["id"]: one["problems"] for one in (await api.get("integrations"))["results"]}
    assert (listed[made["id"]], listed[fine["id"]], fine["problems"]) == (1, 0, 0)
    assert (await api.get(f"integrations/{made['id']}"))["problems"] == 1
    (found,) = (await api.get(f"integrations/{made['id']}/problems"))["results"]
    shown = ("where", "message", "line", "count", "alert_id", "state", "integration_name", "cleared_at")
    assert [found[name] for name in shown] == [
        "grouping_key",
        "Template Error: division by zero",
        1,
        2,
        "a1",
        "open",
        made["name"],
        None,
    ]
    assert (await api.get("problems", integration_id=made["id"]))["results"] == [found]
    assert found in (await api.get("problems"))["results"]
    assert (await api.get("problems", integration_id=fine["id"]))["results"] == []


async def test_it_is_cleared_as_soon_as_the_template_is_changed(api: RunningApi):
    made = await a_broken_integration(api)
    path = f"integrations/{made['id']}"

    other = await api.put(path, templates={"source_link": "y"})
    assert other["problems"] == 1
    mended = await api.put(path, templates={"grouping_key": "{{ 1 }}"})

    assert mended["problems"] == 0
    assert (await api.get(f"{path}/problems"))["results"] == []
    for state in ("cleared", "all"):
        (over,) = (await api.get(f"{path}/problems", state=state))["results"]
        assert (over["state"], over["cleared_because"]) == ("cleared", "the template was changed")
    again = await api.put(path, templates={"grouping_key": BROKEN})
    assert again["problems"] == 1


async def test_an_integration_that_is_not_there_has_no_problems(api: RunningApi):
    made = await a_broken_integration(api)
    await api.refused("GET", "integrations/CNONE/problems", status=404)
    reply = await api.ask("GET", "problems", params={"state": "odd"})
    assert (reply.status, list(reply.body)) == (400, ["state"])

    await api.delete(f"integrations/{made['id']}")

    everything = (await api.get("problems", state="all", integration_id=made["id"]))["results"]
    assert [one["cleared_because"] for one in everything] == ["the integration was deleted"]
