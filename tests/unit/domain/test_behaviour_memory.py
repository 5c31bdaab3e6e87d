"""What is evaluated once for many alerts, or not at all, is what the router and the renderer make of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import evaluation_memory
from shared.domain.behaviour_evaluation import PARTS, behave
from shared.domain.behaviour_jobs import LONGEST_TEXT, Behaviour, BehaviourJob, Side, TextChange
from shared.domain.behaviour_memory import Remembered
from shared.domain.behaviour_scope import scopes
from shared.domain.configuration import ConfigSnapshot
from shared.domain.evaluation_memory import PASSED_OVER, TRIED, Memory, Worth
from shared.domain.media import media_of
from shared.domain.model import Alert, Card
from shared.domain.preview import GROUP_URL
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import MEDIA, RenderJob, Routed, RouteJob
from shared.templates import RESULT_LIMIT, TemplateFailure, evaluate
from tests.support.build import NOON, a_group
from tests.support.drawn_templates import labels, payloads, sources, templates
from tests.support.rehearsing import a_declared


@st.composite
def configurations(draw: st.DrawFn) -> tuple[ConfigSnapshot, ConfigSnapshot]:
    """Two configurations of one integration with a route: some of their templates are the same."""
    base = a_declared()
    before = draw(templates)
    after = {**before, **draw(templates)} if draw(st.booleans()) else draw(templates)
    regexes = draw(st.tuples(sources, sources))
    made: list[ConfigSnapshot] = []
    for number, own in enumerate((before, after)):
        settings = draw(labels) if draw(st.booleans()) else None
        integration = base.integrations[0].model_copy(
            update={"templates": own, "labels": settings or base.integrations[0].labels}
        )
        regex = regexes[number if draw(st.booleans()) else 0]
        routes = tuple(
            one if one.is_default else one.model_copy(update={"routing_regex": regex}) for one in base.routes
        )
        fields = {**base.__dict__, "integrations": (integration,), "routes": routes}
        made.append(ConfigSnapshot(**{name: fields[name] for name in ConfigSnapshot.model_fields}))
    return made[0], made[1]


def routed_by(side: Side, alert: Alert) -> Routed:
    return route(RouteJob(alert=alert, integration=side.integration, routes=side.routes), NOON)


def cards_by(side: Side, alert: Alert, routed: Routed) -> dict[str, Card]:
    group = a_group(last_alert_id=alert.id, labels=routed.labels, number=1)
    job = RenderJob(integration=side.integration, group=group, payload=alert.payload, group_url=GROUP_URL)
    return render(job, NOON).cards


def differences(
    before: dict[str, Card], after: dict[str, Card], media: Sequence[str]
) -> Iterator[TextChange]:
    for medium in (one for one in MEDIA if one in media):
        for part in PARTS:
            was, will = (getattr(cards[medium], part) or "" for cards in (before, after))
            if was != will:
                yield TextChange(
                    where=f"{medium}.{part}", before=was[:LONGEST_TEXT], after=will[:LONGEST_TEXT]
                )


def as_in_life(
    sides: Sequence[Side], alert: Alert, config: ConfigSnapshot
) -> tuple[list[Routed], tuple[TextChange, ...]]:
    """Return what the router decides and how the renderer's cards differ, each side by itself."""
    routed = [routed_by(side, alert) for side in sides]
    before, after = (cards_by(side, alert, one) for side, one in zip(sides, routed, strict=True))
    media = media_of(config.route_by_id.get(routed[1].route_id or ""), config)
    return routed, tuple(differences(before, after, media))


def found_of(behaviour: Behaviour, *, is_grouped: bool) -> list[Any]:
    before, after = behaviour.before, behaviour.after or behaviour.before
    rest = ("key", "is_grouped", "resolve", "acknowledge", "title") if is_grouped else ()
    return [[getattr(one, name) for name in ("route_id", "labels", *rest)] for one in (before, after)]


def decided_of(routed: Routed) -> list[Any]:
    """Return all but the title, which nothing but a condition of a step asks for."""
    names = ("route_id", "labels", "grouping_digest", "resolve", "acknowledge")
    return [getattr(routed, name) for name in names]


def wanted_of(routed: Routed, *, is_grouped: bool) -> list[Any]:
    rest = (
        routed.grouping_digest,
        routed.grouping_key is not None,
        routed.resolve,
        routed.acknowledge,
        routed.title,
    )
    return [routed.route_id, routed.labels, *(rest if is_grouped else ())]


