"""Traces and timelines made of the journal's envelopes."""

from __future__ import annotations

from typing import Any

from services.api.trace import stage, timeline_entry, trace_of


def envelope(type: str, id: str, **more: Any) -> dict[str, Any]:
    """Return an envelope as the journal holds it."""
    data = more.pop("data", {})
    head = {
        "id": id,
        "type": type,
        "source": "/tocsin/grouper/host-1",
        "time": f"2026-05-04T12:00:0{len(id)}Z",
    }
    return {**head, "data": data, **more}


def test_a_stage_tells_who_decided_what_why_and_how_long_it_took():
    told = stage(
        envelope(
            "group.opened.v1",
            "e",
            waitedms=3.5,
            workedms=1.0,
            configversion=7,
            decision="opened",
            reason="new",
        )
    )

    assert told["stage"] == "grouper"
    assert told["instance"] == "host-1"
    assert (told["waited_ms"], told["worked_ms"], told["config_version"]) == (3.5, 1.0, 7)
    assert (told["decision"], told["reason"], told["event_type"]) == ("opened", "new", "group.opened.v1")


def test_a_decision_without_onward_event_names_its_stage():
    assert stage(envelope("stage.decided.v1", "e", data={"stage": "escalator"}))["stage"] == "escalator"


def test_pages_posts_and_webhooks_are_paired_with_how_they_ended():
    trace = trace_of(
        "a1",
        [
            envelope("group.opened.v1", "g", data={"group": {"id": "I1"}}),
            envelope("notification.requested.v1", "n1", data={"user_id": "U1", "channel": "email"}),
            envelope("notification.requested.v1", "n2", data={"user_id": "U2", "channel": "sms"}),
            envelope("post.requested.v1", "p1", data={"medium": "slack"}),
            envelope("webhook.requested.v1", "w1", data={"webhook_id": "W1"}),
            envelope(
                "notification.failed.v1", "x", data={"request_id": "n2", "attempts": 3}, reason="refused"
            ),
            envelope("post.delivered.v1", "y", causeid="p1", data={"handle": "C:1"}),
            envelope("webhook.responded.v1", "z", data={"request_id": "w1"}),
        ],
    )

    assert trace["group_id"] == "I1"
    assert [(one["user_id"], one["outcome"]) for one in trace["pages"]] == [
        ("U1", "requested"),
        ("U2", "failed"),
    ]
    assert (trace["pages"][1]["reason"], trace["pages"][1]["attempts"]) == ("refused", 3)
    assert [(one["medium"], one["outcome"], one["handle"]) for one in trace["posts"]] == [
        ("slack", "delivered", "C:1")
    ]
    assert [(one["webhook_id"], one["outcome"]) for one in trace["webhooks"]] == [("W1", "responded")]


def test_a_timeline_line_names_the_actor_and_the_details():
    actor = {"kind": "user", "id": "U1", "name": "alice"}
    told = timeline_entry(
        envelope(
            "action.requested.v1", "e", data={"action": "silence", "delay_s": 60, "actor": actor, "run": None}
        )
    )

    assert told["actor"] == actor
    assert told["details"] == {"action": "silence", "delay_s": 60}
    assert timeline_entry(envelope("group.opened.v1", "e"))["actor"] is None
