"""Chat posts: one per chat of the route, the same request at every repetition, and none without a channel."""

from __future__ import annotations

from typing import Any

from shared.domain.configuration import ChatTarget, ConfigSnapshot, Route
from shared.domain.model import Card, Group
from shared.domain.posts import posts_of
from shared.events import GroupRendered, PostRequested, derived_id
from tests.support.build import ALICE, NOON, a_group

WEB = Card(title="for the web")
SLACK = Card(title="for Slack")
NOWHERE = ChatTarget()


def rendered(group: Group | None = None, **fields: Any) -> GroupRendered:
    """Return a rendered group with a card for the web and one for Slack."""
    group = group or a_group()
    fields = {"cards": {"web": WEB, "slack": SLACK}, "change": "group.opened.v1", "actor": ALICE} | fields
    return GroupRendered(
        id=derived_id("rendered", group.id, group.run, group.version), time=NOON, group=group, **fields
    )


def posts(default: str = "#alerts", event: GroupRendered | None = None, **route: Any) -> list[PostRequested]:
    """Return the posts of a route."""
    made = Route(id="R1", integration_id="C1", **({"slack": NOWHERE} | route))
    config = ConfigSnapshot(routes=(made,))
    return list(posts_of(event or rendered(), config, default, NOON))


def test_a_route_posts_to_its_channel():
    (post,) = posts(slack=ChatTarget(id="C042", enabled=True))

    assert (post.medium, post.channel, post.card) == ("slack", "C042", SLACK)
    assert (post.group, post.change, post.actor) == (a_group(), "group.opened.v1", ALICE)


def test_a_route_without_a_channel_of_its_own_posts_to_the_default_one():
    (post,) = posts(slack=ChatTarget(enabled=True))

    assert post.channel == "#alerts"


def test_without_any_channel_there_is_no_post():
    assert posts("", slack=ChatTarget(enabled=True)) == []
    assert posts(telegram=ChatTarget(enabled=True)) == []


def test_a_chat_that_is_switched_off_gets_nothing():
    assert posts(slack=ChatTarget(id="C042", enabled=False)) == []


def test_each_chat_of_a_route_gets_a_post_of_its_own():
    found = posts(slack=ChatTarget(enabled=True), telegram=ChatTarget(id="-100", enabled=True))

    assert [(one.medium, one.channel) for one in found] == [("slack", "#alerts"), ("telegram", "-100")]
    assert len({one.id for one in found}) == 2


def test_a_route_that_is_gone_posts_nowhere():
    assert list(posts_of(rendered(), ConfigSnapshot(), "#alerts", NOON)) == []


def test_the_same_event_asks_for_the_same_post_again():
    target = ChatTarget(enabled=True)

    assert posts(slack=target)[0].id == posts(slack=target)[0].id
    assert posts(slack=target)[0].id != posts(event=rendered(a_group(version=2)), slack=target)[0].id


def test_a_chat_without_a_card_shows_the_webs_and_without_that_the_title():
    target = ChatTarget(id="-100", enabled=True)

    assert posts(telegram=target)[0].card == WEB
    assert posts(event=rendered(cards={}), telegram=target)[0].card == Card(title="DiskFull")
