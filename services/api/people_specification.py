"""The part of the OpenAPI document about people: contact points, codes, tests."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from services.api.resources.contact_points import ContactPointBody
from services.api.specification_parts import body, operation, path_parameter
from services.api.trial_notices import TrialBody
from services.api.verification import SendCodeBody, VerifyBody

BASE = "/api/v1"
PEOPLE_BODIES: tuple[type[BaseModel], ...] = (ContactPointBody, SendCodeBody, VerifyBody, TrialBody)


def people_paths() -> dict[str, Any]:
    """Return what is done for a person besides changing the user."""
    base = f"{BASE}/users/{{id}}"
    points, point = f"{base}/contact_points", f"{base}/contact_points/{{point_id}}"
    add = operation("add a way to reach the person; a Telegram account is linked without an address",
                     {"201": "ContactPoint|ContactLink"})  # fmt: skip
    code = operation("send a code to it, over its own channel", {"202": "CodeSent"})
    verify = operation("prove it with the code that came", {"200": "ContactPoint"})
    outcome: dict[str, str | None] = {"200": "TrialOutcome", "202": "TrialOutcome"}
    trial = operation("send the person a test, and tell what became of it", outcome)
    slack = operation("have the list read from Slack now", {"202": "Detail"})
    return {
        f"{BASE}/user_groups/refresh": {"post": slack},
        f"{BASE}/slack_channels/refresh": {"post": slack},
        points: {
            **_of_one(),
            "get": operation("the person's ways to be reached", {"200": "ContactPoints"}),
            "post": add | body("ContactPointBody"),
        },
        point: {**_of_one("id", "point_id"), "delete": operation("take it away", {"204": None})},
        f"{point}/send_code": {
            **_of_one("id", "point_id"),
            "post": code | body("SendCodeBody", required=False),
        },
        f"{point}/verify": {**_of_one("id", "point_id"), "post": verify | body("VerifyBody")},
        f"{base}/test_notification": {**_of_one(), "post": trial | body("TrialBody")},
    }


def _of_one(*names: str) -> dict[str, Any]:
    return {"parameters": [path_parameter(one) for one in names or ("id",)]}
