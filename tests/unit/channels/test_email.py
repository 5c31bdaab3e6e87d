"""One mail: what a person reads, how it threads, and that no alert writes its headers."""

from __future__ import annotations

import html
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels import email
from shared.channels.channel import SmtpCall
from shared.channels.email import _clean, _facts, _links, _text
from tests.support.outgoing import NOON, a_card, a_group, a_message

SETTINGS = email.EmailSettings(host="mail.example", sender="Tocsin Pages <tocsin@example.org>")


def sent(message=None) -> EmailMessage:
    call = email.post(message or a_message(), "alice@example.org", SETTINGS)
    assert isinstance(call, SmtpCall)
    return message_from_bytes(call.message, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return found.get_content()


def test_a_mail_has_a_text_and_an_html_part():
    mail = sent()

    assert mail.get_content_type() == "multipart/alternative"
    assert "95 % of /var" in part(mail, "plain")
    assert "95 % of <b>/var</b>" in part(mail, "html")


def test_the_title_is_text_in_the_html_part():
    mail = sent(a_message(card=a_card(title="<script>x</script>")))

    assert "<script>" not in part(mail, "html")
    assert mail["Subject"] == "<script>x</script> (#12)"


def test_all_mails_of_a_group_are_one_thread():
    first, second = sent(a_message(id="D-1")), sent(a_message(id="D-2"))

    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert first["Subject"] == second["Subject"]
    assert first["Message-ID"] != second["Message-ID"]


def test_a_mail_repeated_keeps_its_message_id():
    assert sent()["Message-ID"] == sent()["Message-ID"] == f"<{a_message().id}@example.org>"


def test_mail_programs_do_not_answer_it():
    mail = sent()

    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-ID"] == "<C-1.example.org>"


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x0b", "\u2028", "\x85"])
def test_a_title_cannot_add_a_header(breaks: str):
    mail = sent(a_message(card=a_card(title=f"a{breaks}Bcc: eve@example.org")))

    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]


def test_the_bytes_pass_servers_that_know_ascii_only():
    call = email.post(
        a_message(card=a_card(title="Überlauf 🔥", message="ü" * 2000)), "a@example.org", SETTINGS
    )

    assert isinstance(call, SmtpCall)
    assert call.message.isascii()
    assert max(len(line) for line in call.message.split(b"\r\n")) <= 998


@given(text=st.text(max_size=300), title=st.text(max_size=100))
def test_every_text_arrives_as_it_is(text: str, title: str):
    """Long lines, spaces at their ends, dots, boundaries and any script survive the way."""
    message = a_message(card=a_card(title=title, message=html.escape(text)))

    mail = sent(message)

    written = _text(message, _facts(message), _links(message))
    lines = _clean(written).replace("\r\n", "\n").replace("\r", "\n")
    assert part(mail, "plain").replace("\r\n", "\n").rstrip("\n") == lines.rstrip("\n")
    assert str(mail["Subject"]).split() == email.subject(message).split()
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]


def test_the_text_part_keeps_the_links_of_the_html():
    assert email.plain_text('<p>See <a href="https://x/y">the graph</a></p>') == "See the graph (https://x/y)"
    assert email.plain_text('<a href="https://x">https://x</a>') == "https://x"


@pytest.mark.parametrize(
    "given",
    ["", "alice", "a@b@c", "a b@example.org", "eve@example.org\nBcc: x@y", "ü@example.org", "a@" + "x" * 70],
)
def test_a_person_without_a_usable_address_has_none(given: str):
    assert email.address(given) is None


def test_a_domain_in_any_script_is_reached():
    assert email.address("a@exämple.org") == "a@xn--exmple-cua.org"


def test_it_says_which_setting_is_missing():
    assert email.unready(email.EmailSettings()) == "e-mail is not set up: TOCSIN_SMTP_HOST is empty"
    assert "TOCSIN_SMTP_FROM" in (email.unready(email.EmailSettings(host="x", sender="nobody")) or "")


def test_a_mail_about_several_groups_carries_no_number_of_one_and_is_in_the_thread_of_the_storm():
    mail = sent(a_message(about=12, card=a_card(title="12 alert groups are firing")))

    assert mail["Subject"] == "12 alert groups are firing"
    assert "storm-" in mail["References"]
    assert "12 alert groups" in part(mail, "plain")
    assert "Alert groups: https://tocsin.example/alert-groups/G1" in part(mail, "plain")
    assert "Since:" not in part(mail, "plain")


def test_a_mail_about_a_firing_group_has_links_that_act_and_others_have_none():
    tickets = {"acknowledge": "t.a", "resolve": "t.r", "silence": "t.s"}
    more = {"tickets": tickets, "callback_url": "https://tocsin.example/"}

    for kind in ("plain", "html"):
        text = part(sent(a_message(**more)), kind)
        assert all(f"https://tocsin.example/act/{one}" in text for one in tickets.values())
        for message in (
            a_message(a_group(resolved_at=NOON), **more),
            a_message(about=3, **more),
            a_message(),
        ):
            assert "/act/" not in part(sent(message), kind)
