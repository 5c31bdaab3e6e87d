"""What is read of mails as mail programs, monitoring tools and broken scripts write them."""

from __future__ import annotations

import base64
import time
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.mail import MAX_TEXT, Mail, from_parts, parse

HEAD = b"From: Mon <mon@example.com>\r\nTo: a@alerts.example.com\r\nSubject: Disk full\r\n"


def mail(body: str | bytes, *headers: str) -> Mail:
    """A mail with these headers besides the usual ones."""
    more = "".join(f"{one}\r\n" for one in headers).encode()
    return parse(HEAD + more + b"\r\n" + (body if isinstance(body, bytes) else body.encode()))


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?q?Fire_=F0=9F=94=A5?= on db1", "Fire 🔥 on db1"),
        (b"=?UTF-8?B?8J+U?=\r\n =?UTF-8?B?pQ==?=", "🔥"),
        (b"=?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?Q?=C3=A4?=", "Grüßeä"),
        (b"=?iso-2022-jp?B?GyRCPmMzMhsoQg==?=", "障害"),
        (b"=?utf-8*en?Q?told_in=20English?=", "told in English"),
        (b"=?no-such-charset?Q?plain?=", "plain"),
        (b"=?utf-8?B?not base64!?=", ""),
        ("roh Grüße".encode(), "roh Grüße"),
        ("roh Grüße".encode("latin-1"), "roh Grüße"),
        (b"two\r\n lines", "two lines"),
        (b"  padded\t", "padded"),
    ],
)
def test_a_subject_is_read_in_whatever_charset_it_was_sent(raw: bytes, subject: str) -> None:
    found = parse(b"Subject: " + raw + b"\r\n\r\nx").subject
    assert found == subject or (subject == "" and isinstance(found, str))


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        (["Content-Type: text/plain; charset=utf-8"], "Grüße".encode(), "Grüße"),
        (["Content-Type: text/plain; charset=iso-8859-1"], "Grüße €".encode("cp1252"), "Grüße €"),
        (["Content-Type: text/plain; charset=us-ascii"], "Grüße".encode(), "Grüße"),
        (["Content-Type: text/plain"], "Grüße".encode("latin-1"), "Grüße"),
        (["Content-Type: text/plain; charset=gb2312"], "磁盘已满".encode("gb18030"), "磁盘已满"),
        (["Content-Type: text/plain; charset=unicode_escape"], rb"\u0041", r"\u0041"),
        (["Content-Transfer-Encoding: quoted-printable"], b"Gr=C3=BC=C3=9Fe =\r\nweiter=", "Grüße weiter"),
        (["Content-Transfer-Encoding: base64"], base64.b64encode("Grüße".encode()), "Grüße"),
        (["Content-Transfer-Encoding: base64"], b"R3LDvMOfZQ", "Grüße"),
        (["Content-Transfer-Encoding: no-such"], b"as it is", "as it is"),
        (["Content-Type: nonsense"], b"as it is", "as it is"),
        ([], b"a\x00b\x08c\r\nd", "abc\nd"),
        ([], b"", ""),
    ],
)
def test_a_text_is_read_in_whatever_encoding_it_was_sent(headers: list[str], body: bytes, text: str) -> None:
    assert mail(body, *headers).message == text


def test_of_several_forms_the_plain_one_is_read_and_attachments_are_not() -> None:
    composed = EmailMessage()
    composed["Subject"] = "s"
    composed.set_content("the plain text")
    composed.add_alternative("<p>the <b>HTML</b></p>", subtype="html")
    composed.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="report.pdf")
    composed.add_attachment("attached text", filename="log.txt")

    assert parse(composed.as_bytes()).message == "the plain text"


