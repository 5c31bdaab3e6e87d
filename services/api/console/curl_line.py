"""A first alert from a shell: the line that sends the example of an integration's type to its URL."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import orjson

from shared.domain.access import AUTHORIZATION
from shared.integrations.integration_type import IntegrationType

# Only Amazon can sign what these take.
SIGNED_BY_SENDER = frozenset({"amazon_sns"})


def curl_line(kind: IntegrationType | None, integration: Mapping[str, Any]) -> str:
    """Return the line for an integration as the API shows it; "" where no line can be sent as it stands there.

    What senders must show stands in it as <token> and <password>: nobody can read those again.
    """
    url, authentication = integration["link"], integration["authentication"]
    if kind is None or not url or kind.slug in SIGNED_BY_SENDER or authentication["hmac"]:
        return ""
    words = ["curl", "-sS", "-H", "Content-Type: application/json", *_shown(authentication)]
    words += ["-d", orjson.dumps(kind.example_firing).decode(), url]
    return shlex.join(words)


def _shown(authentication: Mapping[str, Any]) -> list[str]:
    """Return the options with which a request shows what it must."""
    basic, bearer = authentication["basic"], authentication["bearer"]
    options = ["-u", f"{basic['username']}:<password>"] if basic else []
    if bearer:
        scheme = "Bearer " if bearer["header"].lower() == AUTHORIZATION.lower() else ""
        options += ["-H", f"{bearer['header']}: {scheme}<token>"]
    return options
