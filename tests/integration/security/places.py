"""Addresses of routes: their templates, filled with the ids of what there is."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What the first id of an address is the id of, by the word before it; as the public API calls the kinds.
KINDS = {
    "alert-groups": "alert_groups",
    "escalation-chains": "escalation_chains",
    "event-subscriptions": "event_subscriptions",
}
# What further ids are, by their names.
NAMED = {
    "route_id": "routes",
    "shift_id": "on_call_shifts",
    "step_id": "escalation_policies",
    "override_id": "overrides",
    "swap_id": "shift_swaps",
    "rule_id": "personal_notification_rules",
    "point_id": "contact_points",
    "token_id": "former_tokens",
    "ticket": "tickets",
}
FIXED = {"slug": "webhook", "action": "acknowledge", "service": "grouper", "part": "general", "name": "none"}
WORD_AND_ID = re.compile(r"/([a-z_-]+)/\{id\}")
ABSENT = "none"


def address_of(template: str, ids: Mapping[str, str]) -> str:
    """Return the template with ids in it, "none" where there is no such thing."""
    word = WORD_AND_ID.search(template)
    kind = KINDS.get(word[1], word[1]) if word is not None else ""
    # A dead letter is named by its stage and its own id.
    first = ids.get("letters" if "{service}" in template else kind, ABSENT)

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name == "id":
            return first
        return ids.get(NAMED[name], ABSENT) if name in NAMED else FIXED[name]

    return re.sub(r"\{(\w+)[^}]*\}", filled, template)
