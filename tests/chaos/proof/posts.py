"""Judges the chat channel of a proof: one message per alert group, whatever was killed while it was posted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.chaos.proof.people import key_in
from tests.chaos.proof.plan import CHAINS, CHATS, Plan
from tests.support.slack_double import SlackDouble


def posts_by_group(chats: SlackDouble) -> Counter[str]:
    """Return how many messages the channel shows of each group, by what the messages say of themselves."""
    payloads = [one.body["metadata"]["event_payload"] for one in chats.shown(CHATS)]
    return Counter(str(one["group_id"]) for one in payloads)


def doubled(posts: Mapping[str, int]) -> Iterator[str]:
    """Yield what was posted more than once."""
    for id, count in posts.items():
        if count > 1:
            yield f"group {id} was posted {count} times"


def missing(
    posts: Mapping[str, int], groups: Iterable[dict[str, Any]], plan: Plan, stored: Any
) -> Iterator[str]:
    """Yield the groups that were left alone and are not in the channel where their integration posts."""
    names = {one["_id"]: one["name"] for one in stored.integrations.find()}
    where_posted = list(CHAINS)[-1]
    for group in groups:
        alone = plan.is_left_alone(key_in(group["title"] or ""))
        is_shown = names[group["integration_id"]] == where_posted
        if alone and is_shown and group["seen"] and not posts.get(group["id"]):
            yield f"group {group['id']} ({group['title']}) was not posted"
