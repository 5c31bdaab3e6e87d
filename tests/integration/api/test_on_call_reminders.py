"""People choose how they are told before they go on call."""

from __future__ import annotations

import pytest

from tests.integration.api.api_running import RunningApi
from tests.integration.api.test_schedules import a_user
from tests.integration.api.test_shapes import check

pytestmark = pytest.mark.integration


async def test_a_person_chooses_when_and_how_to_be_reminded_and_nobody_else_does(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    api.token = await api.new_token(user_id=bob)
    await api.refused("PUT", f"users/{bob}/on_call_reminders", {"before": [900]}, 200)

    url = "users/current/on_call_reminders"
    chosen = await api.put(url, before=[3600, 900, 900])

    assert chosen == {"before": [900, 3600], "channel": "email"}
    assert await api.get(url) == chosen
    check(chosen, "/api/v1/users/{id}/on_call_reminders")
    assert (await api.ask("PUT", f"users/{ann}/on_call_reminders", {})).status == 403
    assert list(await api.refused("PUT", url, {"before": [1]})) == ["before"]
    assert list(await api.refused("PUT", url, {"before": [900], "channel": "pigeon"})) == ["channel"]
    assert list(await api.refused("PUT", url, {"before": [900], "channel": "sms"})) == ["channel"]
