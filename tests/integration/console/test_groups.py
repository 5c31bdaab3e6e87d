"""The list and the page of alert groups: filters in the URL, actions with and without scripts, nothing unescaped."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from shared.domain.model import State
from tests.integration.api.acting_running import a_firing_group, a_person, an_integration, now
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, signed_in, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


async def an_editor(api: RunningApi, role: str = "editor") -> Browser:
    return await signed_in(api, await with_password(api, await a_person(api, role=role)))


async def test_the_list_shows_open_groups_and_its_cards_filter(api: RunningApi):
    group, browser = await a_firing_group(api), await an_editor(api)
    shown = await browser.get("/alert-groups")
    resolved = await browser.get("/alert-groups?state=resolved")
    found = await browser.get(f"/alert-groups?q=%23{group.number}")
    words = await browser.get("/alert-groups?q=diskfull+<b>")
    nothing = await browser.get("/alert-groups?q=nothing-like-it")

    assert f'id="row-{group.id}"' in shown.text
    assert "DiskFull &lt;b&gt;" in shown.text
    assert "DiskFull <b>" not in shown.text
    assert f'id="row-{group.id}"' not in resolved.text
    assert f'id="row-{group.id}"' in found.text
    assert f'id="row-{group.id}"' in words.text
    assert "row-I" not in nothing.text
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", ["state=bogus", "label=x", "started_at=now", "page=0"])
async def test_a_filter_that_cannot_be_read_is_named(api: RunningApi, query: str):
    answer = await (await an_editor(api)).get(f"/alert-groups?{query}")
    assert answer.status == 400
    assert f"{query.partition('=')[0]}: " in answer.text


async def test_a_form_acts_without_scripts_and_goes_back_to_its_page(api: RunningApi):
    group, browser = await a_firing_group(api), await an_editor(api)
    page = f"{api.url}/alert-groups/{group.id}"
    done = await browser.post("/alert-groups/actions/acknowledge", {"id": group.id}, Referer=page)

    assert (done.status, done.location) == (303, f"/alert-groups/{group.id}")
    after = await now(api, group)
    assert after.state is State.ACKNOWLEDGED
    assert after.acknowledged_by is not None
    assert after.acknowledged_by.name in (await browser.get(f"/alert-groups/{group.id}")).text
    refused = await browser.post("/alert-groups/actions/acknowledge", {"id": group.id})
    assert refused.status == 400
    assert "Not done" in refused.text


async def test_many_are_acted_on_at_once_and_each_says_what_became_of_it(api: RunningApi):
    groups = [await a_firing_group(api, await an_integration(api)) for _ in range(3)]
    browser = await an_editor(api)
    await browser.post("/alert-groups/actions/resolve", {"id": groups[0].id})
    fields = [("id", one.id) for one in groups] + [("id", "IUNKNOWN"), ("delay", "1800"), ("place", "row")]
    answer = await browser.post("/alert-groups/actions/silence", fields, HX_Request="true")

    assert answer.status == 200
    assert "Silenced (2)" in answer.text
    assert answer.text.count('<li id="row-') == 2
    assert f'href="/alert-groups?integration_id={groups[1].integration_id}' in answer.text
    assert f"#{groups[0].number}" in answer.text
    assert "1 of them do not exist" in answer.text
    assert 'action="/alert-groups/actions/unsilence"' in answer.text
    assert [(await now(api, one)).state for one in groups] == [State.RESOLVED, State.SILENCED, State.SILENCED]


async def test_a_viewer_reads_and_is_offered_no_action(api: RunningApi):
    group, browser = await a_firing_group(api), await an_editor(api, "viewer")
    page = await browser.get(f"/alert-groups/{group.id}")
    assert page.status == 200
    assert "/alert-groups/actions/" not in page.text
    refused = await browser.post("/alert-groups/actions/acknowledge", {"id": group.id})
    assert refused.status == 403
    assert (await now(api, group)).state is State.FIRING


async def test_the_page_tells_the_story_shows_the_payload_and_takes_notes(api: RunningApi):
    group, browser = await a_firing_group(api), await an_editor(api)
    empty = await browser.post(f"/alert-groups/{group.id}/notes", {"text": "  "})
    noted = await browser.post(f"/alert-groups/{group.id}/notes", {"text": "swapped <i>disk</i>"})
    page = await browser.get(f"/alert-groups/{group.id}")

    assert (empty.status, noted.status) == (400, 303)
    assert "swapped &lt;i&gt;disk&lt;/i&gt;" in page.text
    assert group.last_alert_id in page.text


async def test_somebody_is_paged_and_taken_off_again(api: RunningApi):
    group, browser, helper = await a_firing_group(api), await an_editor(api), await a_person(api)
    await browser.post(f"/alert-groups/{group.id}/page", {"whom": f"user {helper.id}", "important": "1"})
    (responder,) = (await now(api, group)).responders
    assert (responder.user_id, responder.important, responder.is_active) == (helper.id, True, True)
    await browser.post(f"/alert-groups/{group.id}/unpage", {"user": helper.id})
    (responder,) = (await now(api, group)).responders
    assert not responder.is_active
    nobody = await browser.post(f"/alert-groups/{group.id}/page", {"whom": "user UNOBODY"})
    assert nobody.status == 400


async def test_a_group_is_attached_by_number_or_address_acts_through_its_root_and_stands_for_itself_again(
    api: RunningApi,
):
    root, group, browser = await a_firing_group(api), await a_firing_group(api), await an_editor(api)
    path = f"/alert-groups/{group.id}"
    for named in (f"#{root.number}", f" {api.url}/alert-groups/{root.id}/ "):
        done = await browser.post(f"{path}/attach", {"root": named})
        attached, at_root = await browser.get(path), await browser.get(f"/alert-groups/{root.id}")

        assert (done.status, done.location, (await now(api, group)).root_id) == (303, path, root.id)
        assert f'href="/alert-groups/{root.id}"' in attached.text
        assert "/actions/acknowledge" not in attached.text
        assert f'action="{path}/unattach"' in at_root.text

        assert (await browser.post(f"{path}/unattach", {})).status == 303
        assert (await now(api, group)).root_id is None


async def test_what_cannot_be_attached_says_why(api: RunningApi):
    group, browser = await a_firing_group(api), await an_editor(api)
    path = f"/alert-groups/{group.id}"
    answers = {
        named: await browser.post(f"{path}/attach", {"root": named})
        for named in (" ", "#999999999", "INONE", group.id)
    }

    assert {named: one.status for named, one in answers.items()} == {
        " ": 400,
        "#999999999": 400,
        "INONE": 404,
        group.id: 400,
    }
    assert "There is no alert group #999999999" in answers["#999999999"].text
    assert (await browser.post(f"{path}/unattach", {})).status == 400


async def test_a_page_that_is_looked_at_hears_of_a_change(api: RunningApi):
    group, browser = await a_firing_group(api), await an_editor(api)
    headers = {"Cookie": browser.cookie}
    async with asyncio.timeout(20), api.client.get(f"{api.url}/live/groups", headers=headers) as feed:
        assert feed.content_type == "text/event-stream"
        await feed.content.readuntil(b": here\n\n")
        await browser.post("/alert-groups/actions/acknowledge", {"id": group.id})
        told = await feed.content.readuntil(b"event: groups\n")
        line = await feed.content.readuntil(b"\n\n")
    assert told.endswith(b"event: groups\n")
    assert group.id in orjson.loads(line.removeprefix(b"data: "))["ids"]


async def test_what_does_not_exist_is_said_in_words_and_files_are_kept_to_their_folder(api: RunningApi):
    browser = await an_editor(api)
    for path in ("/alert-groups/INOTHING", "/alerts/nothing/trace"):
        answer = await browser.get(path)
        assert (answer.status, "text/html" in answer.headers["Content-Type"]) == (404, True)
    page = (await browser.get("/alert-groups")).text
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    found = await browser.get(sheet)
    assert (found.status, "immutable" in found.headers["Cache-Control"]) == (200, True)
    for path in ("/assets/..%2f..%2fservice.py", "/assets/console.css", "/assets/%2e%2e/visits.py"):
        assert (await browser.get(path)).status == 404
