"""Amazon SNS: whose signature counts, over what, and from which hosts."""

from __future__ import annotations

import json

import pytest

from shared.domain import sns
from shared.domain.ingest import Refused
from tests.support import mail_posts
from tests.support.mail_posts import AMAZON, CERTIFICATE_PATH

NOW = AMAZON.valid_at


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "fields",
    [
        {"Type": "Notification", "Message": "a\nb"},
        {"Type": "Notification", "Message": "{}", "Subject": "s"},
        {"Type": "SubscriptionConfirmation"},
        {"Type": "UnsubscribeConfirmation"},
    ],
)
def test_what_amazon_signed_is_verified(fields: dict[str, str], version: str) -> None:
    sns.verify(sns.envelope_of(mail_posts.sns(fields, version=version).body), AMAZON.pem, NOW)


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Signature"])
def test_a_changed_missing_or_odd_field_is_not(field: str) -> None:
    body = json.loads(mail_posts.sns({"Type": "Notification", "Message": "m", "Subject": "s"}).body)
    for changed in (
        {**body, field: "x"},
        {name: body[name] for name in body if name != field},
        {**body, field: 5},
    ):
        with pytest.raises(Refused) as refused:
            sns.verify(sns.envelope_of(json.dumps(changed).encode()), AMAZON.pem, NOW)
        assert refused.value.status == 403


@pytest.mark.parametrize("version", ["0", "3", "", None, []])
def test_other_versions_of_signing_are_not(version: object) -> None:
    body = json.loads(mail_posts.sns({"Type": "Notification", "Message": "m"}).body)
    with pytest.raises(Refused, match="SignatureVersion"):
        sns.verify(
            sns.envelope_of(json.dumps({**body, "SignatureVersion": version}).encode()), AMAZON.pem, NOW
        )


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"Type": "Other"}', b'{"Type": []}', b'{"AlarmName": "x"}']
)
def test_a_body_without_an_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="raw message delivery"):
        sns.envelope_of(body)


@pytest.mark.parametrize(
    "url",
    [
        f"https://sns.eu-west-1.amazonaws.com/{CERTIFICATE_PATH}",
        f"https://sns.us-gov-west-1.amazonaws.com/{CERTIFICATE_PATH}",
        f"https://sns.cn-north-1.amazonaws.com.cn/{CERTIFICATE_PATH}",
    ],
)
def test_certificates_come_from_amazon(url: str) -> None:
    assert sns.certificate_url(sns.Envelope("Notification", {"SigningCertURL": url})) == url


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.eu-west-1.amazonaws.com/{CERTIFICATE_PATH}",
        f"https://sns.eu-west-1.amazonaws.com.evil.example/{CERTIFICATE_PATH}",
        f"https://sns.eu-west-1.amazonaws.com@evil.example/{CERTIFICATE_PATH}",
        f"https://evil.example/sns.eu-west-1.amazonaws.com/{CERTIFICATE_PATH}",
        f"https://x.sns.eu-west-1.amazonaws.com/{CERTIFICATE_PATH}",
        f"https://s3.eu-west-1.amazonaws.com/{CERTIFICATE_PATH}",
        f"https://sns.eu-west-1.amazonaws.com:8443/{CERTIFICATE_PATH}",
        f"https://sns.eu-west-1.amazonaws.com\\@evil.example/{CERTIFICATE_PATH}",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        f"https://sns.eu-west-1.amazonaws.com/../{CERTIFICATE_PATH}",
        f"http://127.0.0.1:4566.evil.example/{CERTIFICATE_PATH}",
        "https://[",
        "",
        None,
    ],
)
def test_certificates_come_from_nowhere_else(url: str | None) -> None:
    with pytest.raises(Refused) as refused:
        sns.certificate_url(sns.Envelope("Notification", {"SigningCertURL": url}), "http://127.0.0.1:4566")
    assert refused.value.status == 403


def test_a_stand_in_is_trusted_where_one_is_configured() -> None:
    envelope = sns.Envelope("Notification", {"SigningCertURL": f"http://127.0.0.1:4566/{CERTIFICATE_PATH}"})
    assert sns.certificate_url(envelope, "http://127.0.0.1:4566/").startswith("http://127.0.0.1:4566/")
    with pytest.raises(Refused):
        sns.certificate_url(envelope)