@settings(max_examples=25)
@given(configurations(), st.lists(payloads, min_size=1, max_size=6))
def test_what_is_compared_is_what_the_pipeline_decides_and_shows(
    configs: tuple[ConfigSnapshot, ConfigSnapshot], bodies: list[Any]
):
    id = configs[0].integrations[0].id
    sides = [Side(one.integrations[0], one.routes_of[id]) for one in configs]
    scope = scopes(*configs).get(id)
    comparison = scope and scope.comparison and replace(scope.comparison, with_title=True)
    remembered = Remembered()
    for number, body in enumerate([*bodies, *bodies]):
        alert = Alert(
            id=f"a{number}", integration_id=id, received_at=NOON + timedelta(seconds=number), payload=body
        )
        routed, texts = as_in_life(sides, alert, configs[1])
        if scope is None or not scope.is_decided_anew:
            assert decided_of(routed[0]) == decided_of(routed[1])
        if scope is None:
            assert texts == ()
            continue
        assert comparison is not None

        behaviour = behave(BehaviourJob(alert, comparison), NOON, remembered)

        wanted = [wanted_of(one, is_grouped=scope.is_grouped) for one in routed]
        if not scope.is_decided_anew:
            wanted[1] = wanted[0]
        if scope.is_grouped and scope.decided_by == "routes":
            # Nothing asks for the title then, so that of the first side stands for both.
            wanted[1][-1] = wanted[0][-1]
        assert found_of(behaviour, is_grouped=scope.is_grouped) == wanted
        assert behaviour.texts == texts


@settings(max_examples=40)
@given(st.lists(st.tuples(sources, payloads), min_size=1, max_size=12), st.sampled_from([0, 700, 10_000]))
def test_a_text_that_is_remembered_is_the_one_that_would_be_made(
    asked: list[tuple[str, Any]], most_bytes: int
):
    memory = Memory(most_bytes)
    for source, payload in [*asked, *asked]:
        variables = {"payload": payload, "labels": {"k": "v"}, "time": lambda: NOON}
        assert said(memory.evaluated, source, variables) == said(evaluate, source, variables)


def said(evaluated: Callable[[str, dict[str, Any], int], str], source: str, variables: dict[str, Any]) -> Any:
    try:
        return evaluated(source, variables, RESULT_LIMIT)
    except TemplateFailure as failure:
        return (failure.message, failure.line)


class Counted:
    """Counts what is evaluated."""

    def __init__(self) -> None:
        self.sources: list[str] = []

    def __call__(self, source: str, variables: dict[str, Any], limit: int) -> str:
        self.sources.append(source)
        return evaluate(source, variables, limit)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted()
    monkeypatch.setattr(evaluation_memory, "evaluate", counted)
    return counted


def test_alerts_that_look_the_same_to_a_template_are_evaluated_once(counted: Counted):
    memory = Memory()

    for number in range(5):
        memory.next_alert()
        payload = {"host": "db1", "value": number, "l": [number]}
        assert memory.evaluated("on {{ payload.host }}", {"payload": payload}, RESULT_LIMIT) == "on db1"

    assert len(counted.sources) == 1


def test_what_reads_the_clock_is_evaluated_for_each_alert_but_not_for_each_side(counted: Counted):
    memory = Memory()

    for hour in range(3):
        memory.next_alert()
        variables = {"payload": {}, "time": lambda at=NOON + timedelta(hours=hour): at}
        texts = {memory.evaluated("{{ time().hour }}", variables, RESULT_LIMIT) for _ in range(2)}
        assert texts == {str(NOON.hour + hour)}

    assert len(counted.sources) == 3


def test_what_is_remembered_stays_within_its_bound(counted: Counted):
    memory = Memory(most_bytes=2000)

    for number in [*range(20), *range(20)]:
        memory.evaluated("{{ payload.n }}", {"payload": {"n": number}}, RESULT_LIMIT)

    assert len(counted.sources) == 40


def test_what_is_never_asked_for_again_is_made_without_asking_until_it_is_worth_it_again():
    worth = Worth()

    asked = [worth.is_asked() for _ in range(TRIED + PASSED_OVER)]
    assert asked == [True] * TRIED + [False] * PASSED_OVER

    for _ in range(3 * TRIED):
        assert worth.is_asked()
        worth.found()


def test_both_sides_of_an_alert_share_its_texts_although_no_other_alert_looks_like_it(counted: Counted):
    memory = Memory()

    for number in range(TRIED + 5):
        memory.next_alert()
        payload = {"n": number}
        texts = {memory.evaluated("{{ payload.n }}", {"payload": payload}, RESULT_LIMIT) for _ in range(2)}
        assert texts == {str(number)}

    assert len(counted.sources) == TRIED + 5
