"""The pages of integrations: health, creation, routes in order, settings, and what people do to one."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.domain.configuration import Integration
from shared.domain.model import Alert, Problem
from shared.store.alerts import Alerts
from shared.store.problems import Problems
from tests.integration.api.acting_running import a_firing_group, a_person
from tests.integration.api.api_running import INGEST, RunningApi
from tests.integration.console.browsing import Browser, signed_in, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
EVIL = "<script>alert(1)</script>"


async def somebody(api: RunningApi, role: str = "admin") -> Browser:
    return await signed_in(api, await with_password(api, await a_person(api, role=role)))


async def a_webhook(api: RunningApi, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await api.post(
        "integrations/", **{"type": "webhook", "name": f"Hook {uuid.uuid4().hex}", **fields}
    )
    return made


async def some_alerts(api: RunningApi, integration_id: str, *payloads: Any) -> list[Alert]:
    """Store alerts of an integration, a second after each other, the last one now."""
    now = clock.now()
    alerts = [
        Alert(
            id=str(uuid.uuid4()),
            integration_id=integration_id,
            received_at=now - timedelta(seconds=len(payloads) - number),
            payload=one,
        )
        for number, one in enumerate(payloads, start=1)
    ]
    await Alerts(api.store).insert_new(alerts, now + timedelta(days=1))
    return alerts


async def test_the_list_says_how_each_is_and_its_filters_stand_in_the_address(api: RunningApi):
    browser, team = await somebody(api, "viewer"), await api.post("teams/", name=uuid.uuid4().hex)
    made = await a_webhook(
        api, team_id=team["id"], description_short=EVIL, labels=[{"key": "tier", "value": "gold"}]
    )
    await some_alerts(api, made["id"], {"n": 1}, {"n": 2})
    problem = Problem(integration_id=made["id"], where="rate_limit", message="too fast", alert_id="")
    await Problems(api.store).add([problem], clock.now())
    await api.ask("PUT", f"integrations/{made['id']}", {"rate_limit": {"alerts_per_minute": 9}})

    shown = await browser.get(f"/integrations?q={made['name'][:20]}&type=webhook&team_id={team['id']}")
    other = await browser.get(f"/integrations?type=zabbix&q={made['name'][:20]}")

    assert f'href="/integrations/{made["id"]}"' in shown.text
    for words in ("2 alerts in the last 24 hours", "1 problem", "last alert", "0 open groups", "tier: gold"):
        assert words in shown.text
    assert EVIL not in shown.text
    assert made["id"] not in other.text
    assert "/integrations/new" not in shown.text
    assert (await browser.get("/integrations?page=0")).status == 400


async def test_names_labels_conditions_and_texts_are_text_on_every_page(api: RunningApi):
    browser, texts = await somebody(api), {"title": EVIL, "message": EVIL}
    label = {"key": f"a{EVIL}", "value": f'"{EVIL}'}
    made = await a_webhook(
        api,
        name=f'"{EVIL}{uuid.uuid4().hex}',
        labels=[label],
        dynamic_labels=[{"key": EVIL, "value": f"</textarea>{EVIL}"}],
        heartbeat={"templates": {"expired": texts, "restored": texts}},
        templates={"web": {"message": f"</textarea>{EVIL}"}, "source_link": f"javascript:alert(1)//{EVIL}"},
    )
    route = await api.post(
        "routes/", integration_id=made["id"], routing_type="labels", filtering_labels=[label]
    )
    await some_alerts(api, made["id"], {"title": EVIL, "message": f"[x](javascript:alert(1)) {EVIL}"})
    page = f"/integrations/{made['id']}"
    for path in (
        "/integrations",
        page,
        f"{page}/remove",
        f"{page}/playground",
        f"{page}/routes/{route['id']}",
    ):
        shown = await browser.get(path)
        assert shown.status == 200, path
        assert EVIL not in shown.text, path
        assert 'href="javascript:' not in shown.text, path
        assert "alert(1)" in shown.text, path


async def test_a_type_is_found_by_its_words_and_those_that_tocsin_makes_are_not_offered(api: RunningApi):
    browser = await somebody(api)
    everything = await browser.get("/integrations/new")
    found = await browser.get("/integrations/new?q=alertmanager")
    assert 'href="/integrations/new/zabbix"' in everything.text
    assert 'href="/integrations/new/alertmanager"' in found.text
    assert 'href="/integrations/new/zabbix"' not in found.text
    assert "/integrations/new/direct_paging" not in everything.text
    assert (await browser.get("/integrations/new/direct_paging")).status == 404


async def test_an_integration_is_created_and_a_mistake_leaves_the_form_as_it_was_filled_in(api: RunningApi):
    browser, taken = await somebody(api), await a_webhook(api)
    chain = await api.post("escalation_chains/", name=uuid.uuid4().hex)
    fields = {"name": taken["name"], "escalation_chain_id": chain["id"], "bearer": "yes"}
    refused = await browser.post("/integrations/new/webhook", {**fields, "bearer_token": "s3cret-token"})
    name = f"A&B {uuid.uuid4().hex}"
    done = await browser.post(
        "/integrations/new/webhook", {**fields, "name": name, "bearer_token": "s3cret-token"}
    )

    assert refused.status == 400
    assert "name: Another integration" in refused.text
    assert f'value="{taken["name"]}"' in refused.text
    assert done.status == 303
    page = await browser.get(path := done.location.partition("#")[0])
    made = await api.get(path.removeprefix("/"))
    assert made["name"] == name
    assert made["default_route"]["escalation_chain_id"] == chain["id"]
    assert made["authentication"]["bearer"]["header"] == "Authorization"
    assert "s3cret-token" not in page.text
    assert "A&amp;B" in page.text
    assert f"{INGEST}/integrations/v1/webhook/" in page.text
    assert "Waiting for the first alert" in page.text


async def test_the_wait_for_the_first_alert_ends_with_the_way_to_its_group(api: RunningApi):
    browser, made = await somebody(api, "viewer"), await a_webhook(api)
    path = f"/integrations/{made['id']}/first-alert"
    waiting = await browser.get(path)
    assert "hx-trigger" in waiting.text
    assert (await browser.get(path, HX_Request="true")).status == 204

    stored = Integration(id=made["id"], name=made["name"], type="webhook", token_digest="x")
    group = await a_firing_group(api, stored)
    async with asyncio.timeout(30):
        while group.id not in (arrived := await browser.get(path, HX_Request="true")).text:
            await asyncio.sleep(0.05)
    assert f'href="/alert-groups/{group.id}"' in arrived.text
    assert "DiskFull &lt;b&gt;" in arrived.text
    assert "hx-trigger" not in arrived.text
    page = (await browser.get(f"/integrations/{made['id']}")).text
    assert group.id in page
    assert "1 open group</a>" in page


async def test_routes_are_added_moved_changed_and_removed_by_forms(api: RunningApi):
    browser, made = await somebody(api), await a_webhook(api)
    routes = f"/integrations/{made['id']}/routes"
    for text in ("{{ payload.a == 1 }}", EVIL):
        done = await browser.post(f"{routes}/new", {"routing_type": "jinja2", "routing_regex": text})
        assert (done.status, done.location) == (303, f"/integrations/{made['id']}#routes")
    first, second, _ = await stored_routes(api, made)
    page = await browser.get(f"/integrations/{made['id']}")
    moved = await browser.post(f"{routes}/{second['id']}/move", {"position": str(first["position"])})
    after = await stored_routes(api, made)

    assert EVIL not in page.text
    assert page.text.index(first["id"]) < page.text.index(second["id"])
    assert moved.status == 303
    assert [one["id"] for one in after[:2]] == [second["id"], first["id"]]
    fields = [
        ("routing_type", "labels"),
        *(("label_key", "team"), ("label_value", "db"), ("label_key", ""), ("label_value", "")),
        *(("slack_id", "C0X"), ("telegram_enabled", "yes"), ("telegram_id", "-1")),
    ]
    await browser.post(f"{routes}/{first['id']}", fields)
    await browser.post(f"{routes}/{second['id']}/remove")
    left, default = await stored_routes(api, made)
    assert (left["routing_type"], left["filtering_labels"][0]["key"]["name"]) == ("labels", "team")
    assert (left["slack"], left["telegram"]["enabled"]) == ({"channel_id": "C0X", "enabled": False}, True)
    assert default["is_the_last_route"]
    assert (await browser.post(f"{routes}/{default['id']}/remove")).status == 400


async def test_a_route_that_cannot_be_read_is_shown_again_as_it_was_written(api: RunningApi):
    browser, made, other = await somebody(api), await a_webhook(api), await a_webhook(api)
    broken = "{% if payload.a %}\r\nnever ended"
    answer = await browser.post(
        f"/integrations/{made['id']}/routes/new", {"routing_type": "jinja2", "routing_regex": broken}
    )
    assert answer.status == 400
    assert "routing_regex: " in answer.text
    assert "{% if payload.a %}\nnever ended" in answer.text
    foreign = other["default_route"]["id"]
    assert (await browser.get(f"/integrations/{made['id']}/routes/{foreign}")).status == 404
    assert (await browser.post(f"/integrations/{made['id']}/routes/{foreign}/remove")).status == 404


async def test_a_route_is_tried_on_the_last_alerts_before_it_is_stored(api: RunningApi):
    browser, made = await somebody(api), await a_webhook(api)
    await some_alerts(api, made["id"], *({"title": f"{EVIL}{n}", "n": n} for n in range(5)))
    fields = {"routing_type": "jinja2", "routing_regex": "{{ payload.n >= 3 }}"}
    answer = await browser.post(f"/integrations/{made['id']}/routes/new/try", fields)
    broken = await browser.post(
        f"/integrations/{made['id']}/routes/new/try", {**fields, "routing_regex": "{{ payload.n. }}"}
    )

    assert answer.status == 200
    assert "2 of the last 5" in answer.text
    assert "2 go elsewhere than now" in answer.text
    assert "which is neither 1, true nor ok" in answer.text
    assert EVIL not in answer.text
    assert "0 of the last 5" in broken.text
    assert "it failed" in broken.text
    assert len(await stored_routes(api, made)) == 1


async def test_settings_are_stored_part_by_part_and_secrets_that_are_left_empty_stay(api: RunningApi):
    browser, made = await somebody(api), await a_webhook(api)
    page = f"/integrations/{made['id']}"
    await browser.post(f"{page}/settings/general", {"name": made["name"], "description_short": "the first"})
    await browser.post(f"{page}/settings/heartbeat", {"timeout_seconds": "120", "expired_title": "gone"})
    labels = {
        "label_key": "team",
        "label_value": "db",
        "dynamic_key": "host",
        "dynamic_value": "{{ payload.h }}",
    }
    await browser.post(f"{page}/settings/labels", labels)
    await browser.post(
        f"{page}/settings/groups", {"groups_per_minute": "50", "resolution_note_required": "yes"}
    )
    access = {"basic": "yes", "basic_username": "u", "hmac": "yes", "hmac_preset": "github"}
    both = {**access, "basic_password": "p4ssword", "hmac_secret": "s1gned", "ip_allow_list": "10.0.0.0/8"}
    await browser.post(f"{page}/settings/access", {**both, "alerts_per_minute": "60"})
    kept = await browser.post(f"{page}/settings/access", {**access, "basic_username": "v"})
    wrong = await browser.post(f"{page}/settings/heartbeat", {"timeout_seconds": "soon"})
    after = await api.get(f"integrations/{made['id']}")

    assert (after["description_short"], after["allow_source_based_resolving"]) == ("the first", False)
    assert after["heartbeat"]["timeout_seconds"] == 120
    assert after["heartbeat"]["templates"]["expired"] == {"title": "gone", "message": None}
    assert after["labels"][0]["value"]["name"] == "db"
    assert after["dynamic_labels"][0]["value"]["name"] == "{{ payload.h }}"
    assert (after["storm"]["groups_per_minute"], after["resolution_note_required"]) == (50, True)
    assert kept.status == 303
    found = after["authentication"]
    assert (found["basic"]["username"], found["hmac"]["header"]) == ("v", "X-Hub-Signature-256")
    assert (found["ip_allow_list"], after["rate_limit"]) == ([], None)
    assert (wrong.status, "timeout_seconds: Must be a whole number" in wrong.text) == (400, True)
    assert "p4ssword" not in (await browser.get(page)).text
    assert (await browser.post(f"{page}/settings/nothing")).status == 404


async def test_a_part_of_the_settings_that_is_refused_comes_back_as_it_was_sent(api: RunningApi):
    browser = await somebody(api)
    basic = {"username": "stored", "password": "p4ssword"}
    made = await a_webhook(api, description_short="as stored", authentication={"basic": basic})
    page = f"/integrations/{made['id']}/settings"
    sent: dict[str, dict[str, str]] = {
        "general": {"name": "n" * 151, "description_short": 'a "new" one', "base_url": "https://a.example"},
        "heartbeat": {"timeout_seconds": "soon", "expired_title": "{{ gone }}"},
        "labels": {"label_key": "team", "label_value": "db", "label_template": "{% if never ended"},
        "groups": {"remind_after": "often", "after_silence": "continue", "digest_interval": "77"},
        "access": {
            "bearer": "yes",
            "bearer_header": "X-Mine",
            "alerts_per_minute": "many",
            "basic_username": "v",
        },
    }
    answers = {part: await browser.post(f"{page}/{part}", fields) for part, fields in sent.items()}
    secret = await browser.post(f"{page}/access", {**sent["access"], "bearer_token": "t0ken"})

    assert {part: one.status for part, one in answers.items()} == dict.fromkeys(sent, 400)
    for words in ('value="a &#34;new&#34; one"', "https://a.example", 'role="alert">name: '):
        assert words in answers["general"].text
    for words in ('value="soon"', "{{ gone }}", "timeout_seconds: Must be a whole number"):
        assert words in answers["heartbeat"].text
    for words in ('value="team"', 'value="db"', "{% if never ended", 'role="alert">label_template: '):
        assert words in answers["labels"].text
    for words in ('value="often"', 'value="77"', "remind_after: Must be a whole number"):
        assert words in answers["groups"].text
    for words in ('value="X-Mine"', 'value="v"', "alerts_per_minute: Must be a whole number"):
        assert words in answers["access"].text
    assert 'name="basic" value="yes">' in answers["access"].text
    assert 'value="as stored"' not in answers["general"].text
    assert ("t0ken" in secret.text, "type them once more" in secret.text) == (False, True)
    assert (await api.get(f"integrations/{made['id']}"))["description_short"] == "as stored"


async def test_maintenance_begins_and_ends_on_the_page(api: RunningApi):
    browser, made = await somebody(api, "editor"), await a_webhook(api)
    page = f"/integrations/{made['id']}"
    begun = await browser.post(f"{page}/maintenance/start", {"mode": "maintenance", "duration": "3600"})
    during = await browser.get(page)
    twice = await browser.post(f"{page}/maintenance/start", {"mode": "debug", "duration": "3600"})
    await browser.post(f"{page}/maintenance/stop")

    assert begun.status == 303
    assert "In maintenance, ends" in during.text
    assert (twice.status, "Stop it now" in twice.text, 'role="alert">' in twice.text) == (400, True, True)
    assert (await api.get(f"integrations/{made['id']}"))["maintenance_mode"] is None
    assert "/settings/general" not in during.text


async def test_a_url_is_replaced_the_former_one_revoked_and_a_demo_sent(api: RunningApi):
    browser, made = await somebody(api), await a_webhook(api)
    page = f"/integrations/{made['id']}"
    await browser.post(f"{page}/rotate", {"keep_old_for": "3600"})
    tokens = await api.get(f"integrations/{made['id']}/tokens")
    shown = await browser.get(page)
    assert tokens["link"] != made["link"]
    assert made["link"] not in shown.text
    await browser.post(f"{page}/revoke", {"token_id": tokens["former"][0]["id"]})
    assert (await api.get(f"integrations/{made['id']}/tokens"))["former"] == []
    assert (await browser.post(f"{page}/revoke", {"token_id": tokens["former"][0]["id"]})).status == 404
    demo = await browser.post(f"{page}/demo")
    assert (demo.status, demo.location.startswith("/alerts/")) == (303, True)


async def test_everything_about_an_integration_is_one_link_away_on_its_page(api: RunningApi):
    browser, made = await somebody(api), await a_webhook(api, authentication={"bearer": {"token": "t0ken"}})
    page = (await browser.get(f"/integrations/{made['id']}")).text
    viewed = (await (await somebody(api, "viewer")).get(f"/integrations/{made['id']}")).text
    parts = ("setup", "routes", "problems", "maintenance", "heartbeat", "general", "labels", "access", "urls")

    assert [one for one in parts if f'href="#{one}"' not in page or f'id="{one}"' not in page] == []
    assert "Send a demo alert" in page
    assert "senders show a token" in viewed


async def test_an_integration_is_removed_by_whoever_writes_its_name(api: RunningApi):
    browser, made = await somebody(api), await a_webhook(api)
    path = f"/integrations/{made['id']}/remove"
    assert made["name"] in (await browser.get(path)).text
    wrong = await browser.post(path, {"name": "another"})
    assert (wrong.status, 'value="another"' in wrong.text) == (400, True)
    assert (await browser.post(path, {"name": made["name"]})).location == "/integrations"
    assert (await browser.get(f"/integrations/{made['id']}")).status == 404


async def stored_routes(api: RunningApi, made: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get("routes/", integration_id=made["id"]))["results"]
    return found
