"""Integrations over the public API, as the Terraform provider and the migration tool write and read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.api.api_running import INGEST, RunningApi, an_api

pytestmark = pytest.mark.integration

NO_TARGETS = {
    "slack": {"channel_id": None, "enabled": False},
    "telegram": {"id": None, "enabled": False},
    "msteams": {"id": None, "enabled": False},
}
TEMPLATES = {
    "grouping_key": None,
    "resolve_signal": None,
    "acknowledge_signal": None,
    "source_link": None,
    "slack": None,
    "web": None,
    "msteams": None,
    "telegram": None,
    "phone_call": None,
    "sms": None,
    "email": None,
    "mobile_app": None,
}


async def test_an_integration_is_created_as_terraform_sends_it_and_reads_back_whole(api: RunningApi):
    made = await api.post(
        "integrations/",
        team_id="",
        name="Prometheus",
        type="alertmanager",
        templates=TEMPLATES
        | {"grouping_key": "{{ payload.groupKey }}", "slack": {"title": "T", "message": None}},
        default_route={"id": "", "escalation_chain_id": None, **NO_TARGETS},
        labels=[],
        dynamic_labels=[],
    )

    read = await api.get(f"integrations/{made['id']}/")
    assert read == made
    assert made["id"].startswith("C")
    assert made["team_id"] is None
    assert made["link"].startswith(f"{INGEST}/integrations/v1/alertmanager/")
    assert made["heartbeat"]["link"] == made["link"] + "heartbeat/"
    assert made["templates"]["grouping_key"] == "{{ payload.groupKey }}"
    assert made["templates"]["slack"] == {"title": "T", "message": None, "image_url": None}
    assert made["templates"]["web"] == {"title": None, "message": None, "image_url": None}
    assert made["default_route"]["id"].startswith("R")
    assert made["default_route"]["slack"] == {"channel_id": None, "enabled": False}


async def test_null_resets_a_template_and_a_missing_key_leaves_it(api: RunningApi):
    made = await api.post(
        "integrations",
        type="webhook",
        templates={"source_link": "L", "slack": {"title": "T", "message": "M"}},
    )

    changed = await api.put(f"integrations/{made['id']}", templates={"slack": {"title": None}})
    assert changed["templates"]["slack"] == {"title": None, "message": "M", "image_url": None}
    assert changed["templates"]["source_link"] == "L"
    reset = await api.put(f"integrations/{made['id']}", templates=TEMPLATES)
    assert reset["templates"]["slack"]["message"] is None
    assert reset["templates"]["source_link"] is None


async def test_a_template_that_does_not_compile_is_refused_by_name_with_its_line(api: RunningApi):
    body = {"type": "webhook", "templates": {"slack": {"title": "ok\n{{ payload. }}"}}}

    refused = await api.refused("POST", "integrations/", body)

    assert list(refused) == ["templates"]
    assert refused["templates"][0].startswith("slack.title: ")
    assert refused["templates"][0].endswith("(line 2)")
    assert (await api.get("integrations"))["count"] == 0


async def test_a_name_is_unique_and_an_unnamed_integration_gets_one(api: RunningApi):
    first = await api.post("integrations/", type="webhook")
    second = await api.post("integrations/", type="webhook")
    assert first["name"] != second["name"]

    refused = await api.refused("POST", "integrations/", {"type": "webhook", "name": first["name"]})
    assert list(refused) == ["name"]
    assert list(await api.refused("PUT", f"integrations/{second['id']}", {"name": first["name"]})) == ["name"]


async def test_an_unknown_type_and_a_changed_type_are_refused_by_name(api: RunningApi):
    made = await api.post("integrations/", type="webhook")

    assert list(await api.refused("POST", "integrations/", {"type": "nothing"})) == ["type"]
    assert list(await api.refused("POST", "integrations/", {})) == ["type"]
    assert list(await api.refused("PUT", f"integrations/{made['id']}", {"type": "alertmanager"})) == ["type"]
    assert (await api.put(f"integrations/{made['id']}", type="webhook"))["type"] == "webhook"


async def test_the_default_route_is_written_with_its_integration(api: RunningApi):
    chain = await api.post("escalation_chains/", name="ops", team_id="")
    made = await api.post("integrations/", type="webhook", default_route={"escalation_chain_id": chain["id"]})
    assert made["default_route"]["escalation_chain_id"] == chain["id"]

    target = {"slack": {"channel_id": "C123", "enabled": True}, "escalation_chain_id": None, "id": ""}
    changed = await api.put(f"integrations/{made['id']}/", default_route=target)

    assert changed["default_route"]["id"] == made["default_route"]["id"]
    assert changed["default_route"]["escalation_chain_id"] is None
    assert changed["default_route"]["slack"] == {"channel_id": "C123", "enabled": True}


async def test_a_deleted_integration_is_gone_with_its_routes(api: RunningApi):
    made = await api.post("integrations/", type="webhook")
    await api.post("routes/", integration_id=made["id"], routing_regex="x")

    await api.delete(f"integrations/{made['id']}/")

    assert await api.refused("GET", f"integrations/{made['id']}/", status=404) == {"detail": "Not found."}
    assert await api.refused("DELETE", f"integrations/{made['id']}/", status=404) == {"detail": "Not found."}
    assert (await api.get("routes/", integration_id=made["id"]))["results"] == []


async def test_the_token_is_encrypted_at_rest(api: RunningApi):
    made = await api.post("integrations/", type="webhook")
    token = made["link"].rstrip("/").rsplit("/", 1)[1]

    stored = await api.store.collection("integrations").find_one({"_id": made["id"]})

    assert stored is not None
    assert token not in str(stored)
    assert api.running.io.secrets.decrypt(stored["token_encrypted"]) == token


async def test_an_integration_for_mail_has_an_address_and_no_url(mongo_url: str, tmp_path: Path):
    async with an_api(mongo_url, tmp_path, inbound_email_domain="alerts.example.com, b.example.com") as api:
        made = await api.post("integrations/", name="Mails", type="inbound_email")
        token, _, domain = made["inbound_email"].partition("@")

        assert (made["link"], made["heartbeat"], domain) == (None, None, "alerts.example.com")
        assert token == token.lower()
        assert len(token) == 25
        refused = await api.refused(
            "PUT", f"integrations/{made['id']}/", {"authentication": {"bearer": {"token": "a-long-secret"}}}
        )
        assert "authentication" in refused


async def test_without_a_domain_there_is_no_address(api: RunningApi):
    assert (await api.post("integrations/", name="Mails", type="inbound_email"))["inbound_email"] is None
