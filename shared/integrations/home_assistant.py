"""Home Assistant: what an automation tells by a REST command, and messages of its REST notifications."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

CONFIG = """\
rest_command:
  tocsin:
    url: !secret tocsin_url
    method: post
    content_type: application/json
    timeout: 10
    payload: >-
      {{ {"entity_id": entity_id, "problem": problem, "title": title | default(none),
          "name": state_attr(entity_id, "friendly_name"), "state": states(entity_id),
          "unit": state_attr(entity_id, "unit_of_measurement"), "area": area_name(entity_id),
          "severity": severity | default("critical"), "message": message | default(""),
          "since": states[entity_id].last_changed.isoformat(),
          "url": "/history?entity_id=" ~ entity_id} | to_json }}

automation:
  - alias: Freezer to Tocsin
    triggers:
      - trigger: state
        entity_id: binary_sensor.freezer_too_warm
        to: ["on", "off"]
    actions:
      - action: rest_command.tocsin
        data:
          entity_id: "{{ trigger.entity_id }}"
          problem: "{{ trigger.to_state.state == 'on' }}"
          message: The freezer is warmer than -15 degrees.
"""
ID = "[payload.alert_uid, payload.entity_id] | any_of"
NO = ("false", "off", "no", "0")
LOOK = Look(
    facts=[
        ("State", '[payload.state, payload.unit] | joined(" ")'),
        ("Severity", "payload.severity"),
        ("Area", "payload.area"),
        ("Entity", "payload.entity_id"),
        ("Since", "payload.since | when"),
    ],
    text="payload.message",
    source_link="payload.url | absolute(base_url)",
)


def bodies(body: Any) -> list[Any]:
    """Take what the REST command or the REST notification sends."""
    (sent,) = one_object(body)
    if not any(sent.get(name) for name in ("entity_id", "title", "message", "name")):
        raise Permanent(
            "the body has neither entity_id nor title nor message; is it the command of the set-up notes?"
        )
    return [sent]


def example(*, is_well: bool) -> dict[str, Any]:
    """Return what the command of the notes sends of a freezer."""
    return {
        "entity_id": "binary_sensor.freezer_too_warm",
        "problem": not is_well,
        "title": None,
        "name": "Freezer too warm",
        "state": "off" if is_well else "on",
        "unit": None,
        "area": "Kitchen",
        "severity": "critical",
        "message": "The freezer is warmer than -15 degrees.",
        "since": "2026-01-05T10:40:00+00:00" if is_well else "2026-01-05T10:00:00+00:00",
        "url": "/history?entity_id=binary_sensor.freezer_too_warm",
    }


TYPE = IntegrationType(
    slug="home_assistant",
    title="Home Assistant",
    category=Category.GENERIC,
    summary="Problems that automations of a home or a plant room find.",
    documentation="https://www.home-assistant.io/integrations/rest_command/",
    templates=templates(
        title=(
            '[[payload.title, [payload.name, payload.area] | joined(" in "), payload.entity_id, payload.message]'
            ' | any_of, "over" if payload.problem | words | lower in '
            + str(list(NO))
            + ' else ""] | joined(" – ")'
        ),
        grouping_key=f'([{ID}] | identity) if ({ID}) != "" else ""',
        resolve=(
            f"payload.problem | words | lower in {list(NO)} if payload.problem | words"
            ' else payload.status | words | lower in ["ok", "resolved"]'
        ),
        look=LOOK,
    ),
    example_firing=example(is_well=False),
    example_resolved=example(is_well=True),
    notes=(
        "Put the integration's URL as `tocsin_url` into `secrets.yaml`, and this into `configuration.yaml`; one "
        "automation per entity (or with several entities) tells when a problem begins and when it is over:\n\n"
        f"```yaml\n{CONFIG}```\n\n"
        "An entity is one alert group (or, with several problems of one entity, an `alert_uid` that you send beside "
        "it). `problem: false` resolves it. Set Home Assistant's address at the integration to have links. "
        "Messages of the platform `notify.rest` (title and message) are taken too, each as an alert of its own.\n"
    ),
    heartbeat_notes=(
        "A second REST command with the heartbeat URL, and an automation with the trigger `time_pattern` "
        '(`minutes: "/1"`) that calls it.\n'
    ),
    bodies=bodies,
)
