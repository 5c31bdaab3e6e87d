"""What a sender must show a running receiver besides the URL, over real HTTP."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import io
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from shared import clock
from shared.domain.access import (
    LAYOUTS,
    Access,
    Authentication,
    BasicMethod,
    BearerMethod,
    FormerToken,
    RateLimit,
    SignatureMethod,
)
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.events import AlertReceived, StageDecided
from shared.secrets import Secrets, digest, new_key
from tests.integration.receiver_running import RunningReceiver, a_receiver, events_in

pytestmark = pytest.mark.integration
KEY = new_key()
SECRET = "no log may hold this"
BODY = b'{"title": "Disk full"}'


def an_integration(name: str, **access: Any) -> Integration:
    return Integration(
        id=f"C{name.upper()}", name=name, type="webhook", token_digest=digest(name), access=Access(**access)
    )


def encrypted(*texts: str) -> tuple[str, ...]:
    return tuple(Secrets(KEY).encrypt(one) for one in texts)


def authenticated(name: str, **methods: Any) -> Integration:
    return an_integration(name, authentication=Authentication(**methods))


def path_of(name: str) -> str:
    return f"/integrations/v1/webhook/{name}/"


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"u:{password}".encode()).decode()}


INTEGRATIONS = (
    authenticated(
        "signed", signature=SignatureMethod(layout=LAYOUTS["github"], secrets=encrypted("new", SECRET))
    ),
    authenticated("basic", basic=BasicMethod(username="u", passwords=encrypted(SECRET))),
    authenticated("bearer", bearer=BearerMethod(tokens=encrypted(SECRET))),
    authenticated("local", addresses=("192.0.2.0/24", "2001:db8::/32")),
    authenticated("broken", bearer=BearerMethod(tokens=("not ciphertext",))),
    an_integration("limited", rate_limit=RateLimit(alerts_per_minute=1, burst=3)),
    an_integration(
        "rotated",
        former_tokens=(
            FormerToken(digest=digest("still"), ending="till", valid_until=clock.now() + timedelta(hours=1)),
            FormerToken(digest=digest("over"), ending="over", valid_until=clock.now() - timedelta(hours=1)),
        ),
    ),
)
CONFIGURATION = ConfigSnapshot(version=7, integrations=INTEGRATIONS)


@pytest.fixture
async def receiver(amqp_url: str, tmp_path: Path) -> AsyncIterator[RunningReceiver]:
    settings = {"secret_key": KEY, "trusted_proxies": "127.0.0.1"}
    async with a_receiver(amqp_url, tmp_path, CONFIGURATION, **settings) as receiver:
        await receiver.connected()
        yield receiver


async def refused(receiver: RunningReceiver, name: str, **more: Any) -> tuple[int, str, str | None]:
    """Return status, sentence and challenge."""
    async with receiver.client.post(receiver.url + path_of(name), **more) as answer:
        return answer.status, await answer.text(), answer.headers.get("WWW-Authenticate")


async def test_a_signed_body_is_taken_and_any_other_is_refused_with_the_way_to_mend_it(
    receiver: RunningReceiver, amqp_url: str
) -> None:
    for headers in (signed(BODY), signed(BODY, "new")):
        status, _ = await receiver.post(path_of("signed"), data=BODY, headers=headers)
        assert status == 200
    status, text, _ = await refused(receiver, "signed", data=BODY)
    assert (status, "X-Hub-Signature-256" in text) == (401, True)
    status, text, _ = await refused(receiver, "signed", data=BODY + b" ", headers=signed(BODY))
    assert (status, "HMAC-SHA256" in text) == (401, True)
    assert await receiver.metric("tocsin_ingest_refused_total", reason="no_signature") == 1
    assert await receiver.metric("tocsin_ingest_refused_total", reason="wrong_signature") == 1
    found = await events_in(amqp_url, "tocsin.router", 2)
    assert len(found) == 2


async def test_a_packed_body_is_signed_as_it_was_before_it_was_packed(receiver: RunningReceiver) -> None:
    headers = {**signed(BODY), "Content-Encoding": "gzip"}
    assert (await receiver.post(path_of("signed"), data=gzip.compress(BODY), headers=headers))[0] == 200


async def test_a_body_over_the_limit_is_refused_before_its_signature_is_looked_at(
    receiver: RunningReceiver,
) -> None:
    body = b" " * (receiver.running.settings.max_body_bytes + 1)
    assert (await refused(receiver, "signed", data=io.BytesIO(body)))[0] == 413


async def test_basic_and_bearer_are_asked_for_before_the_body_is_read(receiver: RunningReceiver) -> None:
    assert (await receiver.post(path_of("basic"), json={}, headers=basic(SECRET)))[0] == 200
    bearer = {"Authorization": f"Bearer {SECRET}"}
    assert (await receiver.post(path_of("bearer"), json={}, headers=bearer))[0] == 200
    for name, scheme in (("basic", "Basic"), ("bearer", "Bearer")):
        status, text, challenge = await refused(receiver, name, data=b"{")
        assert (status, scheme.lower() in text.lower()) == (401, True)
        assert challenge is not None
        assert challenge.startswith(scheme)
    assert (await refused(receiver, "basic", json={}, headers=basic("x")))[0] == 401
    assert await receiver.metric("tocsin_ingest_refused_total", reason="wrong_credentials") == 1


async def test_the_allow_list_is_held_to_what_the_trusted_proxy_saw(receiver: RunningReceiver) -> None:
    for forwarded, status in (
        ("192.0.2.7", 200),
        ("2001:db8::7", 200),
        ("203.0.113.1", 403),
        ("192.0.2.7, 203.0.113.1", 403),
        ("nonsense", 403),
    ):
        headers = {"X-Forwarded-For": forwarded}
        assert (await receiver.post(path_of("local"), json={}, headers=headers))[0] == status, forwarded
    status, text, _ = await refused(receiver, "local", json={}, headers={"X-Forwarded-For": "203.0.113.1"})
    assert (status, "203.0.113.1" in text, "ip_allow_list" in text) == (403, True, True)


async def test_without_trusted_proxies_nobody_can_claim_an_address(amqp_url: str, tmp_path: Path) -> None:
    async with a_receiver(amqp_url, tmp_path, CONFIGURATION, secret_key=KEY) as receiver:
        await receiver.connected()
        headers = {"X-Forwarded-For": "192.0.2.7"}
        assert (await receiver.post(path_of("local"), json={}, headers=headers))[0] == 403


async def test_heartbeats_and_pages_are_held_to_all_but_a_signature_of_nothing(
    receiver: RunningReceiver,
) -> None:
    async def ping(name: str, method: str = "POST", **more: Any) -> int:
        url = f"{receiver.url}{path_of(name)}heartbeat/"
        async with receiver.client.request(method, url, **more) as answer:
            return answer.status

    assert await ping("basic") == await ping("basic", "GET") == 401
    assert await ping("basic", headers=basic(SECRET)) == 200
    assert await ping("local", headers={"X-Forwarded-For": "203.0.113.1"}) == 403
    assert await ping("signed") == await ping("signed", "GET") == 200
    assert await ping("signed", data=BODY) == 401
    assert await ping("signed", data=BODY, headers=signed(BODY)) == 200
    async with receiver.client.get(receiver.url + path_of("basic")) as answer:
        assert answer.status == 401


async def test_secrets_that_do_not_open_let_nobody_in(receiver: RunningReceiver) -> None:
    async with receiver.client.post(
        receiver.url + path_of("broken"), json={}, headers={"Authorization": "Bearer x"}
    ) as answer:
        assert (answer.status, "Retry-After" in answer.headers) == (503, True)


async def test_neither_secret_nor_signature_is_logged(
    receiver: RunningReceiver, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = signed(BODY, "guess")
    await refused(receiver, "signed", data=BODY, headers=wrong)
    await refused(receiver, "basic", json={}, headers=basic("guess"))
    await receiver.post(path_of("basic"), json={}, headers=basic(SECRET))
    out, err = capfd.readouterr()
    assert "wrong_signature" in out + err
    for text in (SECRET, wrong["X-Hub-Signature-256"], basic("guess")["Authorization"][6:], "guess"):
        assert text not in out + err


async def test_above_its_limit_an_integration_gets_429_whole_bodies_only_and_the_others_nothing_of_it(
    receiver: RunningReceiver, amqp_url: str
) -> None:
    statuses = [(await receiver.post(path_of("limited"), json={"n": n}))[0] for n in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    async with receiver.client.post(receiver.url + path_of("limited"), json={}) as answer:
        assert 50 <= int(answer.headers["Retry-After"]) <= 60
        assert "rate_limit" in await answer.text()
    async with receiver.client.get(f"{receiver.url}{path_of('limited')}heartbeat/") as answer:
        assert answer.status == 200
    assert (await receiver.post(path_of("rotated"), json={}))[0] == 200
    assert await receiver.metric("tocsin_ingest_refused_total", reason="rate_limited") == 3
    assert len(await events_in(amqp_url, "tocsin.router", 4)) == 4


async def test_a_body_that_is_refused_for_another_reason_takes_nothing_of_the_limit(
    receiver: RunningReceiver,
) -> None:
    too_long = {"Idempotency-Key": "k" * 300}
    for _ in range(5):
        assert (await receiver.post(path_of("limited"), json={}, headers=too_long))[0] == 400
    assert (await receiver.post(path_of("limited"), json={}))[0] == 200


async def test_a_former_url_is_taken_until_its_time_is_over_and_people_hear_of_it(
    receiver: RunningReceiver, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.receiver.notices.TELL_EVERY_S", 0.1)
    for name in ("still", "still", "rotated"):
        assert (await receiver.post(path_of(name), json={}))[0] == 200
    status, text, _ = await refused(receiver, "over", json={})
    assert (status, "new URL" in text) == (403, True)
    assert await receiver.metric("tocsin_ingest_refused_total", reason="expired_token") == 1

    counts = await told_problems(amqp_url, 3)

    assert {key: count for key, count in counts.items() if "still used" in key[1]} == {
        (f"token {digest('still')[:12]}", next(key[1] for key in counts if "ends in till" in key[1])): 2
    }
    assert [count for key, count in counts.items() if "after its time" in key[1]] == [1]


async def told_problems(amqp_url: str, at_least: int) -> dict[tuple[str, str], int]:
    """Return how often each problem was told to the recorder, once `at_least` are."""
    counts: dict[tuple[str, str], int] = {}
    async with asyncio.timeout(60):
        while sum(counts.values()) < at_least:
            for event in await events_in(amqp_url, "tocsin.recorder", 1):
                for one in event.problems if isinstance(event, StageDecided) else ():
                    key = (one.where, one.message)
                    counts[key] = counts.get(key, 0) + one.count
    return counts


async def test_no_header_makes_a_server_error(receiver: RunningReceiver, amqp_url: str) -> None:
    """Raw sockets, so that the client's library cannot mend what is sent."""
    dice = random.Random(20_260_105)
    names = ("Authorization", "X-Hub-Signature-256", "X-Forwarded-For", "Idempotency-Key", "Content-Type")
    starts = (b"", b"Basic ", b"Bearer ", b"sha256=", b"192.0.2.1, ", b"t=1,v1=")
    alphabet = bytes(one for one in range(9, 256) if one not in (10, 13))
    for number in range(400):
        name = INTEGRATIONS[number % 4].name
        heads = [
            f"{header}: ".encode() + dice.choice(starts) + bytes(dice.choices(alphabet, k=dice.randrange(60)))
            for header in dice.sample(names, 3)
        ]
        assert await raw_status(receiver, name, heads) < 500, (name, heads)


async def raw_status(receiver: RunningReceiver, name: str, heads: list[bytes]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.running.port)
    request = [
        f"POST {path_of(name)} HTTP/1.1".encode(),
        b"Host: x",
        b"Content-Length: 2",
        *heads,
        b"",
        b"{}",
    ]
    writer.write(b"\r\n".join(request))
    line = await asyncio.wait_for(reader.readline(), 60)
    writer.close()
    return int(line.split()[1])


async def test_an_accepted_alert_is_the_one_that_was_signed(receiver: RunningReceiver, amqp_url: str) -> None:
    await receiver.post(path_of("signed"), data=BODY, headers=signed(BODY))
    [event] = await events_in(amqp_url, "tocsin.router", 1)
    assert isinstance(event, AlertReceived)
    assert event.alert.payload == orjson.loads(BODY)
