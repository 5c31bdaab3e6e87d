"""What every mail provider promises: its own requests pass and are read alike, anybody else's are refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ingest import Refused
from shared.mail_providers.form import form_of
from shared.mail_providers.provider import Confirm, Ignored, Post, Proof, Provider, Received
from shared.mail_providers.registry import PROVIDERS, slugs_of
from tests.support import mail_posts
from tests.support.certificates import a_certificate
from tests.support.mail_posts import AMAZON, MAKES, SECRETS, SENDER, URL, Make, Request

NOW = datetime.now(UTC)
TO = "token+db1@alerts.example.com"
RAW = (
    b"From: Monitoring <mon@example.com>\r\nTo: token+db1@alerts.example.com\r\nSubject: Disk full on db1\r\n"
    b"Message-ID: <1@example.com>\r\nDate: Mon, 05 Jan 2026 12:00:00 +0000\r\n\r\n2 GB left\r\n"
)
ALL = [
    pytest.param(PROVIDERS[slug], make, id=make.__name__) for slug, makes in MAKES.items() for make in makes
]
FIRST = [pytest.param(PROVIDERS[slug], makes[0], id=slug) for slug, makes in MAKES.items()]


_NAMES: Any = st.sampled_from(
    [
        *("msys", "relay_message", "content", "email_rfc822", "email_rfc822_is_base64", "message", "base64"),
        *("Headers", "OriginalRecipient", "FromFull", "Recipient"),
        *("Type", "Message", "SignatureVersion", "Signature", "SigningCertURL"),
    ]
)
KINDS = ["application/json", "multipart/form-data; boundary=X", "application/x-www-form-urlencoded", ""]


def post_of(request: Request) -> Post:
    form = form_of(request.body, request.headers.get("content-type", ""))
    return Post(URL, dict(request.headers), request.body, form)


def proof_of(provider: Provider) -> Proof:
    return Proof(SECRETS[provider.slug], AMAZON.pem if provider.slug == "amazon_ses" else b"")


def verified(provider: Provider, request: Request, now: datetime = NOW) -> None:
    post = post_of(request)
    provider.certificate(post)
    provider.verify(post, proof_of(provider), now)


def test_every_provider_is_in_this_suite() -> None:
    assert set(PROVIDERS) == set(MAKES) == set(SECRETS)
    assert all(bool(one.secret) == bool(SECRETS[slug]) for slug, one in PROVIDERS.items())


@pytest.mark.parametrize(("provider", "make"), ALL)
def test_its_own_request_passes_and_says_what_the_mail_says(provider: Provider, make: Make) -> None:
    request = make(RAW, TO, NOW)
    verified(provider, request)
    content = provider.read(post_of(request))

    assert isinstance(content, tuple)
    [received] = content
    assert isinstance(received, Received)
    assert received.recipients == (TO,)
    assert received.sender in (SENDER, "")
    mail = received.mail
    assert (mail.subject, mail.message) == ("Disk full on db1", "2 GB left")
    assert (mail.sender, mail.sender_name) == ("mon@example.com", "Monitoring")
    assert (mail.message_id, mail.to) == ("<1@example.com>", (TO,))
    assert mail.date == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert mail.unwanted == ""


@pytest.mark.parametrize(("provider", "make"), FIRST)
def test_a_request_without_proof_is_refused(provider: Provider, make: Make) -> None:
    request = make(RAW, TO, NOW)
    bare = Request(request.body, {"content-type": request.headers["content-type"]})
    if provider.slug in ("mailgun", "amazon_ses"):  # their proof is inside of the body
        bare = Request(b"recipient=x", {"content-type": "application/x-www-form-urlencoded"})
    for one in (bare, Request(b"{}"), Request(b"")):
        with pytest.raises(Refused) as refused:
            verified(provider, one)
        assert refused.value.status in (401, 403)


@pytest.mark.parametrize(("provider", "make"), FIRST)
def test_the_proof_of_another_secret_is_refused(provider: Provider, make: Make) -> None:
    post = post_of(make(RAW, TO, NOW))
    others: dict[str, Proof] = {
        "sendgrid": Proof(
            mail_posts._der(mail_posts.ec.generate_private_key(mail_posts.ec.SECP256R1()).public_key())
        ),
        "postal": Proof(SECRETS["sendgrid"]),
        "amazon_ses": Proof(certificate_pem=a_certificate("sns.amazonaws.com").pem),
    }
    for proof in (others.get(provider.slug, Proof("another")), Proof(""), Proof("nonsense", b"nonsense")):
        with pytest.raises(Refused) as refused:
            provider.verify(post, proof, NOW)
        assert refused.value.status in (401, 403)


@pytest.mark.parametrize("slug", ["mandrill", "sendgrid", "postal", "amazon_ses"])
def test_where_the_body_is_signed_not_a_letter_of_it_can_be_changed(slug: str) -> None:
    request = MAKES[slug][0](RAW, TO, NOW)
    changed = request.body.replace(b"1", b"2")
    if slug == "amazon_ses":
        fields = json.loads(request.body)
        changed = json.dumps({**fields, "Message": fields["Message"].replace("token", "taken")}).encode()
    assert changed != request.body
    with pytest.raises(Refused):
        verified(PROVIDERS[slug], Request(changed, request.headers))


@pytest.mark.parametrize(
    ("slug", "fresh_for"), [("mailgun", timedelta(hours=12)), ("sendgrid", timedelta(hours=73))]
)
def test_a_stale_signature_is_refused_and_one_of_the_last_retry_is_not(
    slug: str, fresh_for: timedelta
) -> None:
    request = MAKES[slug][0](RAW, TO, NOW)
    verified(PROVIDERS[slug], request, NOW + fresh_for - timedelta(seconds=5))
    for later in (fresh_for + timedelta(seconds=5), -fresh_for - timedelta(seconds=5)):
        with pytest.raises(Refused, match="too old"):
            verified(PROVIDERS[slug], request, NOW + later)


def test_an_expired_certificate_proves_nothing() -> None:
    with pytest.raises(Refused, match="not valid now"):
        verified(PROVIDERS["amazon_ses"], mail_posts.amazon_ses(RAW, TO, NOW), NOW + timedelta(days=60))


def test_only_mailguns_token_must_not_come_with_another_body() -> None:
    """Every other signature covers the body, so a copy of a request is the same alert."""
    for slug, makes in MAKES.items():
        post = post_of(makes[0](RAW, TO, NOW))
        token = PROVIDERS[slug].verify(post, proof_of(PROVIDERS[slug]), NOW)
        assert (token is not None) == (slug == "mailgun")


@pytest.mark.parametrize(
    ("slug", "request_"),
    [
        ("mandrill", mail_posts.mandrill_events([])),
        ("mandrill", mail_posts.mandrill_events([{"event": "send", "msg": {}}])),
        ("sparkpost", Request(b'[{"msys": {}}]')),
        ("postmark", Request(b'{"RecordType": "Bounce"}')),
        ("postal", Request(b'{"event": "MessageSent"}')),
        ("mailgun", mail_posts._form({"event": "delivered"})),
        (
            "amazon_ses",
            mail_posts.sns({"Type": "Notification", "Message": "Successfully validated SNS topic"}),
        ),
        ("amazon_ses", mail_posts.sns({"Type": "UnsubscribeConfirmation"})),
    ],
)
def test_tests_of_the_address_and_events_of_sending_are_no_mail(slug: str, request_: Request) -> None:
    assert isinstance(PROVIDERS[slug].read(post_of(request_)), Ignored)


def test_a_subscription_of_amazon_is_to_be_confirmed_at_amazons_host_only() -> None:
    request = mail_posts.sns({"Type": "SubscriptionConfirmation"})
    verified(PROVIDERS["amazon_ses"], request)
    assert PROVIDERS["amazon_ses"].read(post_of(request)) == Confirm(
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"
    )
    forged = mail_posts.sns({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://evil.example.com/"})
    with pytest.raises(Refused):
        PROVIDERS["amazon_ses"].read(post_of(forged))


def test_a_receipt_rule_with_an_s3_action_is_refused_with_what_to_do() -> None:
    event = {"notificationType": "Received", "receipt": {"action": {"type": "S3"}}, "mail": {}}
    with pytest.raises(Refused, match="SNS action"):
        PROVIDERS["amazon_ses"].read(
            post_of(mail_posts.sns({"Type": "Notification", "Message": json.dumps(event)}))
        )


@pytest.mark.parametrize("provider", [pytest.param(one, id=slug) for slug, one in PROVIDERS.items()])
@given(
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
    kind=st.sampled_from(KINDS),
)
def test_no_body_is_more_than_refused(provider: Provider, body: bytes, kind: str) -> None:
    post = dataclasses.replace(post_of(Request(body, {"content-type": kind})), headers={"content-type": kind})
    for check in (
        provider.certificate,
        lambda one: provider.verify(one, proof_of(provider), NOW),
        provider.read,
    ):
        assert _status(check, post) in (0, 400, 401, 403)


def _status(check: Callable[[Post], object], post: Post) -> int:
    try:
        check(post)
    except Refused as refusal:
        return refusal.status
    return 0


def test_the_setting_takes_oncalls_names_and_no_others() -> None:
    assert slugs_of(" mailgun, amazon_ses_validated,Postmark,amazon_ses ") == (
        "mailgun",
        "amazon_ses",
        "postmark",
    )
    with pytest.raises(ValueError, match="unknown mail provider gmail; known are amazon_ses"):
        slugs_of("gmail")
