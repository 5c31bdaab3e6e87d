"""What a declaration changes, said for people: which object, and which fields from what to what."""

from __future__ import annotations

from typing import Any

from shared.domain.configuration import Chain, Integration, Route, Rule, StepConfig, User
from shared.domain.configuration_draft import Change, Draft, Row

# Shown by name only: digests and ciphertext mean nothing to people and are nobody's business.
SECRET = (
    *("ical_url_primary", "ical_url_overrides"),
    *("token_digest", "token_encrypted", "password", "authorization_header"),
    *("signing_secret", "former_signing_secret"),
    *("secrets", "passwords", "tokens", "former_tokens", "secret_encrypted"),
)


def shown_change(draft: Draft, change: Change) -> dict[str, Any]:
    """Return one change: create, update or delete, of what, and the fields before and after."""
    row = change.after or change.before
    assert row is not None
    kind = "create" if change.before is None else "delete" if change.after is None else "update"
    return {
        "change": kind,
        "kind": change.table,
        "id": change.id,
        "name": name_of(draft, row),
        "fields": _fields(change) if kind == "update" else {},
    }


def name_of(draft: Draft, row: Row) -> str:
    """Return what people call an object; a part is named by the object that it belongs to."""
    if isinstance(row, User):
        return row.username
    if isinstance(row, StepConfig):
        chain = draft.get(Chain, row.escalation_chain_id) or draft.base.of(Chain).get(row.escalation_chain_id)
        return f"{chain.name if chain else '?'} / step {row.position + 1}: {row.type}"
    if isinstance(row, Rule):
        user = draft.get(User, row.user_id) or draft.base.of(User).get(row.user_id)
        which = "important" if row.important else "default"
        return f"{user.username if user else '?'} / {which} rule {row.position + 1}: {row.type}"
    if isinstance(row, Route):
        integration = draft.get(Integration, row.integration_id)
        which = "default route" if row.is_default else f"route {row.position + 1}"
        return f"{integration.name if integration else '?'} / {which}"
    return str(getattr(row, "name", row.id))


def _fields(change: Change) -> dict[str, Any]:
    before = change.before.model_dump(mode="json") if change.before else {}
    after = change.after.model_dump(mode="json") if change.after else {}
    changed = [name for name in after if before.get(name) != after[name]]
    return {
        name: {"from": "(secret)", "to": "(secret)"}
        if name in SECRET
        else {"from": without_secrets(before.get(name)), "to": without_secrets(after[name])}
        for name in changed
    }


def without_secrets(value: Any) -> Any:
    """Return a value with what is secret inside it left out; whether there is any is still seen."""
    if isinstance(value, list | tuple):
        return [without_secrets(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: ("(secret)" if inner else inner) if key in SECRET else without_secrets(inner)
        for key, inner in value.items()
    }
