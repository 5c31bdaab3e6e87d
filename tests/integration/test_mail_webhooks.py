"""What mail providers get at the receiver's webhooks, with a real broker and database behind it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.domain.ingest import alert_id
from shared.events import AlertReceived
from tests.integration.mail_running import DOMAIN, TO, TOKEN, MailReceiver, a_mail, a_mail_receiver
from tests.integration.receiver_running import events_in
from tests.support import mail_posts
from tests.support.mail_posts import AMAZON, CERTIFICATE_PATH, MAKES, SECRETS, Request

pytestmark = pytest.mark.integration
NO_BROKER = "amqp://guest:guest@127.0.0.1:1/"
HOOK = "/integrations/v1/inbound_email_webhook"
PLAIN = a_mail(Message_ID="<1@example.com>", Date="Mon, 05 Jan 2026 12:00:00 +0000").as_bytes()
SETTINGS: dict[str, Any] = {
    "inbound_email_esp": ",".join(MAKES),
    "ingest_url": mail_posts.URL.removesuffix(HOOK),
    **{f"inbound_email_{slug}_secret": secret for slug, secret in SECRETS.items() if secret},
}


class Amazon:
    """Plays Amazon's host: hands out the certificate, hears who confirms."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        app = web.Application()
        app.router.add_get("/{rest:.*}", self._answer)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/")).rstrip("/")

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.raw_path)
        return web.Response(body=AMAZON.pem, status=self.status)


@pytest.fixture
async def amazon() -> AsyncIterator[Amazon]:
    double = Amazon()
    await double.server.start_server()
    yield double
    await double.server.close()


@pytest.fixture
async def mails(amqp_url: str, mongo_url: str, tmp_path: Path, amazon: Amazon) -> AsyncIterator[MailReceiver]:
    async with a_mail_receiver(
        amqp_url, tmp_path, mongo_url, amazon_sns_endpoint=amazon.url, **SETTINGS
    ) as mails:
        await mails.receiver.connected()
        yield mails


async def post(mails: MailReceiver, request: Request, path: str = HOOK) -> tuple[int, Any]:
    return await mails.receiver.post(path, data=request.body, headers=dict(request.headers))


def made(slug: str, amazon: Amazon, to: str = TO, raw: bytes = PLAIN, now: datetime | None = None) -> Request:
    """A request of a provider; Amazon's names the double as its host."""
    request = MAKES[slug][0](raw, to, now or datetime.now(UTC))
    if slug != "amazon_ses":
        return request
    body = request.body.replace(b"https://sns.eu-west-1.amazonaws.com", amazon.url.encode())
    return dataclasses.replace(request, body=body)


async def test_whichever_provider_brings_a_mail_it_is_one_alert(
    mails: MailReceiver, amazon: Amazon, amqp_url: str
) -> None:
    for slug in MAKES:
        for path in (HOOK, f"{HOOK}/{slug}", f"{HOOK}/{slug}/"):
            # Mandrill signs the address, and was given the first.
            if slug != "mandrill" or path == HOOK:
                status, answer = await post(mails, made(slug, amazon), path)
                assert (status, answer["ids"]) == (200, [alert_id("CMAIL", "<1@example.com>")]), (
                    slug,
                    answer,
                )
    [event] = await events_in(amqp_url, "tocsin.router", 1)
    assert isinstance(event, AlertReceived)
    assert event.alert.payload["subject"] == "Disk full"
    assert event.alert.payload["to"] == [f"***@{DOMAIN}"]
    assert amazon.asked == [f"/{CERTIFICATE_PATH}"]  # kept


async def test_refusals_say_what_to_mend_and_accept_nothing(mails: MailReceiver, amazon: Amazon) -> None:
    for slug in MAKES:
        bare = Request(made(slug, amazon).body, {"content-type": "application/json"})
        wrong = {"mailgun": 401, "amazon_ses": 200}.get(slug, 401)
        assert (await post(mails, bare, f"{HOOK}/{slug}"))[0] == wrong, slug
        for to, expected in ((f"{TOKEN}@elsewhere.example.com", 400), (f"nobody@{DOMAIN}", 403)):
            path = HOOK if slug == "mandrill" else f"{HOOK}/{slug}"
            assert (await post(mails, made(slug, amazon, to), path))[0] == expected, (slug, to)
    late = made("mailgun", amazon, now=datetime.now(UTC) - timedelta(days=1))
    assert (await post(mails, late, f"{HOOK}/mailgun"))[0] == 401
    status, answer = await post(mails, Request(b"x=1", {"content-type": "application/x-www-form-urlencoded"}))
    assert (status, "Mailgun: " in answer["detail"], "Postal: " in answer["detail"]) == (403, True, True)
    assert (await post(mails, made("mailgun", amazon), f"{HOOK}/gmail"))[0] == 404


async def test_a_signature_that_came_with_another_mail_is_refused_and_a_retry_is_not(
    mails: MailReceiver, amazon: Amazon
) -> None:
    now = datetime.now(UTC)
    first = made("mailgun", amazon, now=now)
    other = made("mailgun", amazon, raw=a_mail("another text").as_bytes(), now=now)
    assert (await post(mails, first))[0] == 200
    assert (await post(mails, first))[0] == 200
    assert (await post(mails, other, f"{HOOK}/mailgun"))[0] == 406


