"""The line of a first alert: what a shell makes of it is the example, the URL, and what senders must show."""

from __future__ import annotations

import shlex
from typing import Any

import orjson
import pytest

from services.api.console.curl_line import SIGNED_BY_SENDER, curl_line
from shared.integrations import all_types, by_slug
from shared.integrations.integration_type import IntegrationType

URL = "https://tocsin.example.org/integrations/v1/webhook/secret'token/"
NOTHING: dict[str, Any] = {"hmac": None, "basic": None, "bearer": None}
WEBHOOK = by_slug("webhook")


def an_integration(**authentication: Any) -> dict[str, Any]:
    return {"link": URL, "authentication": {**NOTHING, **authentication}}


@pytest.mark.parametrize("kind", [one for one in all_types() if one.has_url], ids=lambda one: one.slug)
def test_a_shell_reads_the_example_and_the_url_as_they_are(kind: IntegrationType):
    words = shlex.split(curl_line(kind, an_integration()))
    if kind.slug in SIGNED_BY_SENDER:
        assert words == []
        return
    assert (words[0], words[-1]) == ("curl", URL)
    assert orjson.loads(words[words.index("-d") + 1]) == kind.example_firing


@pytest.mark.parametrize(
    ("authentication", "options"),
    [
        ({"basic": {"username": "al ice"}}, ["-u", "al ice:<password>"]),
        ({"bearer": {"header": "authorization"}}, ["-H", "authorization: Bearer <token>"]),
        ({"bearer": {"header": "X-Token"}}, ["-H", "X-Token: <token>"]),
    ],
)
def test_what_senders_must_show_stands_in_it_without_the_secret(
    authentication: dict[str, Any], options: list[str]
):
    words = shlex.split(curl_line(WEBHOOK, an_integration(**authentication)))
    at = words.index(options[1])
    assert words[at - 1 : at + 1] == options


@pytest.mark.parametrize(
    ("kind", "integration"),
    [
        (WEBHOOK, {**an_integration(), "link": None}),
        (WEBHOOK, an_integration(hmac={"preset": "custom"})),
        (None, an_integration()),
    ],
)
def test_there_is_no_line_where_none_could_be_sent(kind: IntegrationType | None, integration: dict[str, Any]):
    assert curl_line(kind, integration) == ""
