"""Plays rehearsals in tests: templates are evaluated in this process, declarations are carried out offline."""

from __future__ import annotations

from typing import Any

from services.api.offline import declared, declared_tables
from shared import clock
from shared.domain.condition_rendering import judge
from shared.domain.conditions import ConditionJob
from shared.domain.configuration import ConfigSnapshot
from shared.domain.configuration_draft import Tables
from shared.domain.declaration import read
from shared.domain.declaration_source import read_sources
from shared.domain.rehearsal import Rehearsed, rehearse
from shared.domain.rehearsal_cases import Case, read_cases
from shared.domain.rehearsal_inputs import inputs_of
from shared.domain.rehearsal_verdict import differences
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import RouteJob

DECLARATION = """
users:
  - username: alice
    email: alice@example.org
    rules: { default: [notify_by_email] }
  - username: bob
    email: bob@example.org
    phone_number: "+4915112345678"
    rules:
      default: [notify_by_email]
      important: [notify_by_sms, { type: wait, duration: 2m }, notify_by_email]
webhooks:
  - { name: ticket, url: "https://tickets.example.org/new", trigger_type: escalation }
chains:
  - name: ops
    steps:
      - { type: notify_persons, persons_to_notify: [alice] }
      - { type: trigger_webhook, action_to_trigger: ticket }
      - { type: wait, duration: 5m }
      - { type: notify_persons, persons_to_notify: [bob], important: true }
integrations:
  - name: Shop
    type: webhook
    templates:
      grouping_key: "{{ payload.host }}"
      resolve_signal: "{{ payload.state == 'ok' }}"
      web: { title: "{{ payload.title }}", message: "on {{ payload.host }}" }
    labels: { service: shop }
    routes:
      - jinja2: "{{ payload.severity == 'info' }}"
    default_route: { chain: ops }
"""


def a_declared(text: str = DECLARATION) -> ConfigSnapshot:
    """Return the configuration that a declaration in YAML makes."""
    return declared(read(read_sources({"declaration.yaml": text}).data), clock.now())


def before_and_after(*changes: tuple[str, str]) -> tuple[ConfigSnapshot, ConfigSnapshot]:
    """Return the declared configuration, and what becomes of it when these texts of it are replaced."""
    text = DECLARATION
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    before, after = (read(read_sources({"declaration.yaml": one}).data) for one in (DECLARATION, text))
    tables = declared_tables(before, clock.now(), Tables())
    return tables.snapshot(), declared_tables(after, clock.now(), tables).snapshot()


def a_case(text: str) -> Case:
    """Return the one test in a text of YAML: the parts of a test beside its name."""
    data = read_sources({"tests.yaml": text}).data
    (case,) = read_cases({"tests": [{"name": "it", **data}]})
    return case


def played(case: Case, config: ConfigSnapshot) -> Rehearsed:
    """Play a test to its end."""
    inputs = inputs_of(case, ("tests", 0), config, {})
    playing = rehearse(inputs, config, case.at, case.ends_at)
    answer: Any = None
    while True:
        try:
            job, at = playing.send(answer)
        except StopIteration as end:
            found: Rehearsed = end.value
            return found
        if isinstance(job, RouteJob):
            answer = route(job, at)
        elif isinstance(job, ConditionJob):
            answer = judge(job, at)
        else:
            answer = render(job, at)


def differing(text: str, declaration: str = DECLARATION) -> list[str]:
    """Return what is not as a test expects."""
    config, case = a_declared(declaration), a_case(text)
    return differences(case, played(case, config), config)
