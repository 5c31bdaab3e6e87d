"""Teams are changed where they are listed; the settings tell what is set up, and no secret."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared.domain.people import Role
from shared.store.configuration import ConfigurationStore
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi, an_api, drop
from tests.integration.console.browsing import Browser, by_token
from tests.support import servers as shared_servers

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
BOT_TOKEN = "xoxb-n0body-may-see-this"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    settings = {
        "slack_bot_token": BOT_TOKEN,
        "slack_api_url": "http://127.0.0.1:1/",
        "smtp_password": BOT_TOKEN,
    }
    async with an_api(mongo_url, tmp_path_factory.mktemp("settings"), **settings) as running:
        yield running
    await drop(mongo_url)


async def somebody(api: RunningApi, role: Role) -> Browser:
    return await by_token(api, await a_person(api, role=role))


async def test_a_team_gets_members_and_is_removed(api: RunningApi):
    admin, member, other = await somebody(api, "admin"), await a_person(api), await a_person(api)
    name = f"<i>{uuid.uuid4().hex}</i>"
    empty = await admin.post("/teams", {"name": " "})
    await admin.post("/teams", {"name": name, "member": member.id})
    same = await admin.post("/teams", {"name": name})
    config = await ConfigurationStore(api.store).load()
    (team,) = [one for one in config.teams if one.name == name]
    page = await admin.get("/teams")
    await admin.post(f"/teams/{team.id}", [("name", name), ("member", other.id)])
    after = await ConfigurationStore(api.store).load()

    assert (empty.status, "name: This field is required." in empty.text) == (400, True)
    assert (same.status, "name: Another team has this name." in same.text) == (400, True)
    assert name not in page.text
    assert f'<a href="/users/{member.id}">' in page.text
    assert [one.id for one in after.members_of(team.id)] == [other.id]
    assert (await admin.post(f"/teams/{team.id}/remove")).status == 303
    assert team.id not in (await ConfigurationStore(api.store).load()).team_by_id
    assert (await admin.post(f"/teams/{team.id}/remove")).status == 404


async def test_a_viewer_reads_teams_and_changes_none(api: RunningApi):
    viewer = await somebody(api, "viewer")
    page = await viewer.get("/teams")
    assert (page.status, 'method="post" action="/teams' in page.text) == (200, False)
    assert (await viewer.post("/teams", {"name": "x"})).status == 403


async def test_while_the_broker_is_away_a_test_says_so_on_the_page(api: RunningApi):
    user = await a_person(api, role="viewer", email="a@example.org")
    answer = await (await by_token(api, user)).post(f"/users/{user.id}/test", {"channel": "email"})
    assert answer.status == 503
    assert "Not available now: " in answer.text
    assert "Notification rules" in answer.text


async def test_chat_connections_tell_what_is_connected_which_routes_post_there_and_who_is_reached(
    api: RunningApi,
):
    made = await api.post("integrations/", type="webhook", name=f"<b>{uuid.uuid4().hex}")
    chats = {"slack": {"channel_id": "C42", "enabled": True}, "telegram": {"enabled": True}}
    await api.post("routes/", integration_id=made["id"], routing_regex="disk", **chats)
    reached = await a_person(api, slack_user_id="U77")
    page = await (await somebody(api, "viewer")).get("/chat-connections")
    slack, telegram = page.text.split(">Telegram</h2>")[0], page.text.split(">Telegram</h2>")[1]

    assert page.status == 200
    assert BOT_TOKEN not in page.text
    assert f"&lt;b&gt;{made['name'][3:]}, route 1: disk" in slack
    assert "to <strong>C42</strong>" in slack
    assert f'href="/users/{reached.id}">{reached.username}' in slack
    assert reached.username not in telegram
    assert "it names no channel, and there is no default one" in telegram
    assert "Not connected: " in telegram


async def test_settings_tell_which_channels_work_and_what_is_missing_but_no_secret(api: RunningApi):
    page = await (await somebody(api, "viewer")).get("/settings")
    assert page.status == 200
    assert BOT_TOKEN not in page.text
    assert "Slack</th>" in page.text
    assert "set up</span>" in page.text
    assert "another provider is chosen: twilio" in page.text
    assert "https://in.example.org" in page.text
