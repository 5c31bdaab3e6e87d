"""What two configurations may decide differently: whichever integration is not in here needs no look at its alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from shared.domain.behaviour_jobs import Comparison, Deciding, Side
from shared.domain.configuration import ConfigSnapshot, Integration, Route
from shared.domain.media import CHATS, media_of
from shared.domain.template_jobs import BEHAVIOURAL, MEDIA

# Of an integration, what has no say in what becomes of an alert that was received.
_WITHOUT_A_SAY = frozenset(
    {
        *("token_digest", "token_encrypted", "access", "description_short", "team_id"),
        *("heartbeat", "storm", "groups", "each_instance"),
    }
)
# What every medium's texts may be made of, beside the medium's own templates.
_OF_ALL_TEXTS = ("name", "type", "base_url", "labels")
# Whom a chain reaches may depend on any of these.
_PEOPLE = (
    *("users", "rules", "teams", "user_groups", "schedules", "shifts", "swaps", "calendars"),
    "maintenance_windows",
)


@dataclass(frozen=True)
class Scope:
    """One integration whose alerts may fare differently; `after` None: it is gone.

    `decided_by`: what may decide another route, group, signal or label. `shown`: as in `Comparison`. `with_title`:
    some step has a condition, which may ask for the title of a group. `pages`: the chains of these routes (by their
    ids before) may reach others, or at other times. `same_route` tells of an id after which id before stands for the
    same route: one that was only written anew in its place.
    """

    before: Side
    after: Side | None
    decided_by: Deciding = "all"
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pages: frozenset[str] = frozenset()
    same_route: dict[str, str] | None = None
    with_title: bool = True

    @property
    def is_decided_anew(self) -> bool:
        """Whether anything may be decided differently."""
        return self.decided_by != "nothing"

    @property
    def is_grouped(self) -> bool:
        """Whether it matters which alerts are in one group: not where nothing but texts may differ."""
        return self.is_decided_anew or bool(self.pages)

    @cached_property
    def comparison(self) -> Comparison | None:
        """What is asked about its alerts; nothing when it is gone."""
        if self.after is None:
            return None
        return Comparison(
            self.before, self.after, self.shown, self.decided_by, self.is_grouped, self.with_title
        )

    def route_before(self, route_id: str | None) -> str | None:
        """Return the id by which a route after is compared with those before."""
        return (self.same_route or {}).get(route_id or "", route_id)

    def route_after(self, route_id: str | None) -> str | None:
        """Return the other way round."""
        back = {was: will for will, was in (self.same_route or {}).items()}
        return back.get(route_id or "", route_id)


def scopes(before: ConfigSnapshot, after: ConfigSnapshot) -> dict[str, Scope]:
    """Return by id the integrations whose alerts may fare differently under `after`."""
    people_differ = any(getattr(before, name) != getattr(after, name) for name in _PEOPLE)
    found: dict[str, Scope] = {}
    for was in before.integrations:
        will = after.integration_by_id.get(was.id)
        own = Side(was, before.routes_of.get(was.id, ()))
        if will is None:
            found[was.id] = Scope(own, None)
            continue
        other = Side(will, after.routes_of.get(was.id, ()))
        scope = _scope(own, other, (before, after), people_differ)
        if scope.is_decided_anew or any(scope.shown.values()) or scope.pages:
            found[was.id] = scope
    return found


def _scope(
    before: Side, after: Side, configs: tuple[ConfigSnapshot, ConfigSnapshot], people_differ: bool
) -> Scope:
    same = _same_routes(before.routes, after.routes)
    asks_title = any(step.condition is not None for config in configs for step in config.steps)
    said = [_said(one.integration, asks_title) for one in (before, after)]
    routes_differ = [_tried(one) for one in before.routes] != [_tried(one) for one in after.routes] or any(
        was.id != same.get(will.id, will.id) for was, will in zip(before.routes, after.routes, strict=False)
    )
    return Scope(
        before=before,
        after=after,
        decided_by="all" if said[0] != said[1] else "routes" if routes_differ else "nothing",
        shown=_shown(before, after, same, configs[1]),
        pages=_paging_differently(after.routes, same, configs, people_differ),
        same_route=same,
        with_title=asks_title,
    )


def _said(integration: Integration, asks_title: bool) -> dict[str, Any]:
    """What decides what becomes of an alert. The texts of it do not; only conditions of steps ask for its title."""
    found = {name: value for name, value in integration.__dict__.items() if name not in _WITHOUT_A_SAY}
    names = (*BEHAVIOURAL, "web") if asks_title else BEHAVIOURAL
    templates = {name: found["templates"].get(name) for name in names}
    return {**found, "templates": templates}


def _tried(route: Route) -> tuple[Any, ...]:
    """What decides whether a route takes an alert."""
    return (route.is_default, route.routing_type, route.routing_regex, route.filtering_labels)


def _led_to(route: Route) -> tuple[Any, ...]:
    """Where an alert goes that a route takes."""
    return (route.is_default, route.escalation_chain_id, *(getattr(route, name) for name in CHATS))


def _same_routes(before: tuple[Route, ...], after: tuple[Route, ...]) -> dict[str, str]:
    """Pair each new route with the one that is gone from its place, when both lead to the same."""
    known, kept = {one.id for one in before}, {one.id for one in after}
    return {
        will.id: was.id
        for was, will in zip(before, after, strict=False)
        if will.id not in known and was.id not in kept and _led_to(was) == _led_to(will)
    }


def _shown(
    before: Side, after: Side, same: dict[str, str], config: ConfigSnapshot
) -> dict[str, tuple[str, ...]]:
    """Return by route, by its id after and by the one before that stands for it, whose texts may differ."""
    differing = [one for one in MEDIA if _texts_differ(one, before, after)]
    found = {"": tuple(one for one in differing if one in media_of(None, config))}
    for route in after.routes:
        media = media_of(route, config)
        shown = tuple(one for one in differing if one in media)
        found[route.id] = found[same.get(route.id, route.id)] = shown
    return found


def _texts_differ(medium: str, before: Side, after: Side) -> bool:
    was, will = before.integration, after.integration
    if any(getattr(was, name) != getattr(will, name) for name in _OF_ALL_TEXTS):
        return True
    names = ("source_link", "web", medium)
    return any(was.templates.get(name) != will.templates.get(name) for name in names)


def _paging_differently(
    routes: tuple[Route, ...],
    same: dict[str, str],
    configs: tuple[ConfigSnapshot, ConfigSnapshot],
    people_differ: bool,
) -> frozenset[str]:
    before, after = configs
    found: set[str] = set()
    for will in routes:
        id = same.get(will.id, will.id)
        was = before.route_by_id.get(id)
        if was is None:
            continue
        chains = (was.escalation_chain_id or "", will.escalation_chain_id or "")
        steps = before.steps_of.get(chains[0], ()), after.steps_of.get(chains[1], ())
        if steps[0] != steps[1] or (any(chains) and people_differ):
            found.add(id)
    return frozenset(found)
