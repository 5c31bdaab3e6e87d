"""One webhook call: its body, its headers and what its answer means."""

from __future__ import annotations

import base64
import json

import pytest

from shared.channels import webhook
from shared.channels.channel import HttpReply
from shared.channels.webhook import Credentials, Pieces
from shared.domain.delivery import Answer, Refused, Retry, Sent
from shared.errors import Permanent

NONE = Credentials()
EVENT = {"event": {"type": "escalation"}, "alert_group_id": "G1"}


def built(method: str = "POST", credentials: Credentials = NONE, **pieces: str | None) -> webhook.Request:
    return webhook.request(
        "D-1", method, Pieces(**{"url": "https://x.example/h", **pieces}), EVENT, credentials
    )


def test_the_whole_event_is_forwarded_as_json():
    request = built()

    assert json.loads(request.body or b"") == EVENT
    assert request.headers["Content-Type"] == "application/json"


def test_data_that_is_json_is_sent_as_json_and_other_data_as_text():
    assert built(data='{"a": 1}').headers["Content-Type"] == "application/json"
    assert built(data="down: db1").headers["Content-Type"].startswith("text/plain")
    assert built(data="dröhn").body == "dröhn".encode()


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_only_post_put_and_patch_carry_a_body(method: str):
    assert built(method, data="x").body is None


def test_a_header_of_the_user_replaces_ours():
    assert built(headers='{"content-type": "text/x"}').headers == {
        "content-type": "text/x",
        "Idempotency-Key": "D-1",
    }


def test_credentials_win_over_the_headers():
    request = built("POST", Credentials(username="u", password="p"), headers='{"authorization": "x"}')

    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"u:p").decode()
    assert "authorization" not in request.headers


def test_the_authorization_header_wins_over_user_and_password():
    assert built("POST", Credentials("u", "p", "Bearer t")).headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    "headers",
    ["no json", "[]", '{"a b": "c"}', '{"a": "b\\r\\nEvil: 1"}', '{"Content-Length": "1"}', '{"": "x"}'],
)
def test_headers_that_would_break_the_request_are_refused(headers: str):
    with pytest.raises(Permanent, match="header"):
        built(headers=headers)


@pytest.mark.parametrize("url", ["", "ftp://x", "file:///etc/passwd", "//x", "None"])
def test_a_url_that_is_not_http_is_refused(url: str):
    with pytest.raises(Permanent, match="url"):
        built(url=url)


def test_receivers_can_tell_a_repeat():
    assert built().headers["Idempotency-Key"] == "D-1"


def test_secrets_do_not_print():
    assert "hunter2" not in repr(Credentials("u", "hunter2", "Bearer hunter2"))


def test_answers_are_judged_by_their_status():
    assert webhook.read(HttpReply(204)) == Sent(answer=Answer(204, ""))
    assert webhook.read(HttpReply(404, {}, b"no")) == Refused("the webhook answered 404", Answer(404, "no"))
    assert isinstance(webhook.read(HttpReply(502)), Retry)


def test_the_content_kept_is_cut():
    outcome = webhook.read(HttpReply(200, {}, b"x" * 60_000))

    assert isinstance(outcome, Sent)
    assert outcome.answer is not None
    assert len(outcome.answer.content or "") == 50_000
