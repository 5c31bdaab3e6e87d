"""Which media a group is rendered for: all that somebody may see or hear it through, and no other."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.configuration import ChatTarget, ConfigSnapshot, Route, Rule
from shared.domain.media import RENDERED, media_of
from tests.support.build import a_configuration, notify, wait


def rule(user_id: str, type: str, important: bool = False) -> Rule:
    """Return a rule; its id follows from what it says."""
    return Rule(id=f"{user_id}{type}{important}", user_id=user_id, important=important, type=type)


def media(config: ConfigSnapshot, **route: Any) -> tuple[str, ...]:
    """Return the media of a route with chain F1 that posts nowhere."""
    fields = {"slack": ChatTarget(), "escalation_chain_id": "F1"} | route
    return media_of(Route(id="R1", integration_id="C1", **fields), config)


def test_the_web_is_always_rendered():
    assert media_of(None, a_configuration()) == ("web",)
    assert media(a_configuration()) == ("web",)


def test_a_chat_that_the_route_posts_to_is_rendered():
    assert media(
        a_configuration(), slack=ChatTarget(enabled=True), telegram=ChatTarget(id="1", enabled=True)
    ) == (
        "web",
        "slack",
        "telegram",
    )


def test_a_chat_that_is_switched_off_is_not():
    assert media(a_configuration(), slack=ChatTarget(id="C1", enabled=False)) == ("web",)


def test_the_channels_of_everybody_in_the_chain_are_rendered():
    rules = (rule("U1", "notify_by_sms"), rule("U2", "notify_by_phone_call"), rule("U2", "wait"))
    config = a_configuration(notify("U1"), wait(5), notify("U2"), rules=rules)

    assert media(config) == ("web", "sms", "phone_call")


def test_important_rules_count_where_the_step_is_important():
    rules = (rule("U1", "notify_by_sms"), rule("U1", "notify_by_phone_call", important=True))

    assert media(a_configuration(notify("U1"), rules=rules)) == ("web", "sms")
    assert media(a_configuration(notify("U1", important=True), rules=rules)) == ("web", "phone_call")


def test_somebody_without_rules_needs_a_mail():
    assert media(a_configuration(notify("U1"), rules=())) == ("web", "email")


def test_the_loud_push_shows_what_the_quiet_one_shows():
    rules = (rule("U1", "notify_by_mobile_app_critical"),)

    assert media(a_configuration(notify("U1"), rules=rules)) == ("web", "mobile_app")


def test_a_chain_that_was_deleted_needs_nothing():
    assert media(a_configuration(notify("U1")), escalation_chain_id="gone") == ("web",)


types = st.sampled_from(
    [f"notify_by_{one}" for one in (*RENDERED, "mobile_app_critical", "webhook")] + ["wait"]
)


@given(st.lists(types, max_size=5), st.booleans(), st.booleans())
def test_media_are_known_ones_each_once_with_the_web_first(found: list[str], important: bool, chat: bool):
    rules = tuple(rule("U1", one, important) for one in dict.fromkeys(found))
    config = a_configuration(notify("U1", important=important), rules=rules)

    shown = media(config, msteams=ChatTarget(id="x", enabled=chat))

    assert shown[0] == "web"
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(RENDERED)
