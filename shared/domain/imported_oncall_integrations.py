"""Integrations of an OnCall: their tokens, so that senders need only another host name, templates and routes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from shared.domain.imported import Row, Taking, Written, part_of, position_of, rows_of, without_blanks, words
from shared.domain.media import RENDERED
from shared.integrations import by_slug

KIND = "integration"
TOKEN = re.compile(r"[A-Za-z0-9]{16,64}")
BEHAVIOUR = ("grouping_key", "resolve_signal", "acknowledge_signal", "source_link")
PARTS = {
    "sms": ("title",),
    "phone_call": ("title",),
    "email": ("title", "message"),
    "mobile_app": ("title", "message"),
}
PARTS_OF_OTHERS = ("title", "message", "image_url")
# Chat products of which OnCall tells an id of its own, which means nothing to the product itself.
OTHER_PRODUCTS = ("telegram", "msteams", "mattermost")
# Made by OnCall itself; alerts of these types do not come from outside.
OWN_TYPES = ("maintenance", "manual")
UNKNOWN_TYPE = "webhook"


def oncall_integrations(taking: Taking, lists: Mapping[str, Sequence[Row]]) -> list[Written]:
    """Return the integrations with their routes in order, the default one apart."""
    routes: dict[str, list[Row]] = {}
    for row in sorted(lists["routes"], key=position_of):
        routes.setdefault(str(row.get("integration_id")), []).append(row)
    found = []
    for row in lists["integrations"]:
        name = taking.names.of("integrations", row.get("id")) or ""
        if row.get("type") in OWN_TYPES:
            taking.left_out(KIND, name, f"the type {row['type']} is OnCall's own")
            continue
        found.append(_integration(taking, name, row, routes.get(str(row.get("id")), [])))
    _tell_of_slack(taking, found, lists["slack_channels"])
    return found


def _integration(taking: Taking, name: str, row: Row, routes: Sequence[Row]) -> Written:
    default = next((one for one in routes if one.get("is_the_last_route")), part_of(row, "default_route"))
    others = [one for one in routes if not one.get("is_the_last_route")]
    before = [_route(taking, name, f"route {number}", one) for number, one in enumerate(others, 1)]
    if row.get("maintenance_mode"):
        taking.left_out(KIND, name, f"is in {row['maintenance_mode']} mode now: begin it here too")
    written = {
        "name": name,
        "type": _type(taking, name, words(row.get("type"))),
        "team": taking.names.of("teams", row.get("team_id")),
        "token": _token(taking, name, row),
        "description_short": row.get("description_short"),
        "templates": _templates(taking, name, part_of(row, "templates")),
        "labels": _labels(row.get("labels")),
        "dynamic_labels": _labels(row.get("dynamic_labels")),
    }
    return {
        **without_blanks(written),
        "routes": [one for one in before if one is not None],
        "default_route": _targets(taking, name, "the default route", default),
    }


def _type(taking: Taking, name: str, slug: str) -> str:
    if by_slug(slug) is not None:
        return slug
    became = f"it is a {UNKNOWN_TYPE} now, with another URL and the templates of one"
    taking.left_out(KIND, name, f"the type {slug!r} is not known here: {became}")
    return UNKNOWN_TYPE


def _token(taking: Taking, name: str, row: Row) -> str | None:
    """Return a reference to the token: the last part of the link, or what stands before the @ of the mail address."""
    link, mail = words(row.get("link")), words(row.get("inbound_email"))
    if not link and not mail:
        if row.get("type") == "inbound_email":
            taking.left_out(KIND, name, "OnCall tells no mail address of it, so it has a new one here")
        return None
    token = urlsplit(link).path.rstrip("/").rpartition("/")[2] if link else mail.partition("@")[0]
    if TOKEN.fullmatch(token) is None:
        taking.left_out(KIND, name, "its URL ends with no token that can be kept: it has a new URL")
        return None
    return taking.secret(KIND, name, "token", value=token)


def _templates(taking: Taking, name: str, found: Row) -> Written:
    texts: Written = {key: found[key] for key in BEHAVIOUR if words(found.get(key))}
    for medium in RENDERED:
        parts = PARTS.get(medium, PARTS_OF_OTHERS)
        own = part_of(found, medium)
        texts[medium] = {part: own[part] for part in parts if words(own.get(part))}
    strange = [one for one in found if one not in (*BEHAVIOUR, *RENDERED) and any(_texts(found[one]))]
    if strange:
        taking.left_out(KIND, name, f"templates of media that are not known here: {', '.join(strange)}")
    return without_blanks(texts)


def _texts(value: Any) -> list[str]:
    inner = value.values() if isinstance(value, Mapping) else [value]
    return [words(one) for one in inner if words(one)]


def _labels(value: Any) -> dict[str, str]:
    """Return labels by key; key and value are objects with a name, or texts."""
    pairs = [(_label_word(one.get("key")), _label_word(one.get("value"))) for one in rows_of(value)]
    return {key: text for key, text in pairs if key and text}


def _label_word(value: Any) -> str:
    return words(value.get("name")) if isinstance(value, Mapping) else words(value)


def _route(taking: Taking, name: str, where: str, row: Row) -> Written | None:
    kind = words(row.get("routing_type")) or "regex"
    expression = row.get("routing_regex") or ""
    if kind not in ("regex", "jinja2"):
        message = (
            f"{where} is one by {kind}, which OnCall's API does not tell: its alerts take the next route"
        )
        taking.left_out(KIND, name, message)
        return None
    if not expression:
        taking.told(KIND, name, f"{where} has no expression, so it takes no alert, there and here")
    return {kind: expression, **_targets(taking, name, where, row)}


def _targets(taking: Taking, name: str, where: str, row: Row) -> Written:
    """Return the chain of a route and where it posts."""
    chain = row.get("escalation_chain_id")
    slack = part_of(row, "slack")
    posts: Written = {"id": words(slack.get("channel_id")) or None} | (
        {"enabled": False} if slack.get("enabled") is False else {}
    )
    written: Written = {
        "chain": taking.names.reference("chains", chain),
        "slack": {key: value for key, value in posts.items() if value is not None},
    }
    if chain and written["chain"] is None:
        taking.left_out(KIND, name, f"{where} names a chain that OnCall does not list: {chain}")
    for product in OTHER_PRODUCTS:
        target = part_of(row, product)
        if target.get("enabled") and target.get("id"):
            why = "and OnCall's API tells only its own id of the channel"
            taking.left_out(KIND, name, f"{where} posts to {product}, {why}: add {product}.id")
        elif target.get("enabled"):
            written[product] = {"enabled": True}
    return without_blanks(written)


def _tell_of_slack(taking: Taking, integrations: Sequence[Written], channels: Sequence[Row]) -> None:
    """Note in which channels the app must be."""
    names = {str(one.get("slack_id")): words(one.get("name")) for one in channels}
    routes = [one for row in integrations for one in (*row["routes"], row["default_route"])]
    ids = dict.fromkeys(
        one["slack"]["id"]
        for one in routes
        if one.get("slack", {}).get("id") and one["slack"].get("enabled") is not False
    )
    if ids:
        listed = ", ".join(f"#{names[one]} ({one})" if names.get(one) else one for one in ids)
        taking.told("Slack", "", f"the app must be a member of the channels that are posted to: {listed}")
