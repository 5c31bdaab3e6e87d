"""Holds what a rehearsal came to against what its test expects; each difference is a sentence with both sides in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from shared.domain.configuration import ConfigSnapshot, Route
from shared.domain.model import Card, Group
from shared.domain.rehearsal import Rehearsed, RehearsedGroup
from shared.domain.rehearsal_cases import (
    CallExpected,
    Case,
    GroupExpected,
    PageExpected,
    TextExpected,
)
from shared.domain.rehearsal_paging import RehearsedCall, RehearsedPage

E = TypeVar("E")
G = TypeVar("G")
NAMED = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def differences(case: Case, found: Rehearsed, config: ConfigSnapshot) -> list[str]:
    """Return what is not as expected, nothing when the test passes."""
    return list(_Verdict(case, found, config).all())


def written(seconds: int) -> str:
    """Return a length of time as a test writes it: 90 as 1m30s."""
    text = ""
    for size, name in NAMED:
        count, seconds = divmod(seconds, size)
        text += f"{count}{name}" if count else ""
    return text or "0s"


class _Verdict:
    """One case and what came of it."""

    def __init__(self, case: Case, found: Rehearsed, config: ConfigSnapshot) -> None:
        self._case = case
        self._found = found
        self._config = config
        self._numbers = {one.group.id: place for place, one in enumerate(found.groups, start=1)}

    def all(self) -> Iterator[str]:
        expected = self._case.expect
        if expected.groups is not None:
            yield from self._groups(expected.groups)
        if expected.pages is not None:
            yield from _whole("page", expected.pages, self._found.pages, self._is_page, self._said)
        if expected.webhooks is not None:
            yield from _whole("webhook", expected.webhooks, self._found.calls, self._is_call, self._said)
        problems = [f"{one.where}: {one.message}" for one in self._found.problems]
        yield from _whole("template problem", expected.problems, problems, _begins, str)
        yield from _whole("refused action", expected.refused, self._found.refused, _is_part, str)

    def _groups(self, expected: Sequence[GroupExpected]) -> Iterator[str]:
        found = self._found.groups
        if len(expected) != len(found):
            titles = ", ".join(repr(one.group.title or "") for one in found) or "none"
            yield f"groups: expected {len(expected)}, got {len(found)}: {titles}"
        for number, (wanted, got) in enumerate(zip(expected, found, strict=False), start=1):
            for where, want, was in self._of_group(wanted, got):
                yield f"group {number}, {where}: expected {want}, got {was}"

    def _of_group(self, wanted: GroupExpected, got: RehearsedGroup) -> Iterator[tuple[str, Any, Any]]:
        """Yield what differs: where, what was wanted, what is there."""
        group = got.group
        facts = {
            "integration": self._name(self._config.integration_by_id.get(group.integration_id)),
            "route": self._place(group),
            "chain": self._chain(group),
            "state": str(group.state),
            "alerts": group.alerts_count,
        }
        for name, was in facts.items():
            want = getattr(wanted, name)
            is_asked = want is not None or (name == "chain" and name in wanted.model_fields_set)
            if is_asked and want != was:
                yield name, "none" if want is None else want, "none" if was is None else was
        for key, want in wanted.labels.items():
            if group.labels.get(key) != want:
                yield f"label {key}", repr(want), repr(group.labels.get(key, ""))
        yield from _text("title", wanted.title, group.title)
        for medium, texts in wanted.texts.items():
            card = got.cards.get(medium, Card())
            for part in ("title", "message", "image_url"):
                yield from _text(f"{medium}.{part}", getattr(texts, part), getattr(card, part))

    def _place(self, group: Group) -> str | int:
        routes = self._config.routes_of.get(group.integration_id, ())
        for place, one in enumerate(routes, start=1):
            if one.id == group.route_id:
                return "default" if one.is_default else place
        return "none"

    def _chain(self, group: Group) -> str | None:
        route: Route | None = self._config.route_by_id.get(group.route_id or "")
        chain = self._config.chain_by_id.get(route.escalation_chain_id or "") if route is not None else None
        return chain.name if chain is not None else None

    def _is_page(self, wanted: PageExpected, got: RehearsedPage) -> bool:
        user = self._config.user_by_id.get(got.user_id)
        name = user.username if user is not None else got.user_id
        text = f"{got.card.title}\n{got.card.message}"
        return (
            wanted.to.lower() == name.lower()
            and wanted.by in (None, got.channel)
            and wanted.after in (None, self._after(got.at))
            and wanted.group in (None, self._numbers.get(got.group_id))
            and wanted.important in (None, got.important)
            and wanted.arrives is not bool(got.problem)
            and (wanted.text is None or _fits(wanted.text, text) or _fits(wanted.text, got.card.title))
        )

    def _is_call(self, wanted: CallExpected, got: RehearsedCall) -> bool:
        webhook = self._config.webhook_by_id.get(got.webhook_id)
        return (
            wanted.name == self._name(webhook)
            and wanted.after in (None, self._after(got.at))
            and wanted.trigger in (None, got.trigger)
        )

    def _said(self, one: PageExpected | RehearsedPage | CallExpected | RehearsedCall) -> str:
        """Return a page or a call, expected or not, as people read it."""
        if isinstance(one, PageExpected):
            said = {"to": one.to, "by": one.by, "after": one.after, "group": one.group}
            important = {True: ", important", False: ", not important", None: ""}[one.important]
            text = f", text {_sentence(one.text)}" if one.text is not None else ""
            return f"{_listed(said)}{important}{text}{'' if one.arrives else ', which cannot arrive'}"
        if isinstance(one, CallExpected):
            return _listed({"to": one.name, "by": one.trigger, "after": one.after})
        if isinstance(one, RehearsedCall):
            name = self._name(self._config.webhook_by_id.get(one.webhook_id))
            return _listed({"to": name, "by": one.trigger, "after": self._after(one.at)})
        user = self._config.user_by_id.get(one.user_id)
        said = {"to": user.username if user else one.user_id, "by": one.channel, "after": self._after(one.at)}
        whole = _listed({**said, "group": self._numbers.get(one.group_id)})
        important = ", important" if one.important else ""
        ending = f", which cannot arrive: {one.problem}" if one.problem else ""
        return f"{whole}{important}, title {one.card.title!r}{ending}"

    def _after(self, at: datetime) -> int:
        return int((at - self._case.at).total_seconds())

    def _name(self, row: Any) -> str:
        return str(row.name) if row is not None else "?"


def _whole(
    noun: str,
    expected: Sequence[E],
    found: Sequence[G],
    fits: Callable[[E, G], bool],
    said: Callable[[Any], str],
) -> Iterator[str]:
    """Yield what is missing and what is too much, whatever the order."""
    left = list(found)
    for wanted in expected:
        match = next((one for one in left if fits(wanted, one)), None)
        if match is None:
            yield f"expected {noun}, got none like it: {said(wanted)}"
        else:
            left.remove(match)
    for one in left:
        yield f"got {noun} that is not expected: {said(one)}"


def _text(where: str, wanted: TextExpected | None, was: str | None) -> Iterator[tuple[str, str, str]]:
    if wanted is not None and not _fits(wanted, was or ""):
        yield where, _sentence(wanted), repr(was or "")


def _fits(wanted: TextExpected, was: str) -> bool:
    is_whole = wanted.equals is None or wanted.equals.strip() == was.strip()
    return is_whole and all(one in was for one in wanted.contains)


def _sentence(wanted: TextExpected) -> str:
    whole = [repr(wanted.equals)] if wanted.equals is not None else []
    return " and ".join([*whole, *(f"something with {one!r} in it" for one in wanted.contains)])


def _listed(said: dict[str, Any]) -> str:
    shown = {**said, "after": written(said["after"]) if said["after"] is not None else None}
    return " ".join(f"{name} {value}" for name, value in shown.items() if value is not None)


def _begins(wanted: str, got: str) -> bool:
    return got == wanted or got.startswith(f"{wanted}:")


def _is_part(wanted: str, got: str) -> bool:
    return wanted in got
