"""An integration's authentication, rate limit and URLs over the public API and in a declaration."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import clock
from shared.domain.access import FormerToken
from shared.domain.model import Problem
from shared.store.problems import Problems
from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration
MASK = "****************"
NOTHING = {"hmac": None, "basic": None, "bearer": None, "ip_allow_list": []}


async def stored(api: RunningApi, integration_id: str) -> Any:
    found = await api.store.collection("integrations").find_one({"_id": integration_id})
    assert found is not None
    return found


def opened(api: RunningApi, ciphertexts: list[str]) -> list[str]:
    return [api.running.io.secrets.decrypt(one) for one in ciphertexts]


async def test_an_integration_asks_for_nothing_until_it_is_told_to(api: RunningApi) -> None:
    made = await api.post("integrations/", type="webhook")
    assert (made["authentication"], made["rate_limit"]) == (NOTHING, None)
    assert (await api.put(f"integrations/{made['id']}/", name="new"))["authentication"] == NOTHING


async def test_secrets_go_in_encrypted_never_come_out_and_asterisks_keep_them(api: RunningApi) -> None:
    hmac = {"preset": "github", "secret": "first secret"}
    made = await api.post("integrations/", type="webhook", authentication={"hmac": hmac})
    path = f"integrations/{made['id']}/"
    shown = made["authentication"]["hmac"]
    assert (shown["secret"], shown["second_secret"], shown["header"]) == (MASK, None, "X-Hub-Signature-256")

    before = await stored(api, made["id"])
    assert "first secret" not in str(before)
    again = await api.put(path, authentication={"hmac": shown})
    assert (again["authentication"], await stored(api, made["id"])) == (made["authentication"], before)
    await api.put(path, authentication={"hmac": hmac})
    assert await stored(api, made["id"]) == before

    both = await api.put(
        path, authentication={"hmac": {"preset": "github", "second_secret": "second secret"}}
    )
    assert both["authentication"]["hmac"]["second_secret"] == MASK
    secrets = (await stored(api, made["id"]))["access"]["authentication"]["signature"]["secrets"]
    assert opened(api, secrets) == ["first secret", "second secret"]
    over = {"preset": "github", "secret": "second secret", "second_secret": None}
    await api.put(path, authentication={"hmac": over})
    secrets = (await stored(api, made["id"]))["access"]["authentication"]["signature"]["secrets"]
    assert opened(api, secrets) == ["second secret"]


async def test_a_method_that_is_not_sent_stays_and_null_takes_it_away(api: RunningApi) -> None:
    made = await api.post(
        "integrations/",
        type="webhook",
        authentication={"basic": {"username": "u", "password": "p"}, "ip_allow_list": ["10.1.2.3/8"]},
        rate_limit={"alerts_per_minute": 60},
    )
    path = f"integrations/{made['id']}/"
    assert made["rate_limit"] == {"alerts_per_minute": 60, "burst": 60}
    changed = await api.put(path, authentication={"ip_allow_list": None})
    assert changed["authentication"]["basic"] == {
        "username": "u",
        "password": MASK,
        "second_password": None,
    }
    assert changed["authentication"]["ip_allow_list"] == []
    cleared = await api.put(path, authentication=None, rate_limit=None)
    assert (cleared["authentication"], cleared["rate_limit"]) == (NOTHING, None)


@pytest.mark.parametrize(
    ("authentication", "words"),
    [
        ({"hmac": {"preset": "sentry"}}, "hmac.secret: This field is required"),
        ({"basic": {"username": "u", "password": MASK}}, "No value is stored"),
        ({"basic": {"username": "u", "password": "p"}, "bearer": {"token": "t"}}, "another header"),
        ({"hmca": {}}, "hmca"),
        ({"ip_allow_list": ["10.0.0.0/33"]}, "10.0.0.0/33"),
    ],
)
async def test_what_would_leave_it_open_or_shut_for_ever_is_refused_by_name(
    api: RunningApi, authentication: Any, words: str
) -> None:
    body = {"type": "webhook", "authentication": authentication}
    refused = await api.refused("POST", "integrations/", body)
    assert list(refused) == ["authentication"]
    assert words in refused["authentication"][0]


async def declared(api: RunningApi, how: str = "", **fields: Any) -> list[Any]:
    """Apply one integration and return what that changed; `how` is a parameter of the request."""
    integration = {"name": "Web", "type": "webhook", **fields}
    path = "config/apply" + (f"?{how}=true" if how else "")
    reply = await api.ask("POST", path, {"integrations": [integration]})
    assert reply.status == 200, reply
    changes: list[Any] = reply.body["changes"]
    return changes


async def test_a_declaration_fixes_access_wholly_and_shows_no_secret(api: RunningApi) -> None:
    hmac = {"preset": "grafana", "secret": "top secret", "second_secret": "other secret"}
    await declared(api, authentication={"hmac": hmac}, rate_limit={"alerts_per_minute": 5, "burst": 2})
    assert (
        await declared(api, authentication={"hmac": hmac}, rate_limit={"alerts_per_minute": 5, "burst": 2})
        == []
    )
    [shown] = await declared(
        api, how="dry_run", authentication={"hmac": {"preset": "grafana", "secret": "third"}}
    )
    assert "gAAAA" not in str(shown)
    assert "(secret)" in str(shown)
    [change] = await declared(api, authentication={"hmac": {"preset": "grafana"}})
    assert list(change["fields"]) == ["access"]
    [integration] = (await api.get("integrations/"))["results"]
    assert integration["authentication"]["hmac"]["second_secret"] is None
    assert integration["rate_limit"] is None
    secrets = (await stored(api, integration["id"]))["access"]["authentication"]["signature"]["secrets"]
    assert opened(api, secrets) == ["top secret"]
    await declared(api)
    [integration] = (await api.get("integrations/"))["results"]
    assert integration["authentication"] == NOTHING


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


async def rotated(api: RunningApi, integration_id: str, **body: Any) -> Any:
    reply = await api.ask("POST", f"integrations/{integration_id}/rotate_token", body or None)
    assert reply.status == 200, reply
    return reply.body


async def test_a_rotated_url_is_new_and_the_old_one_ends_when_it_was_told(api: RunningApi) -> None:
    made = await api.post("integrations/", type="webhook")
    first = await rotated(api, made["id"], keep_old_for="2h")
    second = await rotated(api, made["id"])

    assert len({made["link"], first["link"], second["link"]}) == 3
    assert (await api.get(f"integrations/{made['id']}/"))["link"] == second["link"]
    newest, oldest = second["former"]
    assert oldest["ending"] == made["link"].rstrip("/")[-4:]
    assert abs(at(oldest["valid_until"]) - clock.now() - timedelta(hours=2)) < timedelta(minutes=1)
    assert abs(at(newest["valid_until"]) - clock.now() - timedelta(days=1)) < timedelta(minutes=1)
    token = made["link"].rstrip("/").rsplit("/", 1)[1]
    assert token not in str(second) + str(await stored(api, made["id"]))


async def test_a_former_url_shows_its_uses_and_can_be_revoked_at_once(api: RunningApi) -> None:
    made = await api.post("integrations/", type="webhook")
    await rotated(api, made["id"], keep_old_for=3600)
    [kept] = (await stored(api, made["id"]))["access"]["former_tokens"]
    token = FormerToken.model_validate(kept)
    problem = Problem(integration_id=made["id"], where=token.where, message="used", count=3)
    for _ in range(2):
        await Problems(api.store).add([problem], clock.now())

    path = f"integrations/{made['id']}/tokens"
    [shown] = (await api.get(path))["former"]
    assert (shown["id"], shown["uses"], shown["last_used_at"] is not None) == (token.id, 6, True)
    await api.delete(f"{path}/{token.id}")
    assert (await api.get(path))["former"] == []
    assert await api.refused("DELETE", f"{path}/{token.id}", status=404) == {"detail": "Not found."}


async def test_a_rotation_that_keeps_nothing_or_too_much_or_is_misspelt(api: RunningApi) -> None:
    made = await api.post("integrations/", type="webhook")
    path = f"integrations/{made['id']}/rotate_token"
    for _ in range(10):
        await rotated(api, made["id"], keep_old_for=60)
    assert list(await api.refused("POST", path, {})) == ["keep_old_for"]
    assert len((await rotated(api, made["id"], keep_old_for=0))["former"]) == 10
    assert list(await api.refused("POST", path, {"keep_old_for": -1})) == ["keep_old_for"]
    assert list(await api.refused("POST", path, {"keep_old_for": "soon"})) == ["keep_old_for"]
    await api.refused("POST", "integrations/CNONE/rotate_token", {}, status=404)


async def test_a_declared_token_stands_and_a_former_one_of_another_is_refused(api: RunningApi) -> None:
    token = "a" * 20
    await declared(api, token=token)
    [integration] = (await api.get("integrations/"))["results"]
    await rotated(api, integration["id"], keep_old_for="1h")
    other = {"integrations": [{"name": "Other", "type": "webhook", "token": token}], "set": "other"}
    refused = await api.refused("POST", "config/apply", other)
    assert "rotated" in str(refused)
    by_hand = {"integrations": [{"name": "Web", "type": "webhook", "token": token}]}
    assert (await api.ask("POST", "config/apply", by_hand)).status == 409

    await declared(api, how="overwrite", token=token)

    tokens = await api.get(f"integrations/{integration['id']}/tokens")
    assert tokens["link"].rstrip("/").endswith(token)
    assert tokens["former"] == []


async def test_only_admins_rotate_and_users_may_send_demos(api: RunningApi) -> None:
    made = await api.post("integrations/", type="webhook")
    reader = {"Authorization": await api.new_token(scope="read")}
    for method, path in (("POST", "rotate_token"), ("POST", "demo"), ("DELETE", "tokens/x")):
        reply = await api.ask(method, f"integrations/{made['id']}/{path}", headers=reader)
        assert reply.status == 403
    assert (await api.ask("GET", f"integrations/{made['id']}/tokens", headers=reader)).status == 200


async def test_parallel_rotations_lose_no_url(api: RunningApi) -> None:
    made = await api.post("integrations/", type="webhook")
    replies = await asyncio.gather(*(rotated(api, made["id"], keep_old_for=60) for _ in range(5)))
    former = (await api.get(f"integrations/{made['id']}/tokens"))["former"]
    endings = {one["link"].rstrip("/")[-4:] for one in replies} | {made["link"].rstrip("/")[-4:]}
    current = (await api.get(f"integrations/{made['id']}/"))["link"].rstrip("/")[-4:]
    assert {one["ending"] for one in former} | {current} == endings
