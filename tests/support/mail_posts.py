"""Requests as the mail providers make them, signed as they sign. Field names are those of their documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.certificates import a_certificate

URL = "https://ingest.example.com/integrations/v1/inbound_email_webhook"
SENDER = "bounce@example.com"
AMAZON = a_certificate("sns.amazonaws.com")
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CERTIFICATE_PATH = "SimpleNotificationService-0123456789abcdef.pem"


@dataclass(frozen=True)
class Request:
    """What goes over the wire."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Make = Callable[[bytes, str, datetime], Request]


def _der(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> str:
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


SECRETS = {
    "mailgun": "key-0123456789",
    "mandrill": "mandrill-webhook-key",
    "sendgrid": _der(EC_KEY.public_key()),
    "postmark": "tocsin:pass word",
    "mailjet": "tocsin:p:w",
    "sparkpost": "5ebe2294ecd0e0f08eab7690d2a6ee69",
    "postal": _der(RSA_KEY.public_key()),
    "amazon_ses": "",
}


def _form(fields: Mapping[str, str]) -> Request:
    return Request(urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"})


def _multipart(fields: Mapping[str, bytes]) -> Request:
    parts = [
        b'--bnd\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in fields.items()
    ]
    attached = (
        b'--bnd\r\nContent-Disposition: form-data; name="attachment-1"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n"
    )
    return Request(
        b"".join([*parts, attached, b"--bnd--\r\n"]), {"content-type": "multipart/form-data; boundary=bnd"}
    )


def _json(value: object, **headers: str) -> Request:
    body = json.dumps(value).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Request(body, {"content-type": "application/json", **named})


def _mailgun_fields(recipient: str, now: datetime) -> dict[str, str]:
    timestamp, token = str(int(now.timestamp())), hashlib.sha256(recipient.encode()).hexdigest()[:50]
    signature = hmac.new(SECRETS["mailgun"].encode(), f"{timestamp}{token}".encode(), hashlib.sha256)
    return {
        "recipient": recipient,
        "sender": SENDER,
        "timestamp": timestamp,
        "token": token,
        "signature": signature.hexdigest(),
    }


def mailgun_raw(raw: bytes, recipient: str, now: datetime) -> Request:
    return _form({**_mailgun_fields(recipient, now), "body-mime": raw.decode()})


def mailgun_parsed(raw: bytes, recipient: str, now: datetime) -> Request:
    mail = message_from_bytes(raw)
    fields = {
        **_mailgun_fields(recipient, now),
        "subject": str(mail["Subject"]),
        "from": str(mail["From"]),
        "body-plain": str(mail.get_payload()),
        "message-headers": json.dumps([[name, str(value)] for name, value in mail.items()]),
        "attachment-count": "1",
    }
    return _multipart({name: value.encode() for name, value in fields.items()})


def mandrill(raw: bytes, recipient: str, now: datetime) -> Request:
    message = {"raw_msg": raw.decode(), "email": recipient, "from_email": SENDER}
    return mandrill_events([{"event": "inbound", "ts": int(now.timestamp()), "msg": message}])


def mandrill_events(events: list[object], url: str = URL) -> Request:
    fields = {"mandrill_events": json.dumps(events)}
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    signature = hmac.new(SECRETS["mandrill"].encode(), signed.encode(), hashlib.sha1).digest()
    form = _form(fields)
    return Request(form.body, {**form.headers, "x-mandrill-signature": base64.b64encode(signature).decode()})


def _sendgrid(fields: Mapping[str, bytes], now: datetime) -> Request:
    request, timestamp = _multipart(fields), str(int(now.timestamp()))
    signature = EC_KEY.sign(timestamp.encode() + request.body, ec.ECDSA(hashes.SHA256()))
    signed = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }
    return Request(request.body, {**request.headers, **signed})


def _envelope(recipient: str) -> bytes:
    return json.dumps({"to": [recipient], "from": SENDER}).encode()


def sendgrid_raw(raw: bytes, recipient: str, now: datetime) -> Request:
    return _sendgrid({"email": raw, "envelope": _envelope(recipient)}, now)


def sendgrid_parsed(raw: bytes, recipient: str, now: datetime) -> Request:
    mail = message_from_bytes(raw)
    headers = "".join(f"{name}: {value}\n" for name, value in mail.items())
    fields = {
        "headers": headers.encode(),
        "text": str(mail.get_payload()).encode("iso-8859-1"),
        "charsets": json.dumps({"text": "iso-8859-1", "subject": "UTF-8"}).encode(),
        "envelope": _envelope(recipient),
    }
    return _sendgrid(fields, now)


def _basic(slug: str) -> str:
    return "Basic " + base64.b64encode(SECRETS[slug].encode()).decode()


def postmark(raw: bytes, recipient: str, now: datetime) -> Request:
    mail = message_from_bytes(raw)
    body = {
        "FromName": "Monitoring",
        "From": "mon@example.com",
        "FromFull": {"Email": "mon@example.com", "Name": "Monitoring", "MailboxHash": ""},
        "To": str(mail["To"]),
        "OriginalRecipient": recipient,
        "Subject": str(mail["Subject"]),
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "MailboxHash": "",
        "Date": str(mail["Date"]),
        "TextBody": str(mail.get_payload()),
        "HtmlBody": "",
        "Headers": [{"Name": "Message-ID", "Value": str(mail["Message-ID"])}],
        "Attachments": [],
    }
    return _json(body, authorization=_basic("postmark"))


def mailjet(raw: bytes, recipient: str, now: datetime) -> Request:
    mail = message_from_bytes(raw)
    body = {
        "Sender": SENDER,
        "Recipient": recipient,
        "Date": "20260105T120000",
        "From": str(mail["From"]),
        "Subject": str(mail["Subject"]),
        "Headers": {name: str(value) for name, value in mail.items()} | {"Received": ["by a", "by b"]},
        "Parts": [],
        "Text-part": str(mail.get_payload()),
        "SpamAssassinScore": "0.1",
    }
    return _json(body, authorization=_basic("mailjet"))


def sparkpost(raw: bytes, recipient: str, now: datetime) -> Request:
    content = {"email_rfc822": base64.b64encode(raw).decode(), "email_rfc822_is_base64": True}
    message = {"content": content, "protocol": "smtp", "rcpt_to": recipient, "msg_from": SENDER}
    batch = [{"msys": {"relay_message": message}}]
    return _json(batch, x_messagesystems_webhook_token=SECRETS["sparkpost"])


def postal(raw: bytes, recipient: str, now: datetime) -> Request:
    body = {
        "id": 4,
        "rcpt_to": recipient,
        "mail_from": SENDER,
        "message": base64.b64encode(raw).decode(),
        "base64": True,
        "size": len(raw),
    }
    request = _json(body)
    signature = base64.b64encode(RSA_KEY.sign(request.body, padding.PKCS1v15(), hashes.SHA1())).decode()
    return Request(request.body, {**request.headers, "x-postal-signature": signature})


def amazon_ses(raw: bytes, recipient: str, now: datetime) -> Request:
    event = {
        "notificationType": "Received",
        "mail": {"source": SENDER, "messageId": "o3vrnil0e2ic", "destination": [recipient]},
        "receipt": {
            "recipients": [recipient],
            "action": {"type": "SNS", "topicArn": "arn:aws:sns:eu-west-1:1:mails", "encoding": "BASE64"},
        },
        "content": base64.b64encode(raw).decode(),
    }
    return sns({"Type": "Notification", "Message": json.dumps(event)})


def sns(
    fields: Mapping[str, str], host: str = "https://sns.eu-west-1.amazonaws.com", version: str = "1"
) -> Request:
    """Sign an SNS envelope; what is missing of it is filled in."""
    envelope = {
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Timestamp": "2026-01-05T12:00:00.000Z",
        **fields,
    }
    if envelope["Type"] != "Notification":
        subscribe = f"{host}/?Action=ConfirmSubscription&Token=abc"
        envelope = {"Message": "You have chosen …", "Token": "abc", "SubscribeURL": subscribe, **envelope}
    names = sorted(
        {*envelope}
        & {"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
    )
    signed = "".join(f"{name}\n{envelope[name]}\n" for name in names).encode()
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = AMAZON.key.sign(signed, padding.PKCS1v15(), algorithm)
    proof = {
        "SignatureVersion": version,
        "Signature": base64.b64encode(signature).decode(),
        "SigningCertURL": f"{host}/{CERTIFICATE_PATH}",
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe",
    }
    request = _json({**envelope, **proof}, x_amz_sns_message_type=envelope["Type"])
    return Request(request.body, {**request.headers, "content-type": "text/plain; charset=UTF-8"})


MAKES: dict[str, tuple[Make, ...]] = {
    "mailgun": (mailgun_raw, mailgun_parsed),
    "mandrill": (mandrill,),
    "sendgrid": (sendgrid_raw, sendgrid_parsed),
    "postmark": (postmark,),
    "mailjet": (mailjet,),
    "sparkpost": (sparkpost,),
    "postal": (postal,),
    "amazon_ses": (amazon_ses,),
}
