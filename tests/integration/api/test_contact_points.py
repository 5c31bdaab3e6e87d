"""Contact points over the public API: proved by a code that a real notifier sends to a real mail server."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from services.api.api import API
from services.api.verification import confirm_link
from shared import clock
from shared.domain.configuration import User
from shared.store.configuration import ConfigurationStore
from tests.integration.api.acting_running import telling_api
from tests.integration.api.api_running import Reply, RunningApi
from tests.support.one_service import until
from tests.support.smtp_double import SmtpDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
PUSHOVER = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    servers: Servers, smtp: SmtpDouble, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApi]:
    """One api, notifier and recorder for the module; every test has people of its own."""
    folder = tmp_path_factory.mktemp("contacts")
    async with telling_api(servers, folder, smtp, telegram_bot="tocsin_bot") as running:
        yield running


class Person:
    """A user with a token, who speaks for himself."""

    def __init__(self, api: RunningApi, user: dict[str, Any], token: str) -> None:
        self.api = api
        self.id = user["id"]
        self._token = token

    async def ask(self, method: str, path: str = "contact_points", user_id: str = "", **body: Any) -> Reply:
        headers = {"Authorization": self._token}
        return await self.api.ask(method, f"users/{user_id or self.id}/{path}", body, headers=headers)

    async def add(self, kind: str, address: str | None = None) -> dict[str, Any]:
        reply = await self.ask("POST", kind=kind, address=address)
        assert reply.status == 201, reply
        assert isinstance(reply.body, dict)
        return reply.body

    async def stored(self) -> User:
        return (await ConfigurationStore(self.api.store).load()).user_by_id[self.id]


async def a_person(api: RunningApi, role: str = "viewer", **fields: Any) -> Person:
    user = await api.post("users/", username=uuid.uuid4().hex, role=role, **fields)
    return Person(api, user, await api.new_token(user_id=user["id"]))


def an_address() -> str:
    return f"{uuid.uuid4().hex}@example.org"


async def code_sent_to(smtp: SmtpDouble, address: str, count: int = 1) -> str:
    """Wait for so many mails to an address; return the code of the last one."""
    await until(lambda: len([one for one in smtp.mails if one.recipient == address]) >= count)
    mail = [one for one in smtp.mails if one.recipient == address][-1]
    found = re.search(r"\b(\d{6})\b", mail.message.get_content())
    assert found is not None
    return found[1]


async def test_an_address_counts_once_the_code_that_went_there_came_back(api: RunningApi, smtp: SmtpDouble):
    person, address = await a_person(api), an_address()
    point = await person.add("email", address)
    assert (point["is_usable"], (await person.stored()).contact("email")) == (False, None)

    sent = await person.ask("POST", f"contact_points/{point['id']}/send_code")
    code = await code_sent_to(smtp, address)
    verified = await person.ask("POST", f"contact_points/{point['id']}/verify", code=code)

    assert (sent.status, sent.body["channel"]) == (202, "email")
    assert (verified.status, verified.body["vouched_for_by"]) == (200, "code")
    usable = (await person.stored()).contact("email")
    assert usable is not None
    assert usable.address == address
    again = await person.ask("POST", f"contact_points/{point['id']}/verify", code=code)
    assert (again.status, list(again.body)) == (400, ["code"])


async def test_the_code_stands_nowhere_but_in_the_mail(
    api: RunningApi, smtp: SmtpDouble, capsys: pytest.CaptureFixture[str]
):
    person, address = await a_person(api), an_address()
    point = await person.add("email", address)
    await person.ask("POST", f"contact_points/{point['id']}/send_code")
    code = await code_sent_to(smtp, address)

    async def is_journalled() -> bool:
        pages = await api.store.collection("journal").find({"entries": {"$regex": "notice.requested"}})
        return any(point["id"] in one["entries"] for one in pages)

    await until(is_journalled)

    def without_numbers(text: str) -> str:
        return re.sub(r"\d{7,}|\d{4}-\d\d-\d\d\S*|\.\d+|[0-9a-f]{8,}", "", text)

    for name in ("journal", "deliveries", "contact_codes", "contact_sends", "configuration_audit", "users"):
        stored = str(await api.store.collection(name).find({}))
        assert code not in without_numbers(stored), name
    assert code not in without_numbers(capsys.readouterr().out)


async def test_five_wrong_codes_make_the_right_one_void(api: RunningApi, smtp: SmtpDouble):
    person, address = await a_person(api), an_address()
    path = f"contact_points/{(await person.add('email', address))['id']}"
    await person.ask("POST", f"{path}/send_code")
    code = await code_sent_to(smtp, address)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    for tries_left in (4, 3, 2, 1, 0):
        reply = await person.ask("POST", f"{path}/verify", code=wrong)
        assert (reply.status, f"{tries_left} tries" in str(reply.body)) == (400, tries_left > 0)
    assert (await person.ask("POST", f"{path}/verify", code=code)).status == 400
    assert (await person.stored()).contact("email") is None

    await person.ask("POST", f"{path}/send_code")
    newer = await code_sent_to(smtp, address, 2)
    assert (await person.ask("POST", f"{path}/verify", code=newer)).status == 200


async def test_a_code_is_of_no_use_after_ten_minutes_or_for_another_address(
    api: RunningApi, smtp: SmtpDouble
):
    person, address = await a_person(api), an_address()
    point, other = await person.add("email", address), await person.add("email", an_address())
    await person.ask("POST", f"contact_points/{other['id']}/send_code")
    await person.ask("POST", f"contact_points/{point['id']}/send_code")
    code = await code_sent_to(smtp, address)

    assert (await person.ask("POST", f"contact_points/{other['id']}/verify", code=code)).status == 400
    real = clock.use(lambda: real() + timedelta(minutes=10, seconds=1))
    try:
        late = await person.ask("POST", f"contact_points/{point['id']}/verify", code=code)
    finally:
        clock.use(real)
    assert (late.status, list(late.body)) == (400, ["code"])


async def test_an_address_gets_five_codes_an_hour_and_the_answer_says_when_to_come_again(api: RunningApi):
    person = await a_person(api)
    path = f"contact_points/{(await person.add('email', an_address()))['id']}/send_code"

    answers = [await person.ask("POST", path) for _ in range(6)]

    assert [one.status for one in answers] == [202] * 5 + [429]
    assert 3590 <= int(answers[-1].headers["Retry-After"]) <= 3601
    real = clock.use(lambda: real() + timedelta(hours=1, seconds=2))
    try:
        assert (await person.ask("POST", path)).status == 202
    finally:
        clock.use(real)


async def test_what_an_admin_enters_needs_no_code_and_secrets_are_neither_stored_nor_shown(api: RunningApi):
    person = await a_person(api)

    shown = await api.post(f"users/{person.id}/contact_points", kind="pushover", address=PUSHOVER)

    assert (shown["is_usable"], shown["vouched_for_by"]) == (True, "admin")
    stored = await api.store.collection("users").find_one({"_id": person.id})
    audit = await api.store.collection("configuration_audit").find({"object_id": person.id})
    listed = (await person.ask("GET")).body
    for text in (str(shown), str(stored), str(audit), str(listed)):
        assert PUSHOVER not in text
    assert listed["results"] == [shown]
    again = await api.post(f"users/{person.id}/contact_points", kind="pushover", address=PUSHOVER)
    assert again["id"] == shown["id"]
    await api.delete(f"users/{person.id}/contact_points/{shown['id']}")
    await api.refused("DELETE", f"users/{person.id}/contact_points/{shown['id']}", status=404)


async def test_contact_points_are_a_persons_own(api: RunningApi):
    person, other = await a_person(api, "editor"), await a_person(api)
    point = await other.add("email", an_address())
    path = f"contact_points/{point['id']}"

    for method, inner, body in (
        ("POST", "contact_points", {"kind": "email", "address": an_address()}),
        ("DELETE", path, {}),
        ("POST", f"{path}/send_code", {}),
        ("POST", f"{path}/verify", {"code": "123456"}),
        ("POST", "test_notification", {"channel": "email"}),
    ):
        assert (await person.ask(method, inner, other.id, **body)).status == 403
    assert (await person.ask("DELETE", path, "current")).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "pigeon", "address": "x"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": "phone", "address": "030 1234"}, "address"),
        ({"kind": "email"}, "address"),
        ({"kind": "webhook", "address": 7}, "address"),
    ],
)
async def test_what_is_no_contact_point_is_refused_by_name(api: RunningApi, body: dict[str, Any], field: str):
    person = await a_person(api)

    reply = await person.ask("POST", **body)

    assert (reply.status, list(reply.body)) == (400, [field])


async def test_no_code_is_promised_over_a_channel_that_is_not_set_up(api: RunningApi):
    person = await a_person(api)
    point = await person.add("phone", "+49 30 123456")

    for channel in (None, "sms", "phone_call"):
        reply = await person.ask("POST", f"contact_points/{point['id']}/send_code", channel=channel)
        assert (reply.status, list(reply.body)) == (400, ["channel"])
    reply = await person.ask("POST", f"contact_points/{point['id']}/send_code", channel="email")
    assert reply.body == {"channel": ["Must be one of sms, phone_call."]}


async def test_a_chat_is_linked_by_what_the_person_sends_from_there_once(api: RunningApi):
    person = await a_person(api)
    made = await person.add("telegram")
    token = made["link"].removeprefix("https://t.me/tocsin_bot?start=")
    assert made["command"] == f"/start {token}"
    running = api.running.io.http[API]

    refused = await confirm_link(running, "telegram", "x" * 32, "777")
    done = await confirm_link(running, "telegram", token, "777")
    again = await confirm_link(running, "telegram", token, "888")

    point = (await person.stored()).contact("telegram")
    assert point is not None
    assert (point.address, done.startswith("Done")) == ("777", True)
    assert refused == again


async def test_a_test_is_sent_and_its_outcome_answered(api: RunningApi, smtp: SmtpDouble):
    address = an_address()
    person = await a_person(api, email=address)

    good = await person.ask("POST", "test_notification", channel="email")
    bad = await person.ask("POST", "test_notification", channel="sms")
    wrong = await person.ask("POST", "test_notification", channel="pigeon")

    assert (good.status, good.body["state"], good.body["attempts"]) == (200, "sent", 1)
    assert [one.message["Subject"] for one in smtp.mails if one.recipient == address] == [
        "Tocsin: this is a test"
    ]
    assert (bad.status, bad.body["state"]) == (200, "failed")
    assert "not set up" in bad.body["reason"] or "does not" in bad.body["reason"]
    assert list(wrong.body) == ["channel"]
