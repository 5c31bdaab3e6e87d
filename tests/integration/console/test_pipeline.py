"""Dead letters on the pipeline's page: repaired and sent back to their stage, or discarded with a reason."""

from __future__ import annotations

import asyncio
import uuid

import orjson
import pytest

from shared import clock
from shared.bus import dead_letters, wire
from shared.bus.publisher import make_message
from tests.integration.api.acting_running import a_person, groups
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import signed_in, with_password
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


async def test_a_repaired_letter_goes_through_its_stage_and_a_body_without_its_event_is_refused(
    api: RunningApi,
):
    letter_id, integration_id, whole = await a_dead_letter(api)
    browser = await signed_in(api, await with_password(api, await a_person(api, role="admin")))
    path = f"/pipeline/dead-letters/grouper/{letter_id}"
    shown = await browser.get("/pipeline")
    other = whole.replace(letter_id, str(uuid.uuid4()))
    answers = [await browser.post(path, {"body": body}) for body in ("[]", "{", "", other)]
    done = await browser.post(path, {"body": whole})

    assert path in shown.text
    assert [one.status for one in answers] == [400, 400, 400, 400]
    assert ("body: It is not an event" in answers[1].text, ">{</textarea>" in answers[1].text) == (True, True)
    assert done.status == 303
    async with asyncio.timeout(30):
        while not await groups(api).find({"integration_id": integration_id}, [("opened_at", 1)], 1):
            await asyncio.sleep(0.05)
    assert (await browser.get(path)).status == 404


async def test_a_letter_is_discarded_with_a_reason_only(api: RunningApi):
    letter_id, _, _ = await a_dead_letter(api)
    browser = await signed_in(api, await with_password(api, await a_person(api, role="admin")))
    fields = {"service": "grouper", "id": letter_id}
    without = await browser.post("/pipeline/discard", {**fields, "reason": ""})
    kept = await browser.get(f"/pipeline/dead-letters/grouper/{letter_id}")
    gone = await browser.post("/pipeline/discard", {**fields, "reason": "sent by hand"})

    assert (without.status, kept.status, gone.status) == (400, 200, 303)
    assert (await browser.get(f"/pipeline/dead-letters/grouper/{letter_id}")).status == 404
