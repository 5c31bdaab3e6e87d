"""What a person told others by hand: the payload and the texts that manual alerts and direct paging share."""

from __future__ import annotations

from typing import Any

from shared.domain.configuration import Templates
from shared.integrations.appearance import Look, templates

LOOK = Look(
    names={"page": "payload.oncall"},
    facts=[("Created by", "page.author_username")],
    text="page.message",
    links=[("Original message", "page.permalink")],
    source_link="page.permalink | absolute(base_url)",
)
# The payload holds a random id: each page is an alert group of its own.
TEMPLATES: Templates = templates(
    title="[page.title, page.message] | any_of", grouping_key="payload", resolve=None, look=LOOK
)


def example(title: str) -> dict[str, Any]:
    """Return what is stored of a page by a person."""
    return {
        "oncall": {
            "title": title,
            "message": "Customers cannot pay; the provider's status page is green.",
            "uid": "6f1d0c2e-7b1c-4a55-9a0e-3c1a8d2f9b10",
            "author_username": "alice",
            "permalink": "https://chat.example.com/archives/C024BE91L/p1767607200000100",
        }
    }
