"""One message per group and channel: what is sent when, decided without a clock or a chat product."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import posting
from shared.domain.delivery import NoWord, Refused, Retry, Sent
from shared.domain.model import Group
from shared.domain.posting import Pace, Post
from shared.events import PostDelivered, PostFailed
from tests.support.outgoing import NOON, a_group, acknowledged, post_requested

PACE = Pace(10)
CHANNEL = "C0ALERTS"


def second(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def want(before: Post | None, group: Group, at: datetime = NOON) -> Post | None:
    return posting.wanted(before, post_requested(group), CHANNEL, at, PACE)


def a_post(group: Group | None = None) -> Post:
    made = want(None, group or a_group())
    assert made is not None
    return made


def posted(group: Group | None = None, at: datetime = NOON) -> Post:
    post = posting.trying(a_post(group), at)
    after, _ = posting.concluded(post, post.event, Sent(handle="C0ALERTS:1.0"), at, PACE)
    return after


def grown(version: int) -> Group:
    return a_group(version=version, alerts_count=version)


def test_a_new_group_is_posted_at_once():
    assert a_post().due_at == NOON


def test_a_row_survives_its_storage():
    post = posting.trying(posted(), NOON)

    assert Post.model_validate_json(post.model_dump_json()) == post


def test_what_is_shown_is_not_due():
    assert posted().due_at is None
    assert not posted().is_behind


def test_where_a_message_is_seen_stays_known_until_the_message_is_gone():
    post = posting.trying(a_post(), NOON)
    known, told = posting.concluded(
        post, post.event, Sent(handle="C0ALERTS:1.0", permalink="https://x.slack.com/1"), NOON, PACE
    )
    edited, _ = posting.concluded(known, known.event, Sent(), NOON, PACE)
    gone, _ = posting.concluded(edited, edited.event, Refused("deleted", gone=True), NOON, PACE)

    assert isinstance(told, PostDelivered)
    assert told.permalink == known.permalink == edited.permalink == "https://x.slack.com/1"
    assert (gone.handle, gone.permalink) == ("", "")


def test_an_older_or_equal_version_changes_nothing():
    post = posted(grown(5))

    assert want(post, grown(5)) is None
    assert want(post, grown(4)) is None


def test_more_alerts_wait_for_the_pace():
    post = want(posted(), grown(2), second(1))

    assert post is not None
    assert post.due_at == second(10)


def test_more_alerts_after_a_quiet_time_are_shown_at_once():
    post = want(posted(), grown(2), second(60))

    assert post is not None
    assert post.due_at == second(60)


def test_a_new_state_is_shown_at_once_also_while_alerts_wait():
    waiting = want(posted(), grown(2), second(1))
    assert waiting is not None

    post = want(waiting, acknowledged(grown(2)), second(2))

    assert post is not None
    assert post.due_at == second(2)


def test_a_new_state_does_not_break_a_wait_that_the_chat_asked_for():
    sending = want(posted(), grown(2), second(20))
    assert sending is not None
    limited, _ = posting.concluded(sending, sending.event, Retry("limited", 30.0), second(20), PACE)

    post = want(limited, acknowledged(grown(2)), second(21))

    assert post is not None
    assert post.due_at == second(50)


def test_a_version_asked_for_while_another_was_sent_is_sent_next():
    sending = want(posted(), grown(2), second(20))
    assert sending is not None
    newer = want(sending, acknowledged(grown(2)), second(20.5))
    assert newer is not None

    after, event = posting.concluded(newer, sending.event, Sent(handle="C0ALERTS:1.0"), second(21), PACE)

    assert isinstance(event, PostDelivered)
    assert event.group_version == 2
    assert (after.due_at, after.is_behind) == (second(21), True)


def test_the_post_is_told_with_its_handle():
    post = posting.trying(a_post(), NOON)

    after, event = posting.concluded(post, post.event, Sent(handle="C0ALERTS:1.0"), NOON, PACE)

    assert isinstance(event, PostDelivered)
    assert (event.decision, event.handle, event.cause_id) == ("posted", "C0ALERTS:1.0", post_requested().id)
    assert after.trying_since is None


def test_a_post_without_an_answer_is_looked_for_before_another_is_made():
    post = posting.trying(a_post(), NOON)

    after, event = posting.concluded(post, post.event, NoWord("no answer"), NOON, PACE)

    assert (after.trying_since, after.handle, event) == (NOON, "", None)
    assert after.due_at == second(2)


def test_a_lost_message_that_is_found_is_edited_and_one_that_is_not_is_posted():
    post = posting.trying(a_post(), NOON)

    there = posting.found(post, "C0ALERTS:1.0", second(2))
    assert (there.handle, there.is_behind, there.due_at) == ("C0ALERTS:1.0", True, second(2))

    not_there = posting.absent(post)
    assert (not_there.handle, not_there.trying_since, not_there.is_behind) == ("", None, True)


def test_a_look_that_fails_leaves_the_question_open():
    post = posting.trying(a_post(), NOON)

    for outcome in (Retry("limited", 5.0), Refused("missing_scope"), NoWord("?")):
        after, _ = posting.unfound(post, outcome, NOON)
        assert after.trying_since == NOON
        assert after.due_at is not None


def test_a_refusal_is_told_once_and_looked_at_again_seldom():
    post, event = posting.refused(a_post(), "Slack: channel_not_found", NOON)
    assert isinstance(event, PostFailed)
    assert post.due_at == second(300)

    again, second_event = posting.refused(post, "Slack: channel_not_found", second(300))
    assert second_event is None
    assert again.due_at == second(900)

    _, other = posting.refused(again, "Slack: invalid_auth", second(900))
    assert isinstance(other, PostFailed)


def test_a_mended_cause_is_forgotten():
    refused, _ = posting.refused(a_post(), "Slack: is_archived", NOON)

    after, _ = posting.concluded(refused, refused.event, Sent(handle="C0ALERTS:1.0"), second(300), PACE)

    assert (after.failure, after.attempts, after.due_at) == ("", 0, None)


def test_a_message_that_a_person_deleted_is_posted_anew_unless_the_group_is_over():
    open_one = want(posted(), grown(2), second(60))
    over = want(posted(), a_group(version=2, resolved_at=NOON), second(60))
    assert open_one is not None
    assert over is not None

    gone = Refused("message_not_found", gone=True)
    anew, _ = posting.concluded(open_one, open_one.event, gone, second(60), PACE)
    left, _ = posting.concluded(over, over.event, gone, second(60), PACE)

    assert (anew.handle, anew.shown, anew.due_at) == ("", None, second(60))
    assert left.due_at is None


outcomes = st.sampled_from(
    [Sent(handle="C0ALERTS:1.0"), Retry("later", 7.0), Retry("later"), Refused("no"), NoWord("?"),
     Refused("gone", gone=True)]
)  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(["want", "send"]), outcomes, st.booleans()), max_size=30)


@given(steps=steps)
def test_whatever_happens_the_newest_version_stays_due_until_it_is_shown(steps: list[tuple[str, Any, bool]]):
    """Nothing is skipped for good: a row that is behind always has a due time."""
    post, version, at = a_post(), 1, NOON
    for kind, outcome, is_acknowledged in steps:
        at += timedelta(seconds=1)
        if kind == "want":
            version += 1
            group = acknowledged(grown(version), version=version) if is_acknowledged else grown(version)
            post = want(post, group, at) or post
        else:
            post, _ = posting.concluded(posting.trying(post, at), post.event, outcome, at, PACE)
        assert post.version == version
        assert (post.due_at is not None) or not post.is_behind


def noted(before: Post, note: str, at: datetime, version: int = 1) -> Post | None:
    """Ask for a note, as a hold that began, changed or ended does."""
    request = post_requested(a_group(version=version)).model_copy(update={"note": note, "time": at})
    return posting.wanted(before, request, CHANNEL, at, PACE)


def test_a_note_is_shown_at_once_and_goes_again_although_the_group_is_the_same():
    held = noted(posted(), "held until noon", second(1))
    assert held is not None
    assert (held.due_at, held.is_behind, held.event.note) == (second(1), True, "held until noon")
    shown, _ = posting.concluded(held, held.event, Sent(), second(1), PACE)
    assert not shown.is_behind

    released = noted(shown, "", second(2))

    assert released is not None
    assert (released.due_at, released.is_behind) == (second(2), True)


def test_a_note_with_an_older_version_of_the_group_does_not_bring_the_older_version_back():
    held = noted(posted(grown(5)), "held until noon", second(1), version=2)

    assert held is not None
    assert (held.version, held.event.group.version, held.event.note) == (5, 5, "held until noon")


def test_a_note_that_was_asked_for_earlier_changes_nothing():
    held = noted(posted(), "held until noon", second(2))
    assert held is not None

    assert noted(held, "", second(1)) is None
    assert noted(held, "held until noon", second(3)) is None
