"""Whether a recorded problem still stands: the text that failed may have been replaced since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from shared.domain.conditions import STEP
from shared.domain.configuration import Integration, Route
from shared.domain.labels import by_key
from shared.integrations import defaults_of, dynamic_labels_of

# `where` of a problem of all templates together: they ran out of time or memory.
ROUTING, RENDERING = "routing", "rendering"
ROUTE, LABEL, LABEL_TEMPLATE, LABELS = "route ", "labels.", "label_template", "labels"
HEARTBEAT = "heartbeat."

# `where` of what the receiver noticed: refusals for its rate, uses of a former URL ("token <id of it>").
RATE_LIMIT, TOKEN = "rate_limit", "token "


def text_digest(*texts: str) -> str:
    """Return 16 hex characters that stand for a template (or several) in a problem."""
    return hashlib.md5("\0".join(texts).encode(errors="replace"), usedforsecurity=False).hexdigest()[:16]


def everything_digest(integration: Integration, routes: Iterable[Route] = ()) -> str:
    """Return the digest for a problem of all templates together; `routes` only where they were evaluated."""
    settings = (
        integration.type,
        str(sorted(integration.templates.items())),
        integration.labels.model_dump_json(),
    )
    expressions = (f"{one.id} {one.routing_type} {one.routing_regex}" for one in routes)
    return text_digest(*settings, *expressions)


def is_current(where: str, digest: str, integration: Integration, routes: Sequence[Route]) -> bool:
    """Whether the text that failed is still in use. A problem without a digest is about no single text."""
    if where == ROUTING:
        return digest == everything_digest(integration, routes)
    if where == RENDERING:
        return digest == everything_digest(integration)
    if where == RATE_LIMIT:
        return integration.access.rate_limit is not None
    if where.startswith(TOKEN):
        return any(where in (one.where, one.where_refused) for one in integration.access.former_tokens)
    if not digest:
        return True
    return digest in {text_digest(one) for one in _texts(where, integration, routes) if one is not None}


def ends_by_itself(where: str) -> bool:
    """Whether it is over when nothing was noticed for a while: no evaluation can go without it."""
    return where == RATE_LIMIT or where.startswith((TOKEN, STEP))


def counts_on(where: str) -> bool:
    """Whether a problem that comes again after it was over is counted on: the uses of a URL are."""
    return where.startswith(TOKEN)


def _texts(where: str, integration: Integration, routes: Sequence[Route]) -> list[str | None]:
    """Return the texts that are evaluated under this name, the user's own and the type's."""
    if where.startswith(ROUTE):
        return [one.routing_regex for one in routes if where == f"{ROUTE}{one.id}"]
    if where == LABEL_TEMPLATE:
        return [integration.labels.template]
    if where.startswith(LABEL):
        key = where.removeprefix(LABEL)
        return [by_key(integration.labels.dynamic).get(key), dynamic_labels_of(integration.type).get(key)]
    if where.startswith(HEARTBEAT):
        return _heartbeat_texts(where.removeprefix(HEARTBEAT), integration)
    name, _, part = where.partition(".")
    own, defaults = integration.templates, defaults_of(integration.type)
    found = [own.get(name), defaults.get(name), defaults.get("web")]
    return [one.get(part) if isinstance(one, dict) else one for one in found]


def _heartbeat_texts(where: str, integration: Integration) -> list[str | None]:
    alert, _, part = where.partition(".")
    texts = integration.heartbeat.expired if alert == "expired" else integration.heartbeat.restored
    own = {"title": texts.title, "message": texts.message}
    # Both together: see `default_texts`.
    return [own[part]] if part in own else ["\0".join((texts.title or "", texts.message or ""))]
