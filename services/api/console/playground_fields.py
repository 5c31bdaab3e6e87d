"""The templates of an integration as fields of the playground's form, and the form as templates again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from services.api.console.form_fields import written
from services.api.console.integration_problems import template_anchor
from services.api.resources.templates import BEHAVIOUR, MEDIA
from shared.domain.configuration import Templates
from shared.domain.problems import text_digest
from shared.integrations import defaults_of

TITLES = {
    "web": "Web",
    "slack": "Slack",
    "email": "Mail",
    "sms": "SMS",
    "phone_call": "Phone call",
    "mobile_app": "Mobile app",
    "telegram": "Telegram",
    "mattermost": "Mattermost",
    "msteams": "Microsoft Teams",
}
LABELS = {
    "grouping_key": "Grouping key",
    "resolve_signal": "Resolve signal",
    "acknowledge_signal": "Acknowledge signal",
    "source_link": "Source link",
    "title": "Title",
    "message": "Message",
    "image_url": "Image address",
}


@dataclass(frozen=True)
class TemplateField:
    """One template: `text` is the integration's own, "" for none; `default` is what counts then."""

    name: str
    label: str
    text: str
    default: str

    @property
    def anchor(self) -> str:
        """The id of the field on the page."""
        return template_anchor(self.name)

    @property
    def used(self) -> str:
        """The text that counts."""
        return self.text or self.default

    @property
    def rows(self) -> int:
        """How many lines the field shows."""
        return min(max(len(self.text.splitlines()), 1 if self.name.count(".") == 0 else 2) + 1, 14)


@dataclass(frozen=True)
class FieldGroup:
    """The templates of one purpose or medium."""

    key: str
    title: str
    fields: tuple[TemplateField, ...]

    @property
    def is_own(self) -> bool:
        """Whether one of them is the integration's own."""
        return any(one.text for one in self.fields)


def field_groups(slug: str, templates: Mapping[str, Any]) -> list[FieldGroup]:
    """Return all templates, as the API shows them, in the order of the page."""
    defaults = defaults_of(slug)
    behaviour = tuple(
        TemplateField(key, LABELS[key], templates[key] or "", str(defaults.get(key) or ""))
        for key in BEHAVIOUR
    )
    media = [
        FieldGroup(
            medium,
            title,
            tuple(
                TemplateField(
                    f"{medium}.{part}",
                    LABELS[part],
                    templates[medium][part] or "",
                    _default(defaults, medium, part),
                )
                for part in MEDIA[medium]
            ),
        )
        for medium, title in TITLES.items()
    ]
    return [FieldGroup("behaviour", "What an alert means", behaviour), *media]


def templates_of(form: MultiMapping[str]) -> dict[str, Any]:
    """Return the templates of the form as the API takes them; what is left empty is the type's default."""
    media = {
        medium: {part: written(form, f"t.{medium}.{part}") for part in parts}
        for medium, parts in MEDIA.items()
    }
    return {**{key: written(form, f"t.{key}") for key in BEHAVIOUR}, **media}


def fingerprint(templates: Mapping[str, Any]) -> str:
    """Return a text that is another one when a template is."""
    return text_digest(json.dumps(templates, sort_keys=True))


def _default(defaults: Templates, medium: str, part: str) -> str:
    """Return the type's own text for a part; where it has none for the medium, that of the web."""
    for one in (medium, "web"):
        parts = defaults.get(one)
        if isinstance(parts, dict) and parts.get(part) is not None:
            return str(parts[part])
    return ""
