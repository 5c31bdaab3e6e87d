"""A rehearsal plays a declaration as it would go in life, and tests tell what is not as they expect."""

from __future__ import annotations

import pytest

from shared.domain.declaration import DeclarationRefused
from shared.domain.rehearsal_cases import read_cases
from shared.domain.rehearsal_inputs import inputs_of
from shared.domain.rehearsal_verdict import written
from tests.support.rehearsing import DECLARATION, a_case, a_declared, differing

FIRING = "alert: { integration: Shop, payload: { host: db1, title: Disk full } }"


def test_a_chain_is_played_to_its_end_with_the_rules_of_people():
    assert (
        differing(f"""
lasts: 10m
steps:
  - {{ {FIRING} }}
expect:
  groups:
    - integration: Shop
      route: default
      chain: ops
      state: firing
      alerts: 1
      title: Disk full
      labels: {{ service: shop }}
      texts:
        web: {{ title: Disk full, message: {{ contains: [db1] }} }}
        sms: {{ title: Disk full }}
  pages:
    - {{ to: alice, by: email, after: 0, important: false, group: 1, text: Disk full }}
    - {{ to: bob, by: sms, after: 5m, important: true, text: {{ contains: full }} }}
    - {{ to: bob, by: email, after: 7m, important: true }}
  webhooks:
    - {{ name: ticket, after: 0 }}
""")
        == []
    )


@pytest.mark.parametrize("action", ["acknowledge", "resolve", "silence"])
def test_nobody_is_paged_after_somebody_took_the_group(action: str):
    assert (
        differing(f"""
steps:
  - {{ {FIRING} }}
  - {{ after: 4m, {action}: {{ by: alice }} }}
expect:
  pages:
    - {{ to: alice, after: 0 }}
""")
        == []
    )


def test_a_silence_that_is_over_begins_the_chain_anew():
    assert (
        differing(f"""
steps:
  - {{ {FIRING} }}
  - {{ after: 4m, silence: {{ by: alice, duration: 10m }} }}
lasts: 20m
expect:
  groups: [{{ state: firing }}]
  pages:
    - {{ to: alice, after: 0 }}
    - {{ to: alice, after: 14m }}
    - {{ to: bob, by: sms, after: 19m }}
""")
        == []
    )


def test_alerts_of_a_key_join_a_group_until_its_source_resolves_it():
    assert (
        differing("""
steps:
  - { alert: { integration: Shop, payload: { host: db1, title: one } } }
  - { after: 1m, alert: { integration: Shop, payload: { host: db1, title: two } } }
  - { after: 1m, alert: { integration: Shop, payload: { host: db2, title: three, severity: info } } }
  - { after: 2m, alert: { integration: Shop, payload: { host: db1, title: two, state: ok } } }
  - { after: 3m, alert: { integration: Shop, payload: { host: db1, title: four } } }
expect:
  groups:
    - { title: two, alerts: 3, state: resolved }
    - { title: three, alerts: 1, route: 1, chain: null }
    - { title: four, alerts: 1, state: firing }
  pages:
    - { to: alice, after: 0, group: 1 }
    - { to: alice, after: 3m, group: 3 }
    - { to: bob, by: sms, after: 8m, group: 3 }
    - { to: bob, by: email, after: 10m, group: 3 }
""")
        == []
    )


def test_a_person_without_the_way_that_a_rule_names_is_reached_by_the_next_rule_at_once():
    declaration = DECLARATION.replace('    phone_number: "+4915112345678"\n', "")

    assert (
        differing(
            f"""
steps:
  - {{ {FIRING} }}
expect:
  pages:
    - {{ to: alice, after: 0 }}
    - {{ to: bob, by: sms, after: 5m, arrives: false }}
    - {{ to: bob, by: email, after: 5m }}
""",
            declaration,
        )
        == []
    )


def test_a_step_that_asks_a_template_is_answered_by_it():
    declaration = DECLARATION.replace(
        "- { type: wait, duration: 5m }",
        "- { type: continue_if, continue_if: \"{{ payload.severity == 'high' }}\" }",
    )

    assert differing(f"steps: [{{ {FIRING} }}]\nexpect: {{ pages: [{{ to: alice }}] }}", declaration) == []


def test_what_a_group_refuses_and_what_templates_fail_at_is_told_unless_it_is_expected():
    broken = DECLARATION.replace("{{ payload.title }}", "{{ 1 / payload.none }}")
    steps = f"""
steps:
  - {{ {FIRING} }}
  - {{ unacknowledge: {{ by: alice }} }}
"""

    told = differing(steps + "expect: {}", broken)
    expected = differing(steps + "expect: { problems: [web.title], refused: [the group is firing] }", broken)

    assert [one.split(":")[0] for one in told] == [
        "got template problem that is not expected",
        "got refused action that is not expected",
    ]
    assert expected == []


