"""The double's judgement is as strict as Slack's published limits."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from shared.channels import slack
from shared.channels.channel import HttpCall
from tests.support.outgoing import a_message
from tests.support.slack_limits import problems


def a_body() -> dict[str, Any]:
    call = slack.post(a_message(), "C0ALERTS", slack.SlackSettings())
    assert isinstance(call, HttpCall)
    return json.loads(call.body or b"")


def block(**fields: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x"}, **fields}


def button(**fields: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}, **fields}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("no_text", {"text": ""}),
    ("msg_too_long", {"text": "x" * 40_001}),
    ("invalid_blocks", {"blocks": [block() for _ in range(51)]}),
    ("invalid_blocks", {"blocks": [block(text={"type": "mrkdwn", "text": "x" * 3001})]}),
    ("invalid_blocks", {"blocks": [block(text={"type": "mrkdwn", "text": ""})]}),
    ("invalid_blocks", {"blocks": [block(block_id="b"), block(block_id="b")]}),
    ("invalid_blocks", {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}),
    ("invalid_blocks", {"blocks": [{"type": "image", "image_url": "https://x/y.png"}]}),
    ("invalid_blocks", {"blocks": [{"type": "marquee"}]}),
    ("invalid_blocks", {"blocks": [actions(button(value="x" * 2001))]}),
    ("invalid_blocks", {"blocks": [actions(button(), button())]}),
    ("invalid_blocks", {"blocks": [actions(button(style="loud"))]}),
    ("invalid_attachments", {"attachments": [{"blocks": [block()], "image_url": "https://x/y.png"}]}),
    ("invalid_metadata_format", {"metadata": {"event_type": "x"}}),
]


@pytest.mark.parametrize(("error", "change"), REFUSED)
def test_what_slack_refuses_is_refused(error: str, change: dict[str, Any]):
    body = {**copy.deepcopy(a_body()), **change}

    assert error in {found for found, _ in problems(body)}


def test_what_slack_takes_is_taken():
    assert list(problems(a_body())) == []
