"""Every kind of step has a form with exactly its parameters and a sentence; forms and stored steps say the same."""

from __future__ import annotations

from typing import Any

import pytest
from multidict import MultiDict

from services.api.console.chain_views import sent_form, written_form
from services.api.console.people_fields import turns_of, user_ids
from services.api.console.step_kinds import KIND_OF, body_of, length_parts
from services.api.console.step_sentences import SENTENCES, days_in_words, spoken, step_sentence
from services.api.refusals import Invalid
from services.api.resources.steps import StepBody
from shared.domain.configuration import ConfigSnapshot, StepConfig, Team, User, Webhook
from shared.domain.schedules import Schedule
from shared.domain.steps import STEPS

CONFIG = ConfigSnapshot(
    users=(User(id="U1", username="alice"), User(id="U2", username="bob"), User(id="U3", username="a, b")),
    teams=(Team(id="T1", name="SRE"),),
    schedules=(Schedule(id="S1", name="Primary"),),
    webhooks=(Webhook(id="W1", name="ticket", url="https://example.org/"),),
)
# The form that somebody sends, the parameters that come of it, and what is read of them.
FORMS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("wait", {"duration": "90", "duration_unit": "seconds"}, {"duration": 90}, "Wait 1 minute 30 seconds"),
    ("wait", {"duration": "2", "duration_unit": "hours"}, {"duration": 7200}, "Wait 2 hours"),
    ("wait", {"duration": ""}, {"duration": None}, "Wait 5 minutes"),
    (
        "notify_persons",
        {"persons_to_notify": ["alice", "", "bob"]},
        {"persons_to_notify": ["U1", "U2"]},
        "Page alice and bob",
    ),
    (
        "notify_on_call_from_schedule",
        {"notify_on_call_from_schedule": "S1", "important": "1"},
        {"notify_on_call_from_schedule": "S1", "important": True},
        "Page whoever is on call in Primary, important",
    ),
    (
        "notify_if_time_from_to",
        {"notify_if_time_from": "09:00", "notify_if_time_to": "17:30", "time_zone": "", "weekdays": []},
        {"notify_if_time_from": "09:00:00Z", "notify_if_time_to": "17:30:00Z", "time_zone": None},
        "Go on from 09:00 to 17:30 UTC, else wait until then",
    ),
    (
        "notify_if_time_from_to",
        {
            "notify_if_time_from": "09:00",
            "notify_if_time_to": "17:00",
            "time_zone": "Europe/Berlin",
            "weekdays": ["MO", "TU", "WE"],
        },
        {"notify_if_time_from": "09:00", "time_zone": "Europe/Berlin", "weekdays": ["MO", "TU", "WE"]},
        "Go on from 09:00 to 17:00 Europe/Berlin on Monday to Wednesday, else wait until then",
    ),
    (
        "notify_team_members",
        {"team_to_notify": "T1"},
        {"team_to_notify": "T1"},
        "Page all members of team SRE",
    ),
    ("trigger_webhook", {"action_to_trigger": "W1"}, {"action_to_trigger": "W1"}, "Call the webhook ticket"),
    (
        "resolve",
        {"condition": "{{ 1 }}"},
        {"condition": "{{ 1 }}"},
        "Resolve the alert group, only if {{ 1 }} is true",
    ),
]


def form_of(fields: dict[str, Any]) -> MultiDict[str]:
    pairs = [
        (name, one)
        for name, value in fields.items()
        for one in ([value] if isinstance(value, str) else value)
    ]
    return MultiDict(pairs)


def stored(kind: str, body: dict[str, Any]) -> StepConfig:
    own = {name: body[name] for name in STEPS[kind].model.model_fields if body.get(name) is not None}
    parameters = STEPS[kind].model.model_validate(own).model_dump(mode="json")
    return StepConfig(
        id="E1",
        escalation_chain_id="F1",
        type=kind,
        important=bool(body.get("important")),
        condition=body["condition"],
        parameters=parameters,
    )


def test_every_step_that_the_api_knows_has_a_sentence_and_a_form_with_its_parameters_and_no_others():
    assert set(SENTENCES) == set(KIND_OF) == set(STEPS)
    for name, step in STEPS.items():
        kind = KIND_OF[name]
        assert {one.name for one in kind.fields} == set(step.model.model_fields), name
        assert kind.can_be_important == step.can_be_important, name
        assert set(step.model.model_fields) <= set(StepBody.model_fields), name


@pytest.mark.parametrize(("kind", "fields", "expected", "sentence"), FORMS)
def test_a_form_becomes_a_body_a_sentence_and_the_same_form_again(
    kind: str, fields: dict[str, Any], expected: dict[str, Any], sentence: str
):
    body = body_of(KIND_OF[kind], form_of(fields), CONFIG)
    step = stored(kind, body)
    shown = written_form(step, CONFIG)

    assert {name: body[name] for name in expected} == expected
    assert step_sentence(step, CONFIG) == sentence
    assert shown is not None
    again = {name: value for name, value in shown.values.items() if value}
    again |= {"condition": shown.condition} | ({"important": "1"} if shown.important else {})
    assert body_of(KIND_OF[kind], form_of(again), CONFIG) == body


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_step_without_settings_says_so_in_a_sentence_and_has_an_empty_form(kind: str):
    step = StepConfig(id="E1", escalation_chain_id="F1", type=kind)
    assert step_sentence(step, CONFIG)
    assert written_form(step, CONFIG) is not None
    assert sent_form(KIND_OF[kind], MultiDict(), problems=("no",)).problems == ("no",)


def test_a_step_of_an_unknown_type_is_named_and_has_no_form():
    step = StepConfig(id="E1", escalation_chain_id="F1", type="declare_incident")
    assert step_sentence(step, CONFIG) == "Unknown step declare_incident"
    assert written_form(step, CONFIG) is None


def test_people_are_found_by_username_in_any_case_also_one_with_a_comma_and_strangers_are_named():
    assert user_ids(["ALICE", " bob ", "alice"], CONFIG, "users") == ["U1", "U2"]
    assert turns_of(["a, b", "alice, bob", ""], CONFIG, "users") == [["U3"], ["U1", "U2"]]
    with pytest.raises(Invalid) as refused:
        user_ids(["alice, mallory"], CONFIG, "users")
    assert refused.value.errors == {"users": ["There is nobody with the username mallory."]}


@pytest.mark.parametrize("text", ["-1", "1.5", "five", "1e3", "9999999999"])
def test_a_number_that_is_none_is_refused_by_its_field(text: str):
    with pytest.raises(Invalid) as refused:
        body_of(KIND_OF["wait"], form_of({"duration": text}), CONFIG)
    assert list(refused.value.errors) == ["duration"]


def test_lengths_and_days_are_said_as_people_say_them():
    assert [spoken(one) for one in (0, 60, 5400, 90_000)] == [
        "0 seconds",
        "1 minute",
        "1 hour 30 minutes",
        "1 day 1 hour",
    ]
    assert [length_parts(one) for one in (None, 300, 5400, 86_400)] == [
        ("", "minutes"),
        ("5", "minutes"),
        ("90", "minutes"),
        ("1", "days"),
    ]
    assert days_in_words(["SU", "SA"]) == "Saturday and Sunday"
