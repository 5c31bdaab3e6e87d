"""What there is before a client comes: people, a team, and objects for others to refer to."""

from __future__ import annotations

from typing import Any

from shared import clock
from shared.domain.model import SYSTEM
from shared.domain.people import SlackChannel, UserGroup
from shared.store.configuration import ConfigurationStore
from tests.integration.api.api_running import RunningApi

World = dict[str, str]


async def a_world(api: RunningApi) -> World:
    """Make it; return ids by the word that names them."""
    alice = await api.post("users/", username="alice", email="Alice@Example.org", role="admin")
    bob = await api.post("users/", username="bob", email="bob@example.org", role="editor")
    team = await api.post("teams/", name="Databases", members=[alice["id"]])
    chain, other = [await api.post("escalation_chains/", name=name) for name in ("ops", "quiet")]
    integration = await api.post("integrations/", type="webhook", name="prod")
    webhook = await api.post("webhooks/", name="ticket", url="https://tickets.example.org/")
    shift = await api.post(
        "on_call_shifts/",
        name="days",
        type="recurrent_event",
        start="2026-01-05T09:00:00",
        duration=3600,
        frequency="daily",
        users=[bob["id"]],
    )
    schedule = await api.post("schedules/", name="primary", type="calendar", shifts=[shift["id"]])

    def of_slack(draft: Any) -> None:
        draft.put(UserGroup(id="S012", name="Databases", handle="dba"))
        draft.put(SlackChannel(id="C012", name="alerts"))

    await ConfigurationStore(api.store).change(of_slack, SYSTEM, clock.now())
    rows = {"alice": alice, "bob": bob, "team": team, "chain": chain, "other_chain": other, "shift": shift}
    rows |= {"integration": integration, "webhook": webhook, "schedule": schedule}
    return {**{word: one["id"] for word, one in rows.items()}, "group": "S012", "channel": "C012"}
