"""A person's page: contact points, notification rules, tests; and for the person: time zone, password, sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web

from services.api.api import Api
from services.api.console.keepers import keeper_of
from services.api.console.oidc import account_provider
from services.api.console.people import problems_by_person
from services.api.console.people_words import (
    DAYS,
    KIND_WORDS,
    RULE_TYPES,
    channel_words,
    rule_sentence,
)
from services.api.console.rendering import duration
from services.api.console.visits import CONSOLE, THEMES, Visit, theme_of
from services.api.contact_points import user_of
from services.api.on_call_reminders import CHANNELS as REMINDER_CHANNELS
from services.api.on_call_reminders import LEADS_S
from services.api.people_problems import NAMES
from services.api.resources.users import ROLES
from services.api.ways import set_up
from shared import clock
from shared.domain.configuration import ConfigSnapshot, Rule, User
from shared.domain.ledger import Delivery
from shared.domain.personal import channel_of
from shared.domain.personal_webhooks import webhook_for
from shared.domain.reachability import SetUp, why_unusable
from shared.store.deliveries import Deliveries

CHANGING = ("PUT", "users/{id}")


@dataclass(frozen=True)
class RuleRow:
    """One notification rule: its sentence, why it reaches nobody ("" when it does), and its place in its list.

    `channel` is what a test of it goes out by; "" where there is nothing to be sent.
    """

    rule: Rule
    sentence: str
    why_not: str
    channel: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class TrialChannel:
    """A channel that a test can go out by."""

    name: str
    words: str


async def show_person(
    visit: Visit, problems: Sequence[str] = (), status: int = 200, **more: Any
) -> web.Response:
    """GET: one person; `current` is the reader. `problems` are those of a form, `more` what it made."""
    api = visit.api
    user = user_of(await api.desk(visit.principal), visit.request.match_info["id"])
    config = await api.configuration.load()
    channels = set_up(api.settings, NAMES)
    may_change = may_look_after(visit, user)
    values: dict[str, Any] = {
        "user": user,
        "keeper": await keeper_of(visit, User, user.id),
        "teams": sorted(config.teams, key=lambda one: one.name.casefold()),
        "concerns": (await problems_by_person(visit)).get(user.id, ()),
        "rules": {
            name: _rules(config, user, important, channels)
            for name, important in (("default", False), ("important", True))
        },
        "trials": [
            TrialChannel(one, channel_words(one))
            for one in NAMES
            if webhook_for(config, user, one) is not None or why_unusable(user, one, channels) is None
        ],
        "trial": await _trial(api, visit, user) if may_change else None,
        "is_own": is_own(visit, user),
        "may_change": may_change,
        "may_configure": visit.may(*CHANGING),
        "link": None,
        "refused": "",
        "sent": visit.form,
        "sent_rule_id": visit.request.match_info.get("rule_id", ""),
    }
    values |= await _access(visit, user) if may_change else {}
    return visit.page("user.html", status, problems=problems, **_words(), **{**values, **more})


def is_own(visit: Visit, user: User) -> bool:
    """Whether the page is the reader's own."""
    return visit.principal.user is not None and visit.principal.user.id == user.id


def may_look_after(visit: Visit, user: User) -> bool:
    """Whether the reader may change how this person is reached: the person, and admins."""
    return visit.principal.may("viewer" if is_own(visit, user) else "admin", writing=True)


def _words() -> dict[str, Any]:
    return {
        "kinds": KIND_WORDS,
        "rule_types": RULE_TYPES,
        "days": DAYS,
        "roles": ROLES,
        "themes": THEMES,
        "leads": [(one, duration(one)) for one in LEADS_S],
        "reminder_channels": [(one, channel_words(one)) for one in REMINDER_CHANNELS],
        "zones": _zones(),
    }


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


async def _access(visit: Visit, user: User) -> dict[str, Any]:
    console = visit.request.app[CONSOLE]
    return {
        "sessions": await console.sessions.of_user(user.id, clock.now()),
        "has_password": await console.passwords.hash_of(user.id) is not None,
        "password_link": await console.password_links.of_user(user.id, clock.now()),
        "password_link_made": None,
        "signs_in_with": await account_provider(visit.request.app, visit.api.settings, user.id),
        "chosen_theme": theme_of(visit.request),
    }


async def _trial(api: Api, visit: Visit, user: User) -> Delivery | None:
    """Return the message that the address names, when it is one to this person."""
    row = await Deliveries.of(api.database).get(visit.request.query.get("notice", ""))
    return row if row is not None and row.kind == "notice" and row.subject_id == user.id else None


def _rules(config: ConfigSnapshot, user: User, important: bool, channels: SetUp) -> list[RuleRow]:
    rules = config.rules_of.get((user.id, important), ())
    reasons = [_why_not(config, user, one, channels) for one in rules]
    return [
        RuleRow(
            one,
            rule_sentence(one),
            why_not,
            "" if one.type == "wait" or why_not else channel_of(one),
            is_first=position == 0,
            is_last=position == len(rules) - 1,
        )
        for position, (one, why_not) in enumerate(zip(rules, reasons, strict=True))
    ]


def _why_not(config: ConfigSnapshot, user: User, rule: Rule, channels: SetUp) -> str:
    if rule.type == "wait" or webhook_for(config, user, channel_of(rule)) is not None:
        return ""
    return why_unusable(user, channel_of(rule), channels) or ""
