"""Dead letters on the pipeline's page: repaired and sent back to their stage, or discarded with a reason."""

from __future__ import annotations

import asyncio
import re
import uuid

import orjson
import pytest
from markupsafe import escape

from shared import clock
from shared.bus import dead_letters, wire
from shared.bus.publisher import make_message
from tests.integration.api.acting_running import a_person, groups
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, signed_in, with_password
from tests.support.build import an_alert, routed

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


async def a_dead_letter(api: RunningApi) -> tuple[str, str, str]:
    """Have the grouper give up an event whose alert is missing; return its id, its integration, what it should be."""
    name = uuid.uuid4().hex
    alert = an_alert(name, at=clock.now()).model_copy(update={"integration_id": f"C{name}"})
    event = routed(alert=alert, at=clock.now(), key=name, title="DiskFull")
    whole = orjson.loads(api.running.io.bus.encode(event).body)
    broken = {**whole, "data": {one: value for one, value in whole["data"].items() if one != "alert"}}
    message = make_message(orjson.dumps([broken]), event.type, "test", event.id, {"x-events": 1})
    rabbit = api.running.io.rabbit
    await rabbit.publish(message, "tocsin.grouper", direct=True, timeout_s=10)
    async with asyncio.timeout(30):
        while event.id not in {one.id for one in await dead_letters.list_letters(rabbit, "grouper")}:
            await asyncio.sleep(0.05)
    return event.id, f"C{name}", wire.join([orjson.dumps(whole)]).decode()


async def an_admin(api: RunningApi) -> Browser:
    return await signed_in(api, await with_password(api, await a_person(api, role="admin")))


async def test_a_repaired_letter_goes_through_its_stage_and_a_body_without_its_event_is_refused(
    api: RunningApi,
):
    letter_id, integration_id, whole = await a_dead_letter(api)
    browser = await an_admin(api)
    path = f"/pipeline/dead-letters/grouper/{letter_id}"
    shown, letter = await browser.get("/pipeline"), await browser.get(path)
    other = whole.replace(letter_id, str(uuid.uuid4()))
    wrong = ("[]", "{", "", other)
    refused = [await browser.post(path, {"body": body}) for body in wrong]
    done = await browser.post(path, {"body": whole})

    assert path in shown.text
    assert "data.alert: Field required" in letter.text
    assert [one.status for one in refused] == [400, 400, 400, 400]
    assert all(f"\n{escape(body)}</textarea>" in one.text for body, one in zip(wrong, refused, strict=True))
    assert done.status == 303
    told = (await browser.get(done.location)).text
    assert "1 dead letter was repaired and sent back to grouper" in told
    async with asyncio.timeout(30):
        while not await groups(api).find({"integration_id": integration_id}, [("opened_at", 1)], 1):
            await asyncio.sleep(0.05)
    assert (await browser.get(path)).status == 404


async def test_a_letter_is_discarded_with_a_reason_only(api: RunningApi):
    letter_id, _, _ = await a_dead_letter(api)
    browser = await an_admin(api)
    fields = {"service": "grouper", "id": letter_id}
    without = await browser.post("/pipeline/discard", {**fields, "reason": ""})
    kept = await browser.get(f"/pipeline/dead-letters/grouper/{letter_id}")
    gone = await browser.post("/pipeline/discard", {**fields, "reason": "sent <by> hand"})
    again = await browser.post("/pipeline/discard", {**fields, "reason": "sent <by> hand"})

    assert (without.status, kept.status, gone.status, again.status) == (400, 200, 303, 409)
    # What was selected is selected still.
    assert re.search(f'value="{letter_id}"[^>]* checked>', without.text)
    assert (await browser.get(f"/pipeline/dead-letters/grouper/{letter_id}")).status == 404
    told = (await browser.get(gone.location)).text
    assert "1 dead letter was discarded: sent &lt;by&gt; hand" in told
    assert "<q>sent &lt;by&gt; hand</q>" in told
    audit = (await browser.get(f"/audit?object_id={letter_id}")).text
    assert "sent &lt;by&gt; hand" in audit
    assert "dead letters" in audit


async def test_nothing_is_done_to_letters_that_nobody_selected(api: RunningApi):
    letter_id, _, _ = await a_dead_letter(api)
    browser = await an_admin(api)
    for act in ("replay", "discard"):
        refused = await browser.post(f"/pipeline/{act}", {"service": "grouper", "reason": "for a test"})
        assert (refused.status, "Select dead letters first." in refused.text) == (400, True)
        foreign = await browser.post(f"/pipeline/{act}", {"service": "nobody", "all": "yes", "reason": "abc"})
        assert foreign.status == 400
    assert (await browser.get(f"/pipeline/dead-letters/grouper/{letter_id}")).status == 200


async def test_the_picture_is_renewed_alone_and_says_when_there_are_more_dead_letters(api: RunningApi):
    browser = await an_admin(api)
    await a_dead_letter(api)
    async with asyncio.timeout(30):
        while "Show the new dead letters" not in (await browser.get("/pipeline/stages?dead=0")).text:
            await asyncio.sleep(0.2)
    picture = (await browser.get("/pipeline/stages?dead=1000000")).text
    assert "Show the new dead letters" not in picture
    assert "<h2>grouper</h2>" in picture
    assert "<html" not in picture
    for odd in ("", "-1", "x", "9" * 30, "²"):
        assert (await browser.get(f"/pipeline/stages?dead={odd}")).status == 200


async def test_a_picture_that_is_looked_at_hears_of_a_dead_letter(api: RunningApi):
    browser = await an_admin(api)
    known = re.search(r'hx-get="(/pipeline/stages\?dead=\d+)"', (await browser.get("/pipeline")).text)
    assert known is not None
    headers = {"Cookie": browser.cookie}
    async with asyncio.timeout(60), api.client.get(f"{api.url}/live/pipeline", headers=headers) as feed:
        assert feed.content_type == "text/event-stream"
        await a_dead_letter(api)
        picture = ""
        while "Show the new dead letters" not in picture:
            await feed.content.readuntil(b"event: pipeline\ndata: {}\n\n")
            picture = (await browser.get(known.group(1))).text
