"""The button that answers an acknowledge reminder: in every chat, while the reminder waits, and not otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.channels import mattermost, slack, slack_press, telegram
from shared.channels.callback import Incoming, Press
from shared.channels.channel import HttpCall
from shared.channels.registry import CHANNELS
from shared.domain.model import Group, Reminder
from tests.support.outgoing import NOON, a_group, a_message, acknowledged
from tests.support.slack_double import Shown, SlackDouble

SETTINGS: dict[str, Any] = {
    "slack": slack.SlackSettings.model_validate({"bot_token": "xoxb-1"}),
    "telegram": telegram.TelegramSettings.model_validate({"token": "1:a"}),
    "mattermost": mattermost.MattermostSettings(url="https://chat.example.com", bot_user_id="b" * 26),
}
ASKED = Reminder(count=1, asked_at=NOON, confirm_by=NOON)
every_chat = pytest.mark.parametrize("slug", SETTINGS)


def body_of(slug: str, group: Group) -> dict[str, Any]:
    tickets = {"any": "ticket"} if slug == "mattermost" else {}
    message = a_message(group, callback_url="https://tocsin.example", tickets=tickets)
    call = CHANNELS[slug].post(message, "C0ALERTS", SETTINGS[slug])
    assert isinstance(call, HttpCall)
    assert call.body is not None
    found: dict[str, Any] = json.loads(call.body)
    return found


def buttons(slug: str, body: dict[str, Any]) -> list[str]:
    """Return what the buttons of a message say, in order."""
    match slug:
        case "slack":
            elements = body["attachments"][-1]["blocks"][-1]["elements"]
            return [one["action_id"].capitalize() for one in elements]
        case "telegram":
            return [one["text"] for row in body["reply_markup"]["inline_keyboard"] for one in row]
        case _:
            return [one["name"] for one in body["props"]["attachments"][0]["actions"]]


def pressed(slug: str, body: dict[str, Any]) -> Press:
    """Return what the product tells when the first button is pressed."""
    match slug:
        case "slack":
            interaction = SlackDouble().interaction(Shown("C0ALERTS", "17.000001", body), "confirm")
            return slack_press.press(interaction)[0]
        case "telegram":
            data = body["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
            told: dict[str, Any] = {"callback_query": {"id": "Q1", "from": {"id": 777}, "data": data}}
        case _:
            action = body["props"]["attachments"][0]["actions"][0]
            told = {"user_id": "u" * 26, "post_id": "p", "context": action["integration"]["context"]}
    callbacks = CHANNELS[slug].callbacks
    assert callbacks is not None
    incoming = Incoming("POST", "https://tocsin.example/x?ticket=t", "press", body=json.dumps(told).encode())
    return callbacks.hear(incoming).presses[0]


@every_chat
def test_a_waiting_reminder_can_be_confirmed_where_it_is_read(slug: str):
    body = body_of(slug, acknowledged(a_group(), reminder=ASKED))

    assert buttons(slug, body) == ["Confirm", "Unacknowledge", "Resolve"]
    assert pressed(slug, body).action == "confirm"


@every_chat
@pytest.mark.parametrize(
    "group",
    [
        acknowledged(a_group()),
        acknowledged(a_group(), reminder=Reminder(count=1, next_at=NOON)),
        acknowledged(a_group(), reminder=ASKED, root_id="IROOT"),
        a_group(reminder=ASKED),
    ],
    ids=["no reminder", "confirmed", "attached", "nobody's any more"],
)
def test_where_no_reminder_waits_there_is_nothing_to_confirm(slug: str, group: Group):
    assert "Confirm" not in buttons(slug, body_of(slug, group))
