"""Direct paging over the api, with the real router and grouper behind the real broker."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from services.grouper.service import service as grouper
from services.router.service import service as router
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi, a_service, an_api, drop
from tests.integration.console.browsing import by_token
from tests.support import servers as shared_servers
from tests.support import vhosts

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    """One api, router and grouper for the module."""
    folder = tmp_path_factory.mktemp("paging")
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    with vhosts.fresh_vhost(servers) as amqp_url:
        both = {"mongo_url": mongo_url, "amqp_url": amqp_url}
        async with (
            a_service(router, folder, **both),
            a_service(grouper, folder, **both),
            an_api(**both, data_dir=folder) as running,
        ):
            await running.connected()
            yield running
        await drop(mongo_url)


async def escalate(api: RunningApi, key: str = "", **body: Any) -> dict[str, Any]:
    """Page directly and return the group."""
    headers = {"Idempotency-Key": key} if key else {}
    reply = await api.ask("POST", "escalation/", body, headers=headers)
    assert reply.status == 200, reply
    return dict(reply.body)


async def a_user(api: RunningApi) -> dict[str, Any]:
    """Make a user."""
    return dict(await api.post("users/", username=uuid.uuid4().hex, role="editor"))


async def test_users_are_paged_for_a_group_of_their_own_once_per_request(api: RunningApi):
    user = await a_user(api)
    users = [{"id": user["id"], "important": True}]

    group = await escalate(api, "k1", title="Look at this", message="now", users=users)
    again = await escalate(api, "k1", title="Look at this", message="now", users=users)
    other = await escalate(api, users=users)

    assert (group["title"], group["state"], again["id"]) == ("Look at this", "firing", group["id"])
    assert [(one["user_id"], one["important"], one["state"]) for one in group["responders"]] == [
        (user["id"], True, "active")
    ]
    assert group["last_alert"]["payload"]["oncall"]["message"] == "now"
    assert other["id"] != group["id"]
    assert user["username"] in other["title"]
    assert other["integration_id"] == group["integration_id"]


async def test_a_team_without_a_chain_is_paged_by_its_members_and_with_one_by_the_chain(api: RunningApi):
    first, second = await a_user(api), await a_user(api)
    team = await api.post("teams/", name=uuid.uuid4().hex, members=[first["id"], second["id"]])

    without = await escalate(api, team=team["id"], title="x")
    chain = await api.post("escalation_chains/", name=uuid.uuid4().hex, team_id=team["id"])
    await api.put(
        f"integrations/{without['integration_id']}", default_route={"escalation_chain_id": chain["id"]}
    )
    with_chain = await escalate(api, team=team["id"], title="y")

    assert {one["user_id"] for one in without["responders"]} == {first["id"], second["id"]}
    assert (with_chain["responders"], with_chain["team_id"]) == ([], team["id"])
    assert with_chain["integration_id"] == without["integration_id"]


async def test_users_are_paged_for_a_group_that_there_is(api: RunningApi):
    first, second = await a_user(api), await a_user(api)
    group = await escalate(api, users=[{"id": first["id"]}], title="x")

    paged = await escalate(api, users=[{"id": second["id"]}], alert_group_id=group["id"])

    assert paged["id"] == group["id"]
    assert [one["user_id"] for one in paged["responders"]] == [first["id"], second["id"]]


async def test_what_does_not_belong_together_is_refused(api: RunningApi):
    user = await a_user(api)
    users = [{"id": user["id"]}]
    team = await api.post("teams/", name=uuid.uuid4().hex)
    for body, field in (
        ({}, "users"),
        ({"users": users, "team": "T1"}, "users"),
        ({"users": [{"id": "UNONE"}]}, "users"),
        ({"team": "TNONE"}, "team"),
        ({"team": team["id"]}, "team"),
        ({"users": users, "alert_group_id": "I1", "title": "x"}, "alert_group_id"),
    ):
        assert list(await api.refused("POST", "escalation", body)) == [field], body
    await api.refused("POST", "escalation", {"users": users, "alert_group_id": "INONE"}, status=404)


async def test_the_console_pages_people_once_however_often_the_form_is_sent(api: RunningApi):
    user, browser = await a_user(api), await by_token(api, await a_person(api, role="editor"))
    page = await browser.get("/alert-groups/new")
    once = re.search(r'name="once" value="(\w+)"', page.text)
    assert once is not None
    form = {
        "once": once[1],
        "title": "The shop is <b>closed</b>",
        "message": "since noon",
        "source_url": "https://chat.example.org/1",
        "users": [user["username"], ""],
        "important": "1",
    }

    first, again = [await browser.post("/alert-groups/new", form) for _ in range(2)]
    group = await api.get(f"alert_groups/{first.location.rpartition('/')[2]}")

    assert (first.status, again.location) == (303, first.location)
    assert (group["title"], group["alerts_count"]) == ("The shop is <b>closed</b>", 1)
    assert [(one["user_id"], one["important"]) for one in group["responders"]] == [(user["id"], True)]
    assert group["last_alert"]["payload"]["oncall"]["permalink"] == "https://chat.example.org/1"
    assert "The shop is &lt;b&gt;closed" in (await browser.get(first.location)).text


async def test_a_form_that_pages_nobody_is_shown_again_with_what_was_typed_and_stays_the_same_request(
    api: RunningApi,
):
    user, browser = await a_user(api), await by_token(api, await a_person(api, role="editor"))
    form = {"once": "a" * 32, "title": "The shop is closed", "message": "since noon"}

    for more, reason in (
        ({}, "Name either users or a team."),
        ({"users": ["nobody at all"]}, "There is nobody with the username nobody at all."),
        ({"title": " ", "users": ["x"]}, "is nobody with"),
        ({"once": "short", "users": [user["username"]]}, "This form was not complete"),
        ({"team": "TNONE"}, "There is no team"),
    ):
        refused = await browser.post("/alert-groups/new", {**form, **more})
        assert (refused.status, reason in html.unescape(refused.text)) == (400, True), (more, refused.text)
        assert "since noon" in refused.text
        assert (f'value="{form["once"]}"' in refused.text) == ("once" not in more)
