"""What a declaration changes, said for people: which object, and which fields from what to what."""

from __future__ import annotations

from typing import Any

from shared.domain.configuration import Chain, Integration, Route, Rule, StepConfig, User
from shared.domain.configuration_draft import TABLES, Change, Declared, Draft, Row

# Shown by name only: digests and ciphertext mean nothing to people and are nobody's business.
SECRET = (
    *("ical_url_primary", "ical_url_overrides"),
    *("token_digest", "token_encrypted", "password", "authorization_header"),
    *("signing_secret", "former_signing_secret"),
    *("secrets", "passwords", "tokens", "former_tokens", "secret_encrypted"),
)
# What a new object is besides what was written.
OWN = ("id", "position", "token_digest", "token_encrypted")


class Shown:
    """Shows the changes of one edit; what they refer to by id is shown by name."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._names: dict[str, str] = {}
        for model in TABLES.values():
            if model is not Declared:
                rows = [*draft.base.of(model).values(), *draft.all(model)]
                self._names |= {one.id: str(getattr(one, "name", "")) or one.id for one in rows}
        users = [*draft.base.of(User).values(), *draft.all(User)]
        self._names |= {one.id: one.username for one in users}

    def change(self, change: Change) -> dict[str, Any]:
        """Return one change: create, update or delete, of what, and the fields before and after.

        Of a new object the fields that are not as by default, of a removed one none.
        """
        row = change.after or change.before
        assert row is not None
        kind = "create" if change.before is None else "delete" if change.after is None else "update"
        mark = self._draft.get(Declared, f"{change.table}/{change.id}")
        mark = mark or self._draft.base.of(Declared).get(f"{change.table}/{change.id}")
        return {
            "change": kind,
            "kind": change.table,
            "id": change.id,
            "name": name_of(self._draft, row),
            "set": mark.set if mark is not None else None,
            "fields": self._fields(change),
        }

    def _fields(self, change: Change) -> dict[str, Any]:
        if change.after is None:
            return {}
        after = change.after.model_dump(mode="json")
        before = change.before.model_dump(mode="json") if change.before else _blank(change.after)
        changed = [name for name in after if before.get(name) != after[name]]
        if change.before is None:
            changed = [name for name in changed if name not in OWN]
        return {
            name: {
                "from": "(secret)" if before.get(name) else None,
                "to": "(secret)" if after[name] else None,
            }
            if name in SECRET
            else {"from": self._readable(before.get(name)), "to": self._readable(after[name])}
            for name in changed
        }

    def _readable(self, value: Any) -> Any:
        """Return a value with names for ids, and without what is secret."""
        return self._named(without_secrets(value))

    def _named(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._named(one) for one in value]
        if isinstance(value, dict):
            return {key: self._named(one) for key, one in value.items()}
        return self._names.get(value, value) if isinstance(value, str) else value


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


def _blank(row: Row) -> dict[str, Any]:
    """Return the fields of an object of which only defaults are known; those without one are absent."""
    fields = type(row).model_fields
    known = {
        name: one.get_default(call_default_factory=True)
        for name, one in fields.items()
        if not one.is_required()
    }
    return type(row).model_construct(**known).model_dump(mode="json", include=set(known))
