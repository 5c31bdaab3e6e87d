"""Outgoing webhooks of an OnCall; its API masks their secrets, so those become references to variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.domain.imported import Row, Taking, Written, items_of, without_blanks

SECRETS = ("password", "authorization_header")
PLAIN = ("url", "trigger_type", "http_method", "headers", "data", "trigger_template", "username", "preset")


def oncall_webhooks(taking: Taking, rows: Sequence[Row]) -> list[Written]:
    """Return the webhooks; one whose integrations are all gone is switched off, because none would mean all."""
    return [_webhook(taking, row) for row in rows]


def _webhook(taking: Taking, row: Row) -> Written:
    name = taking.names.of("webhooks", row.get("id")) or ""
    integrations, is_enabled = _integrations(taking, name, row)
    written = {
        "name": name,
        "team": taking.names.of("teams", row.get("team") or row.get("team_id")),
        **{one: row.get(one) for one in PLAIN},
        "integrations": integrations,
    }
    if not is_enabled:
        written["enabled"] = False
    if row.get("forward_all") is False:
        written["forward_all"] = False
    for one in SECRETS:
        if row.get(one):
            written[one] = taking.secret("webhook", name, one)
            message = f"OnCall's API does not tell its {one}: {written[one]} must be set"
            taking.left_out("webhook", name, message)
    return without_blanks(written)


def _integrations(taking: Taking, name: str, row: Row) -> tuple[list[Any], bool]:
    """Return the integrations that a webhook is about, and whether it may be on."""
    is_enabled = row.get("is_webhook_enabled") is not False
    wanted = items_of(row.get("integration_filter"))
    found = [taking.names.reference("integrations", one) for one in wanted]
    known = [one for one in found if one is not None]
    if len(known) < len(wanted):
        gone = ", ".join(str(one) for one, name in zip(wanted, found, strict=True) if name is None)
        message = f"integrations that it is about are gone: {gone}"
        taking.left_out("webhook", name, message if known else f"{message}; the webhook is switched off")
    return known, is_enabled and (bool(known) or not wanted)
