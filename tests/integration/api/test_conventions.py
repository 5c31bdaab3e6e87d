"""What every endpoint has in common: tokens, pages, slashes, errors, headers."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from shared import clock
from shared.store.configuration import ConfigurationStore
from tests.integration.api.api_running import RunningApi, an_api

pytestmark = pytest.mark.integration

LISTS = (
    "integrations",
    "routes",
    "escalation_chains",
    "escalation_policies",
    "users",
    "personal_notification_rules",
    "webhooks",
    "event_subscriptions",
    "teams",
    "alert_groups",
    "alerts",
)


@pytest.mark.parametrize("scheme", ["", "Bearer ", "Token ", "bearer "])
async def test_a_token_is_taken_with_and_without_a_scheme_word(api: RunningApi, scheme: str):
    reply = await api.ask("GET", "users/", headers={"Authorization": f"{scheme}{api.token}"})
    assert reply.status == 200


@pytest.mark.parametrize("header", [None, "", "wrong", "0" * 64, "Basic abc", "a b c"])
async def test_without_a_valid_token_the_answer_is_401_with_a_sentence(api: RunningApi, header: str | None):
    reply = await api.ask("GET", "users/", headers={"Authorization": header})
    assert reply.status == 401
    assert isinstance(reply.body["detail"], str)


async def test_a_token_that_may_not_is_told_403(api: RunningApi):
    user = await api.post("users/", username="eve", role="observer")
    observer = await api.new_token(user_id=user["id"])
    reader = await api.new_token(scope="read")

    for token in (observer, reader):
        headers = {"Authorization": token}
        assert (await api.ask("GET", "users/", headers=headers)).status == 200
        for method, path in (
            ("POST", "users/"),
            ("POST", "alert_groups/I1/acknowledge"),
            ("DELETE", "routes/R1"),
        ):
            reply = await api.ask(method, path, {}, headers=headers)
            assert (reply.status, list(reply.body)) == (403, ["detail"])


async def test_a_token_ends_with_its_time_and_with_its_user(api: RunningApi):
    user = await api.post("users/", username="eve")
    of_user = await api.new_token(user_id=user["id"])
    expired = await api.new_token(expires_at=clock.now() - timedelta(seconds=1))
    await api.delete(f"users/{user['id']}")

    for token in (of_user, expired):
        assert (await api.ask("GET", "users", headers={"Authorization": token})).status == 401


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_is_a_page_with_and_without_a_slash(api: RunningApi, name: str):
    plain, slashed = await api.get(name), await api.get(f"{name}/")

    assert plain == slashed
    assert set(plain) == {
        "count",
        "next",
        "previous",
        "results",
        "current_page_number",
        "page_size",
        "total_pages",
    }
    assert plain["page_size"] == {"routes": 25, "users": 100}.get(name, 50)


@pytest.mark.parametrize("name", LISTS)
async def test_an_unknown_id_is_exactly_404_in_json(api: RunningApi, name: str):
    if name != "alert_groups":
        assert await api.refused("GET", f"{name}/XNONE/", status=404) == {"detail": "Not found."}
    assert (await api.ask("GET", f"{name}/XNONE")).status == 404


async def test_writes_are_answered_directly_with_and_without_a_slash(api: RunningApi):
    made = [await api.post(path, name=path) for path in ("escalation_chains", "escalation_chains/")]
    for path in (f"escalation_chains/{made[0]['id']}", f"escalation_chains/{made[0]['id']}/"):
        assert (await api.put(path, name="x"))["name"] == "x"
    await api.delete(f"escalation_chains/{made[0]['id']}")
    await api.delete(f"escalation_chains/{made[1]['id']}/")


async def test_pages_are_followed_by_next_until_null(api: RunningApi):
    for number in range(5):
        await api.post("escalation_chains/", name=str(number))

    names, page = [], await api.get("escalation_chains/", perpage="2")
    while True:
        names += [one["name"] for one in page["results"]]
        if page["next"] is None:
            break
        page = (await api.ask("GET", page["next"].removeprefix(api.url))).body

    assert names == ["0", "1", "2", "3", "4"]
    assert (page["current_page_number"], page["total_pages"], page["count"]) == (3, 3, 5)
    assert page["previous"] is not None
    beyond = await api.get("escalation_chains/", perpage="2", page="99")
    assert beyond["current_page_number"] == 3
    await api.refused("GET", "escalation_chains/?page=zero", status=404)


async def test_team_filters_take_null_for_no_team(api: RunningApi):
    await api.post("escalation_chains/", name="ops")

    assert (await api.get("escalation_chains/", team_id="null"))["count"] == 1
    assert (await api.get("escalation_chains/", team_id="TNONE"))["count"] == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff"])
async def test_a_body_that_is_no_object_is_400_in_json(api: RunningApi, body: bytes):
    headers = {"Authorization": api.token}
    url = f"{api.url}/api/v1/users/"
    async with api.client.post(url, data=body, headers=headers) as answer:
        assert answer.status == 400
        assert await answer.json()


@pytest.mark.parametrize("key", ["ä", "x" * 256])
async def test_an_idempotency_key_that_cannot_be_one_is_refused(api: RunningApi, key: str):
    user = await api.post("users/", username="eve")
    body = {"users": [{"id": user["id"]}], "title": "look"}

    reply = await api.ask("POST", "escalation", body, headers={"Idempotency-Key": key})

    assert (reply.status, "Idempotency-Key" in reply.body["detail"]) == (400, True)


async def test_a_number_too_large_to_be_stored_is_refused_by_name(api: RunningApi):
    refused = await api.refused("POST", "escalation_policies/", {"type": "wait", "duration": 2**63})
    assert list(refused) == ["duration"]


async def test_a_body_over_the_limit_is_413_in_json(api: RunningApi):
    body = io.BytesIO(b'{"username": "' + b"x" * 1_100_000 + b'"}')
    url, headers = f"{api.url}/api/v1/users/", {"Authorization": api.token}
    async with api.client.post(url, data=body, headers=headers) as answer:
        assert (answer.status, list(await answer.json())) == (413, ["detail"])


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "nothing", 404), ("PUT", "users/", 405)])
async def test_what_does_not_exist_is_answered_in_json(api: RunningApi, method: str, path: str, status: int):
    assert list(await api.refused(method, path, status=status)) == ["detail"]


async def test_every_answer_carries_the_security_headers(api: RunningApi):
    for path in ("/", "users/", "nothing", "/healthz"):
        reply = await api.ask("GET", path)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


async def test_every_write_is_one_version_with_an_audit_entry(api: RunningApi):
    store = ConfigurationStore(api.store)
    before = await store.version()
    made = await api.post("escalation_chains/", name="ops")
    await api.put(f"escalation_chains/{made['id']}", name="ops 2")
    await api.put(f"escalation_chains/{made['id']}", name="ops 2")

    audit = await store.audit_of("escalation_chains", made["id"])

    assert await store.version() == before + 2
    assert [(one["before"] or {}).get("name") for one in audit] == ["ops", None]
    assert audit[0]["after"]["name"] == "ops 2"
    assert audit[0]["actor"]["name"] == "test"


async def test_lookups_of_clients_are_answered(api: RunningApi):
    organization = (await api.get("organizations/"))["results"][0]
    assert await api.get(f"organizations/{organization['id']}") == organization
    assert (await api.get("info"))["url"].startswith("https://")


async def test_without_the_database_the_answer_is_503_with_an_integer_retry_after(tmp_path: Path):
    nothing = "mongodb://127.0.0.1:1/none?serverSelectionTimeoutMS=200"
    async with an_api(nothing, tmp_path, token="0" * 64) as api:
        reply = await api.ask("GET", "users/")
        assert (reply.status, list(reply.body)) == (503, ["detail"])
        assert int(reply.headers["Retry-After"]) > 0
        assert (await api.ask("GET", "/readyz")).status == 503
