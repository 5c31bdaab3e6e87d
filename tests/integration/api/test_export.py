"""The export over the api: everything by name, no secret in it, and whose what is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.api_running import Reply, RunningApi
from tests.integration.api.test_apply import applied, apply
from tests.integration.api.test_apply_everything import DECLARATION

pytestmark = pytest.mark.integration

OUTSIDE = {"name": "Outside", "type": "ical", "ical_url_primary": "https://calendar.example.org/secret-one"}
SENDERS = {
    "name": "Senders",
    "type": "webhook",
    "token": "knownknownknownknown1",
    "authentication": {"basic": {"username": "u", "password": "senders-password"}},
}
# Names of the group in Slack, which an empty installation does not know.
CHAIN = {"name": "everything", "steps": [{"type": "wait", "duration": 600}, "repeat_escalation"]}
WHOLE: dict[str, Any] = {
    **DECLARATION,
    "chains": [CHAIN],
    "schedules": [*DECLARATION["schedules"], OUTSIDE],
    "integrations": [SENDERS, *DECLARATION["integrations"]],
}
SECRETS = ("secret-one", "knownknown", "senders-password", "uQiRzpo4", "hooks.example.org/page", "MfKQ9r8G")


async def exported(api: RunningApi, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get("config/export", **query))["declaration"]
    return found


async def planned(api: RunningApi, declaration: Any, **query: str) -> Any:
    reply = await apply(api, declaration, dry_run="true", **query)
    assert reply.status == 200, reply
    return reply.body


def kept(declaration: dict[str, Any]) -> dict[str, Any]:
    """Return an export as the command line sends it where no secret is given."""
    from shared.domain.secret_references import resolved

    data, _ = resolved(declaration, lambda _: None)
    return dict(data)


async def test_no_secret_is_exported_and_what_is_exported_changes_nothing(api: RunningApi):
    await applied(api, WHOLE)

    found = await exported(api)

    assert not any(one in str(found) for one in SECRETS), found
    assert found["integrations"][0]["token"] == "${env:INTEGRATION_SENDERS_TOKEN}"
    assert found["chains"] == [CHAIN]
    assert (await planned(api, kept(found)))["changes"] == []


async def test_a_reference_that_is_not_resolved_is_refused_with_its_place(api: RunningApi):
    await applied(api, WHOLE)

    reply = await apply(api, await exported(api))

    assert reply.status == 400
    assert ["integrations", 0, "token"] in [one["path"] for one in reply.body["errors"]]
    assert "the command line does that" in str(reply.body)


async def test_a_secret_that_is_to_be_kept_and_is_not_stored_is_a_mistake(api: RunningApi):
    mask = "*" * 16
    declared = {
        "users": [{"username": "a", "contact_points": [{"kind": "webhook", "address": mask}]}],
        "webhooks": [{"name": "hook", "url": "https://x.example", "password": mask, "signing_secret": mask}],
        "schedules": [{"name": "s", "type": "ical", "ical_url_primary": mask}],
        "integrations": [{"name": "i", "type": "webhook", "token": mask}],
        "event_subscriptions": [{"name": "bot", "url": "https://x.example", "signing_secret": mask}],
    }

    reply = await apply(api, declared)

    assert reply.status == 400
    assert [".".join(map(str, one["path"])) for one in reply.body["errors"]] == [
        "users.0.contact_points.0.address",
        "webhooks.0.password",
        "webhooks.0.signing_secret",
        "schedules.0.ical_url_primary",
        "integrations.0.token",
        "event_subscriptions.0.signing_secret",
    ]


async def test_only_admins_export(api: RunningApi):
    user = await api.post("users/", username="eve", role="editor")
    token = await api.new_token(user_id=user["id"])

    reply = await api.ask("GET", "config/export", headers={"Authorization": token})

    assert reply.status == 403


async def refusal(reply: Reply) -> str:
    assert reply.status == 400, reply
    return str(reply.body["errors"][0]["message"])


async def test_what_belongs_to_another_set_is_changed_only_by_whoever_adopts_it(api: RunningApi):
    mine = {"set": "payments", "chains": [{"name": "ops", "steps": []}]}
    await applied(api, mine)
    theirs = {"set": "platform", "chains": [{"name": "ops", "steps": ["repeat_escalation"]}]}

    assert "belongs to the set payments" in await refusal(await apply(api, theirs))
    adopted = await apply(api, theirs, adopt="true")

    assert adopted.body["adopted"] == ["ops"]
    assert "belongs to the set platform" in await refusal(await apply(api, mine))
    assert await exported(api, set="platform") == theirs
    assert await exported(api, set="payments") == {"set": "payments"}
    # In the whole export each object says whose it is, so it is applied by anybody without a change.
    whole = await exported(api)
    assert whole == {"chains": [{"name": "ops", "steps": ["repeat_escalation"], "set": "platform"}]}
    assert (await planned(api, whole))["changes"] == []


async def test_answers_about_an_owned_object_name_its_set(api: RunningApi):
    await applied(api, {"set": "payments", "chains": [{"name": "ops"}]})
    by_hand = await api.post("escalation_chains/", name="by hand")
    owned = (await api.get("escalation_chains", name="ops"))["results"][0]["id"]

    changed = await api.ask("PUT", f"escalation_chains/{owned}", {"name": "ops"})
    read = await api.ask("GET", f"escalation_chains/{by_hand['id']}")

    assert (changed.status, changed.headers.get("Tocsin-Set")) == (200, "payments")
    assert (read.status, "Tocsin-Set" in read.headers) == (200, False)


async def test_what_was_made_by_hand_is_owned_from_its_adoption_on(api: RunningApi):
    await api.post("escalation_chains/", name="by hand")
    declared = {"chains": [{"name": "by hand", "steps": []}]}
    assert await applied(api, declared) == []
    assert await applied(api, {}) == []

    adopted = (await apply(api, declared, adopt="true")).body

    assert (adopted["changes"], adopted["adopted"]) == ([], ["by hand"])
    assert await applied(api, {}) == [("delete", "by hand")]


async def test_a_plan_says_who_left_the_object_as_it_is(api: RunningApi):
    await applied(api, {"chains": [{"name": "ops", "steps": [{"type": "wait", "duration": 60}]}]})
    bob = await api.post("users/", username="bob", role="admin")
    chain = (await api.get("escalation_chains", name="ops"))["results"][0]
    (step,) = (await api.get("escalation_policies", escalation_chain_id=chain["id"]))["results"]
    token = await api.new_token(user_id=bob["id"])
    path = f"escalation_policies/{step['id']}"
    await api.ask("PUT", path, {"duration": 600}, headers={"Authorization": token})

    (change,) = (
        await planned(api, {"chains": [{"name": "ops", "steps": [{"type": "wait", "duration": 60}]}]})
    )["changes"]

    assert (change["change"], change["last_changed"]["by"]) == ("update", "bob")
    assert change["fields"]["parameters"] == {"from": {"duration": 600}, "to": {"duration": 60}}


async def test_objects_of_teams_are_declared_with_their_team_and_told_apart_by_it(api: RunningApi):
    declared: dict[str, Any] = {
        "teams": [{"name": "db", "members": []}, {"name": "web", "members": []}],
        "chains": [
            {"name": "ops", "team": "db", "steps": []},
            {"name": "ops", "team": "web", "steps": []},
            {"name": "alone", "team": "web", "steps": []},
        ],
        "integrations": [
            {
                "name": "i",
                "type": "webhook",
                "team": "db",
                "routes": [{"regex": "x", "chain": "alone"}],
                "default_route": {"chain": {"name": "ops", "team": "web"}},
            }
        ],
    }

    await applied(api, declared)

    assert await applied(api, declared) == []
    chains = {
        (one["name"], one["team_id"]): one["id"] for one in (await api.get("escalation_chains"))["results"]
    }
    teams = {one["name"]: one["id"] for one in (await api.get("teams"))["results"]}
    (made,) = (await api.get("integrations"))["results"]
    assert made["default_route"]["escalation_chain_id"] == chains["ops", teams["web"]]
    found = await exported(api)
    assert found["integrations"][0]["default_route"] == {"chain": {"name": "ops", "team": "web"}}
    assert found["integrations"][0]["routes"][0]["chain"] == "alone"
    declared["integrations"][0]["default_route"] = {"chain": "ops"}
    assert "several are named so" in await refusal(await apply(api, declared))
    # One that goes to another team is the same object there.
    moved = {**declared["integrations"][0], "team": "web", "default_route": {"chain": "alone"}}
    assert await applied(api, {**declared, "integrations": [moved]}) == [
        ("update", "i"),
        ("update", "i / default route"),
    ]
    assert (await api.get("integrations"))["results"][0]["id"] == made["id"]


async def test_shared_shifts_are_declared_once_and_referred_to(api: RunningApi):
    nights = {"name": "Nights", "type": "single_event", "start": "2026-03-02T22:00:00", "duration": 28_800}
    declared = {
        "shifts": [nights],
        "schedules": [
            {"name": name, "type": "calendar", "shifts": [], "shared_shifts": ["Nights"]}
            for name in ("a", "b")
        ],
    }

    await applied(api, declared)

    assert await applied(api, declared) == []
    assert await exported(api) == declared
    (shift,) = (await api.get("on_call_shifts"))["results"]
    assert [one["shifts"] for one in (await api.get("schedules"))["results"]] == [[shift["id"]]] * 2