def test_html_alone_becomes_text_with_its_links_and_tables() -> None:
    composed = EmailMessage()
    composed.set_content(
        "<html><head><title>t</title><style>p{color:red}</style></head><body>"
        '<h1>Disk full</h1><p>See the <a href="https://wiki.example.com/?a=1&amp;b=2">runbook</a> or '
        '<a href="https://x.example.com">https://x.example.com/</a>,&nbsp;<a href="mailto:a@b.c">a@b.c</a>.<br>Now.</p>'
        "<table><tr><td>Host</td><td>db1</td></tr><tr><td>State</td><td>CRITICAL</td></tr></table>"
        "<ul><li>first<li>second</ul><script>alert(1)</script></body></html>",
        subtype="html",
    )
    assert parse(composed.as_bytes()).message == (
        "Disk full\n\nSee the runbook (https://wiki.example.com/?a=1&b=2) or https://x.example.com/, a@b.c.\nNow.\n\n"
        "Host  db1\nState  CRITICAL\n\n- first\n- second"
    )


def test_an_empty_plain_part_does_not_hide_the_html() -> None:
    composed = EmailMessage()
    composed.set_content("  \n")
    composed.add_alternative("<p>told here</p>", subtype="html")
    assert parse(composed.as_bytes()).message == "told here"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed\r\n\r\ntold without a boundary",
        b'Content-Type: multipart/mixed; boundary="X"\r\n\r\n--X\r\n\r\ntold without a boundary',
        b'Content-Type: multipart/mixed; boundary="X"\r\n\r\ntold without a boundary',
        b"no header at all, told without a boundary",
        b"\r\n\r\ntold without a boundary",
    ],
)
def test_a_mail_with_broken_parts_is_still_read(raw: bytes) -> None:
    assert "told without a boundary" in parse(raw).message


def test_facts_besides_the_text_are_read() -> None:
    found = mail(
        "x",
        "Message-ID: <1@example.com>",
        "Date: Mon, 05 Jan 2026 13:00:00 +0100 (CET)",
        "Cc: =?utf-8?Q?B=C3=B6b?= <bob@example.com>, broken",
    )
    assert (found.message_id, found.sender, found.sender_name) == (
        "<1@example.com>",
        "mon@example.com",
        "Mon",
    )
    assert found.date is not None
    assert found.date.isoformat() == "2026-01-05T12:00:00+00:00"
    assert found.to == ("a@alerts.example.com", "bob@example.com")


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_a_date_that_is_none_is_none(date: str) -> None:
    assert mail("x", f"Date: {date}").date is None


@pytest.mark.parametrize(
    "headers",
    [
        ["Auto-Submitted: auto-replied"],
        ["Auto-Submitted: Auto-Replied (vacation)"],
        ["Precedence: auto_reply"],
        ["X-Autoreply: yes"],
        ["Content-Type: multipart/report; report-type=delivery-status; boundary=x"],
        ["X-Failed-Recipients: a@example.com"],
        ["X-Tocsin-Group: I1"],
        ["Received: by x"] * 101,
    ],
)
def test_bounces_replies_of_machines_and_loops_are_no_alerts(headers: list[str]) -> None:
    assert mail("x", *headers).unwanted


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-generated", "Precedence: bulk", "Received: by x"])
def test_what_tools_mark_as_automatic_is_an_alert(header: str) -> None:
    assert mail("x", header).unwanted == ""


def test_the_same_mail_has_the_same_digest_and_one_without_a_date_has_none() -> None:
    dated = HEAD + b"Date: Mon, 05 Jan 2026 13:00:00 +0100\r\n\r\nx"
    assert parse(dated).digest == parse(dated).digest != parse(dated + b"y").digest
    assert mail("x").digest == ""


def test_a_huge_text_is_cut_and_says_so() -> None:
    found = mail("line of text\n" * 100_000).message
    assert MAX_TEXT < len(found) < MAX_TEXT + 100
    assert found.endswith("the mail is longer)")


def test_what_a_provider_has_parsed_is_read_like_a_mail() -> None:
    headers = [("Subject", "=?utf-8?Q?Gr=C3=BC=C3=9Fe?="), ("from", "Bö <a@b.c>"), ("MESSAGE-ID", "<1@x>")]
    found = from_parts(headers, None, "<p>told</p>")
    assert (found.subject, found.sender_name, found.message_id, found.message) == (
        "Grüße",
        "Bö",
        "<1@x>",
        "told",
    )
    assert from_parts([], " ", "").message == ""


