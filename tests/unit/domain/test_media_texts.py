"""What each medium makes of a template's text, row by row, and which template it takes."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.configuration import Integration
from shared.domain.model import Card
from shared.domain.rendering import render
from shared.domain.template_jobs import MEDIA, RenderJob
from tests.support.build import NOON, a_group

GROUP_URL = "https://tocsin.example/alert-groups/I1"


def card(medium: str, *, title: str = "T", message: str = "M", image: str = "", payload: Any = None) -> Card:
    """Return what a medium shows of these templates, which are its own."""
    templates: Any = {medium: {"title": title, "message": message, "image_url": image}}
    using = Integration(id="C1", name="prod", type="webhook", token_digest="", templates=templates)
    job = RenderJob(
        integration=using,
        group=a_group(number=7),
        payload=payload or {},
        media=(medium,),
        group_url=GROUP_URL,
    )
    return render(job, NOON).cards[medium]


TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"
LINK = '<a href="https://x.example/" target="_blank" rel="nofollow noopener">'


@pytest.mark.parametrize("medium", ["web", "email"])
@pytest.mark.parametrize(
    ("message", "html"),
    [
        ("**b** _i_ ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <del>s</del> <code>c</code></p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("# h", "<h1>h</h1>"),
        ("```\n<x> & {{ 1 }}\n```", "<pre><code>&lt;x&gt; &amp; 1\n</code></pre>"),
        ("[t](https://x.example/)", f"<p>{LINK}t</a></p>"),
        ("see https://x.example/", f"<p>see {LINK}https://x.example/</a></p>"),
        ("<https://x.example/|t>", f"<p>{LINK}t</a></p>"),
        ("<@U1> <!here>", "<p>@U1 @here</p>"),
        (":fire: 10:30:00", "<p>🔥 10:30:00</p>"),
        (
            "<b>x</b><script>alert(1)</script>",
            "<p>&lt;b&gt;x&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        ),
        ("[t](javascript:alert(1))", '<p><a href="" target="_blank" rel="nofollow noopener">t</a></p>'),
    ],
)
def test_web_and_email_show_clean_html_made_from_markdown(medium: str, message: str, html: str) -> None:
    assert card(medium, message=message).message == html


def test_web_shows_tables() -> None:
    shown = card("web", message=TABLE).message

    assert "<table>" in shown
    assert "<td>1</td>" in shown


@pytest.mark.parametrize(
    ("medium", "fallback"),
    [
        ("web", "Alert"),
        ("slack", "Alert"),
        ("telegram", "Alert"),
        ("sms", "Incident"),
        ("phone_call", "Incident"),
        ("email", "Alert"),
        ("mobile_app", "New Alert"),
        ("mattermost", "Alert"),
        ("msteams", "Alert"),
    ],
)
@pytest.mark.parametrize("empty", ["{{ none }}", "{{ payload.missing }}", " \n "])
def test_a_title_that_is_empty_or_none_is_the_mediums_own_word(
    medium: str, fallback: str, empty: str
) -> None:
    shown = card(medium, title=empty).title

    # White space alone counts as a blank template: then it is the type's default.
    assert shown == fallback or (empty.isspace() and shown)


@pytest.mark.parametrize(
    ("medium", "title", "shown"),
    [
        ("web", "a\n *b* :fire: <https://x|t>", "a *b* 🔥 t (https://x)"),
        ("slack", "a\n *b* :fire: <https://x|t>", "a *b* :fire: <https://x|t>"),
        ("telegram", "<b>a</b> :fire: <script>x</script><i>b", "<b>a</b> 🔥 <i>b</i>"),
        ("sms", "**a** <https://x|t> [u](https://y) :fire: `c`", "a t (https://x) u (https://y) 🔥 c"),
        ("phone_call", 'say "**a**" <@U1|bob>', "say a @bob"),
        ("mobile_app", "**a**\nb", "a b"),
        ("mattermost", "**a** :fire: <https://x|t>", "**a** 🔥 t (https://x)"),
        ("msteams", "**a** :fire: <https://x|t>", "**a** 🔥 t (https://x)"),
    ],
)
def test_a_title_is_one_line_in_the_mediums_own_markup(medium: str, title: str, shown: str) -> None:
    assert card(medium, title=title).title == shown


@pytest.mark.parametrize(
    ("medium", "message", "shown"),
    [
        ("slack", "*a* <https://x|t>\n:fire:", "*a* <https://x|t>\n:fire:"),
        ("telegram", '<a href="https://x">t</a> <u>a</u><h1>b</h1>', '<a href="https://x">t</a> <u>a</u>b'),
        ("mobile_app", "**a** [t](https://x)\n> b", "a t (https://x)\nb"),
        ("mattermost", "**a**\n" + TABLE, "**a**\n" + TABLE),
        ("msteams", "**a** :warning:", "**a** ⚠️"),
    ],
)
def test_a_message_stays_in_the_mediums_own_markup(medium: str, message: str, shown: str) -> None:
    assert card(medium, message=message).message == shown


@pytest.mark.parametrize(
    ("medium", "title", "message"),
    [
        ("slack", 500, 2800),
        ("telegram", 500, 3600),
        ("sms", 300, 0),
        ("phone_call", 300, 0),
        ("mobile_app", 200, 200),
    ],
)
def test_what_is_too_long_for_the_medium_is_cut(medium: str, title: int, message: int) -> None:
    shown = card(medium, title="t" * 600, message="m" * 9000)

    assert len(shown.title) <= title + 2
    assert len(shown.message) <= message
    if medium in ("slack", "telegram"):
        assert GROUP_URL in shown.message


def test_telegram_is_given_the_payload_escaped() -> None:
    shown = card("telegram", message="<b>{{ payload.a }}</b>", payload={"a": "<i>x</i> & <https://y|z>"})

    assert shown.message == "<b>&lt;i&gt;x&lt;/i&gt; &amp; z (https://y)</b>"


@pytest.mark.parametrize("medium", ["web", "slack", "telegram", "mattermost", "msteams"])
@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("https://x/a.png", "https://x/a.png"),
        (" https://x/a.png\n", "https://x/a.png"),
        ("javascript:alert(1)", None),
        ("a.png", None),
        ("", None),
        ("{{ none }}", None),
    ],
)
def test_an_image_is_an_http_address_or_none(medium: str, image: str, shown: str | None) -> None:
    assert card(medium, image=image).image_url == shown


def shown_titles(**templates: Any) -> dict[str, str]:
    using = Integration(id="C1", name="prod", type="formatted_webhook", token_digest="", templates=templates)
    job = RenderJob(integration=using, group=a_group(number=7), payload={"title": "P"}, group_url=GROUP_URL)
    return {medium: one.title for medium, one in render(job, NOON).cards.items()}


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("unset", [None, "", "  "])
def test_the_users_own_template_comes_first_and_a_blank_one_is_not_set(
    medium: str, unset: str | None
) -> None:
    default = shown_titles()

    assert "own" in shown_titles(**{medium: {"title": "own {{ payload.title }}"}})[medium]
    assert shown_titles(**{medium: {"title": unset}}) == default
    assert "P" in default[medium]


@pytest.mark.parametrize("medium", MEDIA)
def test_a_template_that_fails_is_replaced_by_the_types_default(medium: str) -> None:
    assert shown_titles(**{medium: {"title": "{{ 1 / 0 }}"}})[medium] == shown_titles()[medium]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("payload.a", "x"),
        ("integration_name", "prod"),
        ("source_link", "https://s"),
        ("grafana_oncall_alert_group_id", "7"),
        ("grafana_oncall_incident_id", "7"),
        ("grafana_oncall_link", GROUP_URL),
        ("labels.team", "db"),
        ("web_title", "W x"),
        ("web_message", "**m**"),
        ("web_image_url", "https://i"),
    ],
)
def test_a_medium_has_these_variables(name: str, value: str) -> None:
    templates: Any = {
        "source_link": "https://s",
        "web": {"title": "W {{ payload.a }}", "message": "**m**", "image_url": "https://i"},
        "mattermost": {"title": "{{ " + name + " }}"},
    }
    using = Integration(id="C1", name="prod", type="webhook", token_digest="", templates=templates)
    job = RenderJob(
        integration=using,
        group=a_group(number=7, labels={"team": "db"}),
        payload={"a": "x"},
        media=("mattermost",),
        group_url=GROUP_URL,
    )

    assert render(job, NOON).cards["mattermost"].title == value
