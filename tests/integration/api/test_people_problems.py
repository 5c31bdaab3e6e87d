"""A person who could not be reached is shown as a problem, and no longer once that is mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.api.api_running import RunningApi, an_api

pytestmark = pytest.mark.integration


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with an_api(mongo_url, tmp_path, smtp_host="127.0.0.1", smtp_from="tocsin@example.org") as running:
        yield running


async def problems(api: RunningApi, **query: str) -> list[tuple[str, str]]:
    return [(one["severity"], one["where"]) for one in (await api.get("problems", **query))["results"]]


async def test_a_problem_of_a_person_comes_and_goes_with_the_configuration(api: RunningApi):
    alice = await api.post("users/", username="alice")
    chain = await api.post("escalation_chains/", name="ops")
    people = {"persons_to_notify": [alice["id"]]}
    assert await problems(api) == []
    step = await api.post(
        "escalation_policies/", escalation_chain_id=chain["id"], type="notify_persons", **people
    )
    assert await problems(api) == [("error", "user alice")]

    await api.put(f"users/{alice['id']}", email="alice@example.org")
    assert await problems(api) == [("warning", "user alice")]
    await api.post("personal_notification_rules/", user_id=alice["id"], type="notify_by_email")
    assert await problems(api) == []

    unset = await api.post("personal_notification_rules/", user_id=alice["id"], type="notify_by_msteams")
    assert await problems(api) == [("warning", "user alice")]
    assert await problems(api, state="cleared") == []
    await api.delete(f"personal_notification_rules/{unset['id']}")
    await api.delete(f"users/{alice['id']}")
    assert await problems(api) == [("error", "escalation chain ops, step 1")]
    await api.delete(f"escalation_policies/{step['id']}")
    assert await problems(api) == []