def test_differences_say_what_was_expected_and_what_came():
    told = differing(f"""
lasts: 1m
steps:
  - {{ {FIRING} }}
expect:
  groups:
    - {{ state: resolved, route: 1, chain: null, alerts: 2, title: {{ contains: nothing }}, labels: {{ a: b }} }}
  pages: [{{ to: bob, by: sms, after: 90 }}]
  webhooks: []
""")

    assert told == [
        "group 1, route: expected 1, got default",
        "group 1, chain: expected none, got ops",
        "group 1, state: expected resolved, got firing",
        "group 1, alerts: expected 2, got 1",
        "group 1, label a: expected 'b', got ''",
        "group 1, title: expected something with 'nothing' in it, got 'Disk full'",
        "expected page, got none like it: to bob by sms after 1m30s",
        "got page that is not expected: to alice by email after 0s group 1, title 'Disk full'",
        "got webhook that is not expected: to ticket by escalation after 0s",
    ]


def test_a_wrong_number_of_groups_is_one_difference():
    assert differing(f"steps: [{{ {FIRING} }}]\nexpect: {{ groups: [] }}") == [
        "groups: expected 0, got 1: 'Disk full'"
    ]


@pytest.mark.parametrize(
    ("test", "path", "says"),
    [
        ({"steps": []}, ("tests", 0, "steps"), "at least 1 item"),
        ({"steps": [{"after": 5}]}, ("tests", 0, "steps", 0), "exactly one of alert, acknowledge"),
        (
            {"steps": [{"alert": {"integration": "Shop"}}]},
            ("tests", 0, "steps", 0, "alert"),
            "exactly one of payload",
        ),
        (
            {"steps": [{"resolve": {"by": "alice", "duration": 5}}]},
            ("tests", 0, "steps", 0),
            "only silence has a duration",
        ),
        ({"lasts": "1m", "steps": [{"after": "2m", "resolve": {"by": "a"}}]}, ("tests", 0), "is over"),
        (
            {"steps": [{"resolve": {"by": "a"}}], "expect": {"group": []}},
            ("tests", 0, "expect", "group"),
            "not known here",
        ),
    ],
)
def test_a_mistake_in_a_test_is_told_with_its_place(test: dict[str, object], path: object, says: str):
    with pytest.raises(DeclarationRefused) as refused:
        read_cases({"tests": [{"name": "it", "expect": {}, **test}]})

    assert [one.path for one in refused.value.faults] == [path]
    assert says in refused.value.faults[0].message


def test_two_tests_of_a_name_are_a_mistake():
    one = {"name": "it", "steps": [{"resolve": {"by": "alice"}}], "expect": {}}

    with pytest.raises(DeclarationRefused, match="it is there twice"):
        read_cases({"tests": [one, one]})


def test_names_that_the_configuration_does_not_know_are_all_told():
    case = a_case("""
steps:
  - { alert: { integration: Nothing, payload: {} } }
  - { resolve: { by: carol } }
  - { alert: { integration: Shop, payload: [] } }
expect:
  groups: [{ integration: Nothing, chain: dev }]
  pages: [{ to: Carol }]
  webhooks: [{ name: call }]
""")

    with pytest.raises(DeclarationRefused) as refused:
        inputs_of(case, ("tests", 0), a_declared(), {})

    assert [(one.path[2:], one.message) for one in refused.value.faults] == [
        (("steps", 0, "alert", "integration"), "there is no integration named Nothing"),
        (("steps", 1, "resolve", "by"), "there is no user named carol"),
        (("expect", "groups", 0, "integration"), "there is no integration named Nothing"),
        (("expect", "groups", 0, "chain"), "there is no escalation chain named dev"),
        (("expect", "pages", 0, "to"), "there is no user named carol"),
        (("expect", "webhooks", 0, "name"), "there is no webhook named call"),
    ]


def test_an_action_on_a_group_that_is_not_there_is_a_difference():
    assert differing("steps: [{ resolve: { by: alice } }]\nexpect: {}") == [
        "got refused action that is not expected: resolve: there is no group 1 at that time"
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (90, "1m30s"), (3600, "1h"), (90_061, "1d1h1m1s")])
def test_lengths_of_time_are_told_as_they_are_written(seconds: int, text: str):
    assert written(seconds) == text
