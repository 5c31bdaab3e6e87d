"""The template playground: what every medium shows, problems at their line, before and after, and saving."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Answer, Browser
from tests.integration.console.test_integrations import EVIL, a_webhook, some_alerts, somebody

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SCRIPT = {"HX_Request": "true"}


def seen_on(page: Answer) -> str:
    return page.text.split('name="seen" value="')[1].split('"')[0]


async def a_bench(
    api: RunningApi, role: str = "admin", count: int = 3
) -> tuple[Browser, str, dict[str, Any]]:
    """Return a browser, the playground's path, and the integration with so many alerts."""
    browser, made = await somebody(api, role), await a_webhook(api)
    payloads = ({"alert_uid": f"u{n}", "title": f"{EVIL} {n}", "message": EVIL} for n in range(count))
    await some_alerts(api, made["id"], *payloads)
    return browser, f"/integrations/{made['id']}/playground", made


async def test_the_newest_alert_is_shown_in_every_medium_and_nothing_of_it_runs(api: RunningApi):
    browser, path, _ = await a_bench(api)
    page = await browser.get(path)
    assert page.status == 200
    for medium in ("Web", "Slack", "SMS", "Phone call", "Telegram", "Mail", "Mobile app", "Mattermost"):
        assert f'aria-label="{medium}"' in page.text
    assert "u2" in page.text
    assert EVIL not in page.text
    assert EVIL in unescape(page.text)
    assert (await browser.get(f"{path}?alert=another")).status == 404


async def test_an_integration_without_alerts_begins_with_the_example_of_its_type(api: RunningApi):
    browser, path, _ = await a_bench(api, count=0)
    page = await browser.get(path)
    assert page.status == 200
    assert '<option value="example:firing" selected>' in page.text
    assert 'aria-label="Slack"' in page.text


async def test_an_edit_shows_its_result_alone_to_a_script_and_the_whole_page_without(api: RunningApi):
    browser, path, _ = await a_bench(api)
    edit = {
        "source": "pasted",
        "payload": '{"title": "Full"}',
        "t.slack.title": "<b>{{ payload.title | upper }}",
    }
    piece = await browser.post(path, edit, **SCRIPT)
    whole = await browser.post(path, edit)
    assert "&lt;b&gt;FULL" in piece.text
    assert "<html" not in piece.text
    assert "payload-box" not in piece.text
    assert "&lt;b&gt;FULL" in whole.text
    assert "{{ payload.title | upper }}</textarea>" in whole.text
    chosen = await browser.post(
        path, {**edit, "source": "example:firing"}, **SCRIPT, HX_Trigger_Name="source"
    )
    assert 'id="payload-box" hx-swap-oob="true"' in chosen.text


async def test_a_template_that_fails_is_marked_at_its_line(api: RunningApi):
    browser, path, _ = await a_bench(api)
    template = "first\r\n{{ payload.missing.deeper }}\r\nthird"
    answer = await browser.post(path, {"source": "example:firing", "t.web.message": template}, **SCRIPT)
    assert 'href="#t-web-message"' in answer.text
    assert ", line 2" in answer.text
    assert "<mark>{{ payload.missing.deeper }}</mark>" in answer.text


async def test_a_payload_that_is_no_json_is_said_so(api: RunningApi):
    browser, path, _ = await a_bench(api, count=0)
    csrf = await browser.csrf()
    for payload in ("", "{", "null null"):
        answer = await browser.post(path, {"source": "pasted", "payload": payload}, csrf=csrf)
        assert answer.status == 400, payload
        assert "payload: It is not JSON" in answer.text, payload


async def test_an_edit_is_compared_over_the_last_alerts(api: RunningApi):
    browser, path, _ = await a_bench(api, count=3)
    same = await browser.post(f"{path}/compare", {"source": "example:firing"}, **SCRIPT)
    edit = {
        "t.grouping_key": "{{ payload.alert_uid[:1] if payload.alert_uid == 'u1' else payload.alert_uid }}"
    }
    answer = await browser.post(f"{path}/compare", {"source": "example:firing", **edit}, **SCRIPT)
    assert "nothing is different" in same.text
    assert "1 of the last 3" in answer.text
    assert "<del>u1</del>" in answer.text
    assert "<ins>u</ins>" in answer.text
    assert EVIL not in answer.text


async def test_templates_are_saved_unless_one_does_not_compile_or_somebody_was_faster(api: RunningApi):
    browser, path, made = await a_bench(api)
    page = await browser.get(path)
    edit = {"source": "example:firing", "seen": seen_on(page), "t.slack.title": "one\r\ntwo"}
    broken = await browser.post(f"{path}/save", {**edit, "t.sms.title": "{% if %}"})
    saved = await browser.post(f"{path}/save", edit)
    again = await browser.post(f"{path}/save", {**edit, "t.slack.title": "three"})
    templates = (await api.get(f"integrations/{made['id']}"))["templates"]

    assert (broken.status, "sms.title" in broken.text) == (400, True)
    assert saved.status == 303
    assert "are saved" in (await browser.get(saved.location)).text
    assert (again.status, "Somebody else changed" in again.text) == (400, True)
    assert (templates["slack"]["title"], templates["sms"]["title"]) == ("one\ntwo", None)
    page = await browser.get(path)
    await browser.post(f"{path}/save", {"source": "example:firing", "seen": seen_on(page)})
    assert (await api.get(f"integrations/{made['id']}"))["templates"]["slack"]["title"] is None


async def test_an_editor_tries_templates_and_saves_none(api: RunningApi):
    browser, path, made = await a_bench(api, "editor")
    page = await browser.get(path)
    assert page.status == 200
    assert f"{path}/save" not in page.text
    refused = await browser.post(f"{path}/save", {"seen": seen_on(page), "t.slack.title": "x"})
    assert refused.status == 403
    assert (await api.get(f"integrations/{made['id']}"))["templates"]["slack"]["title"] is None
