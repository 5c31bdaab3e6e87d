"""Links that act without signing in: a GET only asks, a POST does it once, and a ticket cannot be made up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared import clock
from shared.domain.tickets import PURPOSE, tickets_for
from tests.integration.api.acting_running import a_firing_group, a_person, acting_api, message_of, now
from tests.integration.api.api_running import RunningApi

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with acting_api(servers, tmp_path_factory.mktemp("links")) as running:
        yield running


async def test_opening_a_link_asks_and_changes_nothing(api: RunningApi):
    group, user = await a_firing_group(api), await a_person(api)
    link = "/act/" + message_of(api, group, user).tickets["acknowledge"]

    for _ in range(3):
        page = await api.ask("GET", link, headers={"Authorization": None})

    assert (page.status, '<form method="post">' in page.body) == (200, True)
    assert "DiskFull &lt;b&gt;" in page.body
    assert (await now(api, group)).version == group.version


@pytest.mark.parametrize(
    ("action", "state"),
    [("acknowledge", "acknowledged"), ("resolve", "resolved"), ("silence", "silenced")],
)
async def test_answering_it_acts_for_its_person_once(api: RunningApi, action: str, state: str):
    group, user = await a_firing_group(api), await a_person(api)
    link = "/act/" + message_of(api, group, user).tickets[action]

    first = await api.ask("POST", link, headers={"Authorization": None})
    version = (await now(api, group)).version
    again = await api.ask("POST", link, headers={"Authorization": None})

    after = await now(api, group)
    by = after.acknowledged_by or after.resolved_by or after.silenced_by
    assert (first.status, again.status, after.state.value, after.version) == (200, 200, state, version)
    assert first.body == again.body
    assert state.capitalize() in first.body
    assert by is not None
    assert by.id == user.id


async def test_what_is_not_our_ticket_or_too_old_or_for_keypads_does_nothing(api: RunningApi):
    group, user = await a_firing_group(api), await a_person(api)
    tickets = message_of(api, group, user).tickets
    body, _, signature = tickets["acknowledge"].partition(".")
    other_body = tickets["resolve"].partition(".")[0]
    secrets = api.running.io.secrets
    long_ago = clock.now() - timedelta(days=8)
    old = tickets_for(group, user.id, lambda text: secrets.sign(PURPOSE, text), long_ago)
    elsewhere = tickets_for(group, user.id, lambda text: secrets.sign("other", text), clock.now())
    wrong = [
        f"{body}.",
        f"{body}.{signature[::-1]}",
        f"{other_body}.{signature}",
        "x" * 3000,
        old["acknowledge"],
        elsewhere["acknowledge"],
        tickets["any"],
    ]
    for ticket in wrong:
        for method in ("GET", "POST"):
            assert (await api.ask(method, f"/act/{ticket}")).status == 403, ticket

    assert (await now(api, group)).version == group.version
