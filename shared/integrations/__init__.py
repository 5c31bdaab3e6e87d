"""The ways in: one file per integration type, found by folder. Adding a type is adding its file here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from shared.domain.configuration import Templates
from shared.domain.heartbeat_facts import HeartbeatFacts
from shared.integrations.heartbeat_shapes import six_fields
from shared.integrations.integration_type import IntegrationType

LEGACY = "legacy_"
# Reads the payloads that Tocsin makes for types without a shape of their own.
PLAIN = "formatted_webhook"


@lru_cache(maxsize=1)
def _files() -> frozenset[str]:
    return frozenset(one.name for one in pkgutil.iter_modules(__path__))


@lru_cache(maxsize=1)
def all_types() -> tuple[IntegrationType, ...]:
    """Return every type there is, ordered by slug."""
    return tuple(found for name in sorted(_files()) if (found := by_slug(name)) is not None)


@lru_cache(maxsize=512)
def by_slug(slug: str) -> IntegrationType | None:
    """Return the type with this slug, None when there is none. Only its own file is loaded."""
    if slug not in _files():
        return None
    found = getattr(importlib.import_module(f"{__name__}.{slug}"), "TYPE", None)
    return found if isinstance(found, IntegrationType) else None


def path_word(slug: str) -> str:
    """Return the word of a type in its URL: legacy types share the path of the modern one."""
    return slug.removeprefix(LEGACY)


def by_path_word(word: str) -> IntegrationType | None:
    """Return the type behind the first word of an ingest URL, None when there is none."""
    return by_slug(word) or by_slug(LEGACY + word)


def defaults_of(slug: str) -> Templates:
    """Return the templates a type brings along; those of the plain webhook for a type that no longer exists."""
    found = by_slug(slug) or by_slug("webhook")
    assert found is not None
    return found.templates


def dynamic_labels_of(slug: str) -> Mapping[str, str]:
    """Return the templates of the labels that a type brings along, by key."""
    found = by_slug(slug)
    return found.dynamic_labels if found is not None else {}


def heartbeat_of(slug: str, facts: HeartbeatFacts) -> tuple[str, Any]:
    """Return the type whose templates read a heartbeat's alert, and the alert's payload in that type's shape."""
    found = by_slug(slug)
    if found is None or found.heartbeat is None:
        return PLAIN, six_fields(slug)(facts)
    return slug, found.heartbeat(facts)
