"""Every medium shows the newest alert by its own template, and what fails is replaced and told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.configuration import Integration, Templates
from shared.domain.model import Group
from shared.domain.rendering import render, render_texts
from shared.domain.template_jobs import MEDIA, Rendered, RenderJob

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def job(
    payload: Any, templates: Templates | None = None, type: str = "formatted_webhook", **fields: Any
) -> RenderJob:
    group = Group(
        id="G1",
        integration_id="C1",
        key="k",
        number=7,
        first_alert_id="A1",
        last_alert_id="A2",
        opened_at=NOON,
        last_alert_at=NOON,
    )
    integration = Integration(id="C1", name="prod", type=type, token_digest="x", templates=templates or {})
    return RenderJob(
        integration=integration, group=group, payload=payload, group_url="https://t.example.com/7", **fields
    )


def rendered(payload: Any, templates: Templates | None = None, **fields: Any) -> Rendered:
    return render(job(payload, templates, **fields), NOON)


def test_only_the_media_asked_for_are_rendered() -> None:
    assert set(rendered({}, media=("slack", "email")).cards) == {"slack", "email"}


def test_variables_of_appearance_templates() -> None:
    text = (
        "{{ integration_name }}|{{ source_link }}|{{ grafana_oncall_alert_group_id }}|"
        "{{ grafana_oncall_incident_id }}|{{ grafana_oncall_link }}|"
        "{{ web_title }}|{{ web_message }}|{{ web_image_url }}"
    )
    payload = {
        "title": "T",
        "message": "M",
        "image_url": "https://i.example.com/1.png",
        "link_to_upstream_details": "https://s.example.com",
    }

    texts, _, _ = render_texts(job(payload, {"slack": {"message": text}}), NOON)

    assert texts["slack"].message == (
        "prod|https://s.example.com|7|7|https://t.example.com/7|T|M|https://i.example.com/1.png"
    )


def test_the_source_link_is_blank_while_it_is_rendered_and_shown_only_as_a_link() -> None:
    own: Templates = {"source_link": "[{{ source_link }}]"}

    _, source_link, _ = render_texts(job({}, own), NOON)

    assert source_link == "[]"
    assert rendered({}, own).cards["web"].source_link is None
    assert rendered({"link_to_upstream_details": "https://x"}).cards["web"].source_link == "https://x"
    assert rendered({"link_to_upstream_details": "javascript:x"}).cards["sms"].source_link is None


def test_a_medium_without_a_template_shows_that_of_the_types_web_and_not_the_users() -> None:
    cards = rendered({"title": "T"}, {"web": {"title": "own"}}).cards

    assert (cards["web"].title, cards["email"].title, cards["sms"].title) == ("own", "T", "T")


def test_the_users_template_of_a_medium_wins() -> None:
    cards = rendered({"title": "T"}, {"email": {"title": "mail"}, "sms": {"title": ""}}).cards

    assert (cards["email"].title, cards["sms"].title, cards["mattermost"].title) == ("mail", "T", "T")


def test_null_means_none() -> None:
    texts, source_link, _ = render_texts(
        job({}, {"web": {"message": "{{ none }}"}, "source_link": "None"}), NOON
    )

    assert (texts["web"].message, source_link) == (None, None)


@pytest.mark.parametrize("medium", MEDIA)
def test_a_failing_template_falls_back_to_the_type_and_is_a_problem(medium: str) -> None:
    found = rendered({"title": "T"}, {medium: {"title": "\n{{ a.b.c }}"}}, media=(medium,))

    assert "T" in found.cards[medium].title
    assert [(one.where, one.line, one.alert_id) for one in found.problems] == [(f"{medium}.title", 2, "A2")]


def test_a_failing_default_is_a_plain_sentence() -> None:
    """A type's own template must not fail; should it, people still learn of the alert."""
    deep: Any = {}
    for _ in range(5000):
        deep = [deep]

    found = rendered({"deep": deep}, type="webhook", media=("web",))

    assert "Alert from prod" in found.cards["web"].message
    assert [one.where for one in found.problems] == ["web.message"]


def test_titles_have_one_line_and_a_fallback() -> None:
    cards = rendered({}, {medium: {"title": "{# nothing #}\n \n"} for medium in MEDIA}).cards

    assert {cards[one].title for one in ("web", "slack", "telegram", "email")} == {"Alert"}
    assert {cards[one].title for one in ("sms", "phone_call")} == {"Incident"}
    assert cards["mobile_app"].title == "New Alert"
    assert rendered({"title": "a\r\nBcc: x"}).cards["email"].title == "a Bcc: x"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://i.example.com/a.png", True),
        ("javascript:alert(1)", False),
        ("/a.png", False),
        ("https://a b", False),
    ],
)
def test_an_image_must_be_a_link(address: str, shown: bool) -> None:
    assert rendered({"image_url": address}).cards["slack"].image_url == (address if shown else None)


def test_web_and_email_messages_are_clean_html() -> None:
    message = "**b** <nil> <script>x</script>\nnext https://x.example.com :fire: <@U1> [l](javascript:x)"

    html = rendered({"message": message}).cards["web"].message

    assert "<strong>b</strong> &lt;nil&gt; &lt;script&gt;x&lt;/script&gt;<br>" in html
    assert '<a href="https://x.example.com" target="_blank" rel="nofollow noopener">' in html
    assert ("🔥" in html, "@U1" in html, "javascript:" in html) == (True, True, False)
    assert rendered({"message": message}).cards["email"].message == html


def test_telegram_shows_a_payload_as_it_is_and_only_its_own_tags() -> None:
    own: Templates = {
        "telegram": {"message": "<b>{{ payload.message }}</b><h1>x</h1><a href='https://x'>l</a>"}
    }

    message = rendered({"message": "a < b & <i>c</i>"}, own).cards["telegram"].message

    assert message == '<b>a &lt; b &amp; &lt;i&gt;c&lt;/i&gt;</b>x<a href="https://x">l</a>'


def test_telegram_is_cut_with_its_tags_closed_and_a_link() -> None:
    own: Templates = {"telegram": {"message": "<b>{{ payload.message }}</b>"}}

    card = rendered({"message": "&" * 6000, "title": "t" * 499}, own).cards["telegram"]

    assert len(card.title) + len(card.message) <= 3600
    assert card.message.endswith('</b>\n… (trimmed, <a href="https://t.example.com/7">read all</a>)')
    assert "&amp;</b>" in card.message


def test_slack_messages_are_cut_with_a_link() -> None:
    message = rendered({"message": "x" * 6000}).cards["slack"].message

    assert len(message) == 2800
    assert message.endswith("(trimmed, <https://t.example.com/7|read all>)")


def test_spoken_and_pushed_texts_are_plain_and_short() -> None:
    title = '**Disk** `full` on [db1](https://x.example.com) "now" <https://y|here> snake_case_name'
    cards = rendered({"title": title, "message": "# Head\n> quote\n" + "x" * 900}).cards

    assert (
        cards["sms"].title
        == 'Disk full on db1 (https://x.example.com) "now" here (https://y) snake_case_name'
    )
    assert '"' not in cards["phone_call"].title
    assert cards["mobile_app"].message.startswith("Head\nquote\nxxx")
    assert len(cards["mobile_app"].message) == 200
    assert len(rendered({"title": "x" * 900}).cards["sms"].title) == 300


def test_chat_products_that_read_markdown_get_markdown() -> None:
    cards = rendered({"message": "**b** :fire: <https://x|l>"}).cards

    assert cards["mattermost"].message == cards["msteams"].message == "**b** 🔥 l (https://x)"