HOSTILE: dict[str, bytes] = {
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)
    ),
    "many parts": b"Content-Type: multipart/mixed; boundary=X\r\n\r\n" + b"--X\r\n\r\nx\r\n" * 100_000,
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 3000,
    "many parameters": b"Content-Type: text/plain" + b";a=b" * 100_000 + b"\r\n\r\nx",
    "many headers": b"A: b\r\n" * 100_000,
    "long header": b"Subject: " + b"x" * 1_000_000,
    "comments in comments": b"From: " + b"(" * 100_000,
    "many addresses": b"To: " + b"a@b, " * 100_000,
    "many encoded words": b"Subject: " + b"=?utf-8?Q?x?= " * 50_000,
    "deep HTML": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"x",
    "many attributes": b"Content-Type: text/html\r\n\r\n<p "
    + b"".join(b"a%d=1 " % n for n in range(50_000))
    + b">x",
    "links in links": b"Content-Type: text/html\r\n\r\n" + b"<a href=x>y" * 50_000,
    "wide table": b"Content-Type: text/html\r\n\r\n<table><tr>" + b"<td>x" * 50_000,
    "a slow charset": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-b" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_mail_takes_long(name: str) -> None:
    began = time.process_time()
    assert len(parse(HOSTILE[name]).message) < MAX_TEXT + 100
    assert time.process_time() - began < 2


CHUNKS = st.sampled_from(
    [
        *(
            b"Subject: ",
            b"From: ",
            b"To: ",
            b"Date: ",
            b"Message-ID: <",
            b"Content-Type: multipart/mixed; boundary=X",
        ),
        *(
            b"Content-Type: text/html; charset=",
            b"Content-Type: message/rfc822",
            b"Content-Type: multipart/report;",
        ),
        *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable", b"uuencode"),
        *(
            b"Content-Disposition: attachment; filename*0*=utf-8''a",
            b"charset*=x'y'z",
            b"\r\n",
            b"\r\n\r\n",
            b"\n",
        ),
        *(
            b"--X",
            b"--X--",
            b"=?utf-8?Q?",
            b"=?x?B?",
            b"?=",
            b"=C3",
            b"begin 644 x\n",
            b"<a href=",
            b"<table><td>",
        ),
        *(
            b"</",
            b"&#x110000;",
            b"\x00",
            b"\xff\xfe",
            b" ",
            b";",
            b'"',
            b"(",
            b")",
            b"utf-7",
            b"@",
            b",",
            b":",
        ),
    ]
)


@given(st.lists(CHUNKS | st.binary(max_size=12), max_size=40).map(b"".join))
@example(b"From: \xff@\r\nDate: \xff\r\n\r\n")
@example(b"Content-Type: multipart/mixed; boundary*=x'y'z\r\n\r\n--z\r\n\r\nhi\xff")
def test_no_bytes_are_too_odd_to_be_a_mail(raw: bytes) -> None:
    found = parse(raw)
    for text in (found.subject, found.message, found.sender, found.sender_name, found.message_id, *found.to):
        assert isinstance(text, str)
        text.encode()


@pytest.mark.parametrize("charset", ["x", "utf-8", "latin-1", ""])
def test_a_charset_with_a_language_is_read_or_does_no_harm(charset: str) -> None:
    """RFC 2231 lets a parameter say its own charset and language; the body has bytes beyond ASCII."""
    head = f"Content-Type: text/plain; charset*={charset}'en'utf-8\r\n\r\n".encode()
    assert parse(head + "Füllstand".encode()).message == "Füllstand"


@given(
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=40)), max_size=6),
    st.none() | st.text(),
    st.none() | st.text(),
)
def test_no_parsed_fields_are_too_odd_to_be_a_mail(headers: Any, text: str | None, html: str | None) -> None:
    from_parts(headers, text, html).message.encode()
