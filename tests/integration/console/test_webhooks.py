"""Outgoing webhooks on the console: configured without showing a secret, previewed, called by hand, their runs read."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from shared import clock
from shared.domain.configuration import Webhook
from shared.domain.ledger import DeliveryState, requested
from shared.domain.people import Role
from shared.domain.webhook_record import RunRecord
from shared.events import WebhookRequested
from shared.store.configuration import ConfigurationStore
from shared.store.deliveries import Deliveries
from tests.integration.api.acting_running import a_firing_group, a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, by_token

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SECRETS = {"password": "pa55 w0rd", "authorization_header": "Bearer t0ps3cret"}


async def somebody(api: RunningApi, role: Role) -> Browser:
    return await by_token(api, await a_person(api, role=role))


def a_form(**fields: Any) -> dict[str, Any]:
    return {
        "name": uuid.uuid4().hex,
        "url": "https://example.org/hook?token=hidden",
        "http_method": "POST",
        "trigger_type": "acknowledge",
        "forward_all": "on",
        "is_webhook_enabled": "on",
        **fields,
    }


async def a_webhook(browser: Browser, **fields: Any) -> str:
    """Return the path of the page of a new webhook."""
    made = await browser.post("/webhooks", a_form(**fields))
    assert made.status == 303, made
    return made.location


async def stored(api: RunningApi, path: str) -> Webhook:
    return (await ConfigurationStore(api.store).load()).webhook_by_id[path.rpartition("/")[2]]


async def test_secrets_go_in_and_never_come_out_and_asterisks_keep_them(api: RunningApi):
    admin, viewer = await somebody(api, "admin"), await somebody(api, "viewer")
    form = a_form(name=f"<b>{uuid.uuid4().hex}", **SECRETS)
    path = (await admin.post("/webhooks", form)).location
    before, page = await stored(api, path), await admin.get(path)
    kept = {"password": "****************", "authorization_header": "****************"}
    await admin.post(path, {**form, **kept, "http_method": "PUT"})
    after = await stored(api, path)
    await admin.post(path, {**form, **kept, "password": ""})

    for text in (page.text, (await viewer.get(path)).text, (await viewer.get("/webhooks")).text):
        assert not [one for one in (*SECRETS.values(), "gAAAA") if one in text]
        assert "<b>" + form["name"][3:] not in text
    assert "hidden" not in (await viewer.get(path)).text
    assert (after.http_method, after.password) == ("PUT", before.password)
    assert after.authorization_header == before.authorization_header
    assert (await stored(api, path)).password is None


async def test_a_refused_form_keeps_what_was_typed_and_names_the_field(api: RunningApi):
    admin = await somebody(api, "admin")
    path = await a_webhook(admin)
    name = (await stored(api, path)).name
    same = await admin.post("/webhooks", a_form(name=name))
    broken = await admin.post(path, a_form(name=name, data="{{ oops", trigger_template="fine"))

    assert (same.status, "name: Another webhook has this name." in same.text) == (400, True)
    assert (broken.status, "data: " in broken.text, "{{ oops</textarea>" in broken.text) == (400, True, True)
    assert (await stored(api, path)).data is None


async def test_a_preview_shows_the_request_and_a_call_by_hand_is_asked_for(api: RunningApi):
    admin, group = await somebody(api, "admin"), await a_firing_group(api)
    data = '{"what": "{{ alert_group.title }}"}'
    path = await a_webhook(admin, data=data, trigger_type="escalation")
    form = a_form(name=(await stored(api, path)).name, data=data)
    form.pop("forward_all")
    await admin.post(path, form)
    shown = await admin.post(f"{path}/preview", {"alert_group_id": f"{api.url}/alert-groups/{group.id}"})
    unknown = await admin.post(f"{path}/preview", {"alert_group_id": "INONE"})
    called = await admin.post(f"{path}/trigger", {"alert_group_id": group.id})
    form.pop("is_webhook_enabled")
    await admin.post(path, form)
    refused = await admin.post(f"{path}/trigger", {"alert_group_id": group.id})

    assert shown.status == 200
    assert "It would be called; nothing was sent." in shown.text
    assert "DiskFull &lt;b&gt;" in shown.text
    assert (unknown.status, "alert_group_id: " in unknown.text) == (400, True)
    assert (called.status, called.location) == (303, f"{path}#runs")
    assert (refused.status, "the webhook is disabled" in refused.text) == (400, True)


async def test_runs_are_read_with_what_was_sent_and_answered(api: RunningApi):
    admin, group = await somebody(api, "admin"), await a_firing_group(api)
    path = await a_webhook(admin)
    webhook, now = await stored(api, path), clock.now()
    event = WebhookRequested(
        id=str(uuid.uuid4()), time=now, group=group, webhook_id=webhook.id, trigger="acknowledge"
    )
    record = RunRecord(url="https://example.org/hook", headers={"X-A": "b"}, data="<i>sent</i>")
    end = {"state": DeliveryState.FAILED, "attempts": 2, "status_code": 500, "content": "<i>broken</i>"}
    run = requested(event, webhook.id, now).model_copy(
        update={**end, "record": record, "reason": "answered 500", "finished_at": now, "due_at": None}
    )
    ledger = Deliveries.of(api.store)
    await ledger.add([(run, [])], now)
    page, listed = await admin.get(path), await admin.get("/webhooks")
    await ledger.collection.delete_many({"_id": run.id})

    for text in ("answered 500", "&lt;i&gt;sent&lt;/i&gt;", "&lt;i&gt;broken&lt;/i&gt;", "2 tries"):
        assert text in page.text
    assert f'href="/alert-groups/{group.id}"' in page.text
    assert re.search(rf"{path}.*?last run.*?failed, 500", listed.text, re.DOTALL)


async def test_a_new_signing_secret_is_shown_once(api: RunningApi):
    admin = await somebody(api, "admin")
    path = await a_webhook(admin)
    made = await admin.post(f"{path}/secret")
    found = re.search(r'class="secret">(whsec_[^<]+)<', made.text)
    assert found is not None
    assert found[1] not in (await admin.get(path)).text
    assert "Calls are signed" in (await admin.get(path)).text


async def test_an_editor_tries_and_calls_it_but_changes_nothing(api: RunningApi):
    admin, editor = await somebody(api, "admin"), await somebody(api, "editor")
    path = await a_webhook(admin)
    page = await editor.get(path)
    assert "Show what would be sent" in page.text
    assert f'action="{path}"' not in page.text
    for form in ("", "/remove", "/secret"):
        assert (await editor.post(path + form, a_form())).status == 403
    assert (await editor.get("/webhooks/new")).status == 403
    assert (await admin.post(f"{path}/remove")).location == "/webhooks"
    assert (await admin.get(path)).status == 404
