"""A form of an integration's page that was refused: shown again as it was sent, with what was wrong beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from multidict import MultiDict

from services.api.console.form_fields import is_ticked, pairs, text
from services.api.console.visits import Visit, reasons
from services.api.refusals import Refused

Form = MultiDict[str]
# None: as the installation says.
NOTE_REQUIRED = {"yes": True, "no": False}
SECRET_FIELDS = ("bearer_token", "basic_password", "hmac_secret")
TYPE_AGAIN = "Secrets that were typed are not shown again: type them once more."


@dataclass(frozen=True)
class Again:
    """Which part of the page was refused, why, and what was sent; without a part nothing was."""

    part: str = ""
    problems: tuple[str, ...] = ()
    form: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, visit: Visit, part: str, refused: Refused) -> Again:
        """Return what is shown of a form that was refused."""
        typed = part == "access" and any(visit.form.get(one) for one in SECRET_FIELDS)
        return cls(part, (*reasons(refused), *([TYPE_AGAIN] if typed else [])), visit.form)

    def sent(self, part: str) -> Mapping[str, Any]:
        """Return the fields of a part as they were sent; none where another part was."""
        return self.form if self.form is not None and self.part == part else {}


NOTHING = Again()


def as_sent(again: Again, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return an integration as the API shows it, with the part that was refused as its form was sent."""
    if again.part not in _PARTS or not isinstance(again.form, MultiDict):
        return dict(shown)
    return {**shown, **_PARTS[again.part](again.form, shown)}


def _general(form: Form, _shown: Mapping[str, Any]) -> dict[str, Any]:
    texts = ("name", "description_short", "team_id", "base_url")
    ticks = ("allow_source_based_resolving", "each_instance")
    return {name: form.get(name, "") for name in texts} | {name: is_ticked(form, name) for name in ticks}


def _heartbeat(form: Form, shown: Mapping[str, Any]) -> dict[str, Any]:
    templates = {
        name: {part: text(form, f"{name}_{part}") for part in ("title", "message")}
        for name in ("expired", "restored")
    }
    sent = {"timeout_seconds": form.get("timeout_seconds", ""), "templates": templates}
    return {"heartbeat": {**(shown["heartbeat"] or {}), **sent}}


def _labels(form: Form, _shown: Mapping[str, Any]) -> dict[str, Any]:
    def named(name: str) -> list[dict[str, Any]]:
        return [{"key": {"name": key}, "value": {"name": value}} for key, value in pairs(form, name)]

    return {
        "labels": named("label"),
        "dynamic_labels": named("dynamic"),
        "label_template": text(form, "label_template"),
    }


def _groups(form: Form, _shown: Mapping[str, Any]) -> dict[str, Any]:
    def texts(*names: str) -> dict[str, str]:
        return {name: form.get(name, "") for name in names}

    return {
        "acknowledge_reminder": texts("remind_after", "unacknowledge_after"),
        "escalation_resumes": texts("after_silence", "after_unacknowledge"),
        "resolution_note_required": NOTE_REQUIRED.get(form.get("resolution_note_required", "")),
        "storm": texts("groups_per_minute", "digest_interval"),
    }


_PARTS: dict[str, Callable[[Form, Mapping[str, Any]], dict[str, Any]]] = {
    "general": _general,
    "heartbeat": _heartbeat,
    "labels": _labels,
    "groups": _groups,
}