async def test_methods_and_the_question_whether_anybody_is_there(mails: MailReceiver) -> None:
    for path in (HOOK, HOOK + "/", f"{HOOK}/mailgun"):
        async with mails.receiver.client.head(mails.receiver.url + path) as answer:
            assert answer.status == 200
        for method in ("GET", "PUT", "DELETE"):
            async with mails.receiver.client.request(method, mails.receiver.url + path) as answer:
                assert (answer.status, answer.headers["Allow"]) == (405, "HEAD, POST")


async def test_bounces_are_taken_from_the_provider_and_are_no_alert(
    mails: MailReceiver, amazon: Amazon
) -> None:
    bounce = a_mail(Auto_Submitted="auto-replied").as_bytes()
    status, answer = await post(mails, made("sendgrid", amazon, raw=bounce))
    assert (status, answer["ids"], "automatic reply" in answer["detail"]) == (200, [], True)


async def test_without_broker_and_disk_each_provider_is_told_to_come_again_in_its_own_way(
    mongo_url: str, tmp_path: Path, amazon: Amazon
) -> None:
    async with a_mail_receiver(NO_BROKER, tmp_path, mongo_url, spool_max_bytes=1, **SETTINGS) as mails:
        assert (await post(mails, made("postmark", amazon), f"{HOOK}/postmark"))[0] == 503
        assert (await post(mails, made("postal", amazon), f"{HOOK}/postal"))[0] == 429


async def test_a_mail_has_no_url(mails: MailReceiver) -> None:
    for path in ("", "heartbeat/"):
        status, text = await mails.receiver.post(f"/integrations/v1/inbound_email/{TOKEN}/{path}", json={})
        assert (status, "has no URL" in text) == (400, True)


SNS = "/integrations/v1/amazon_sns/snstoken/"
ALARM = {"Type": "Notification", "Message": '{"AlarmName": "checkout-5xx", "NewStateValue": "ALARM"}'}


async def test_a_verified_notification_is_an_alert_and_its_retry_the_same(
    mails: MailReceiver, amazon: Amazon, amqp_url: str
) -> None:
    for version in ("1", "2"):
        status, answer = await post(mails, mail_posts.sns(ALARM, amazon.url, version), SNS)
        assert (status, answer["id"]) == (200, alert_id("CSNS", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"))
    [event] = await events_in(amqp_url, "tocsin.router", 1)
    assert isinstance(event, AlertReceived)
    assert event.alert.payload["AlarmName"] == "checkout-5xx"
    assert event.alert.payload["sns"]["state"] == "ALARM"
    assert amazon.asked == [f"/{CERTIFICATE_PATH}"]


async def test_a_subscription_is_confirmed_only_after_its_signature_was_verified(
    mails: MailReceiver, amazon: Amazon
) -> None:
    good = mail_posts.sns({"Type": "SubscriptionConfirmation"}, amazon.url)
    forged = Request(good.body.replace(b'"Token": "abc"', b'"Token": "abd"'), good.headers)
    assert forged.body != good.body
    assert (await post(mails, forged, SNS))[0] == 403
    assert amazon.asked == [f"/{CERTIFICATE_PATH}"]
    assert (await post(mails, good, SNS))[0] == 200
    assert amazon.asked[1:] == ["/?Action=ConfirmSubscription&Token=abc"]
    assert (await post(mails, mail_posts.sns({"Type": "UnsubscribeConfirmation"}, amazon.url), SNS))[0] == 200
    assert len(amazon.asked) == 2


async def test_what_amazon_did_not_sign_is_403_and_accepted_nowhere(
    mails: MailReceiver, amazon: Amazon
) -> None:
    good = mail_posts.sns(ALARM, amazon.url)
    raw = Request(b'{"AlarmName": "x"}', {"x-amz-sns-rawdelivery": "true"})
    for request in (
        Request(good.body.replace(b"ALARM", b"OK"), good.headers),
        Request(b'{"AlarmName": "x"}'),
        mail_posts.sns(ALARM, "https://evil.example.com"),
        raw,
    ):
        assert (await post(mails, request, SNS))[0] == 403
    amazon.status = 404
    other = good.body.replace(b"0123456789abcdef", b"fedcba9876543210")
    assert (await post(mails, Request(other, good.headers), SNS))[0] == 403
    amazon.status = 500
    assert (await post(mails, Request(other, good.headers), SNS))[0] == 503
    assert await mails.receiver.metric("tocsin_ingest_accepted_total", where="broker") == 0


async def test_raw_deliveries_are_taken_where_the_server_was_told_so(
    amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url, amazon_sns_raw=True) as mails:
        for body in (b'{"AlarmName": "x"}', b"plain text"):
            status, _ = await post(mails, Request(body, {"x-amz-sns-rawdelivery": "true"}), SNS)
            assert status // 100 == 2
        found = await events_in(amqp_url, "tocsin.router", 2)
    assert {one.alert.payload.get("message") for one in found if isinstance(one, AlertReceived)} == {
        None,
        "plain text",
    }
