"""Mail as alerts: whatever can send a mail can raise an alert, and a mail that says "OK" resolves it."""

from __future__ import annotations

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

_FIRST_LINE = '(payload.message if payload.message is string else "").strip().split("\\n")[0][:150]'
_MAIL_FROM = '("Mail from " ~ payload.sender) if payload.sender else "Mail without a subject"'
LOOK = Look(
    facts=[
        ("From", '[payload.sender_name, payload.sender] | joined(" · ")'),
        ("Sent", "payload.date | when"),
    ],
    text="payload.message",
)

TYPE = IntegrationType(
    slug="inbound_email",
    title="Inbound e-mail",
    category=Category.GENERIC,
    summary="Whatever can send a mail can raise an alert.",
    has_url=False,
    templates=templates(
        # A mail without a subject is told by its first line, then by who wrote it.
        title=f"[payload.subject, {_FIRST_LINE}, {_MAIL_FROM}] | any_of",
        # "+" cannot begin a subject that a person wrote, so the two kinds of key never meet.
        grouping_key=(
            '("+" ~ (payload.dedup | words | lower)) if payload.dedup | words else payload.subject | words | upper'
        ),
        resolve='payload.message | words | upper == "OK"',
        look=LOOK,
    ),
    example_firing={
        "subject": "CRITICAL: Disk /var on db1 is 97 % full",
        "message": "2.1 GB are left on db1:/var; it fills by 400 MB an hour.\nRunbook (https://wiki.example.com/disk)",
        "sender": "monitoring@example.com",
        "sender_name": "Monitoring",
        "to": ["***@alerts.example.com"],
        "dedup": None,
        "message_id": "<20260105120000.4711@db1.example.com>",
        "date": "2026-01-05T12:00:00+00:00",
    },
    example_resolved={
        "subject": "CRITICAL: Disk /var on db1 is 97 % full",
        "message": "OK",
        "sender": "monitoring@example.com",
        "sender_name": "Monitoring",
        "to": ["***@alerts.example.com"],
        "dedup": None,
        "message_id": "<20260105130000.4712@db1.example.com>",
        "date": "2026-01-05T13:00:00+00:00",
    },
    notes=(
        "Send mail to the integration's address, `<token>@<domain>`; it has no URL.\n\n"
        "- Mails with the same subject are one alert group.\n"
        "- With `<token>+<anything>@<domain>` the part after the plus sign groups, whatever the subject says: "
        "one address per host or check.\n"
        "- A mail whose text is `OK` and nothing else resolves the group.\n"
        "- HTML becomes text, attachments are ignored; bounces and automatic replies are refused.\n\n"
        "The server must have been told its domain (`TOCSIN_INBOUND_EMAIL_DOMAIN`), and get the mail by SMTP or "
        "from a mail provider: see docs/inbound-email.md.\n"
    ),
    bodies=one_object,
)
