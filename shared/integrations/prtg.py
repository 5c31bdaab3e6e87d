"""PRTG Network Monitor: a notification by script in the six fields, or by *Execute HTTP Action* in its placeholders."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.heartbeat_shapes import six_fields
from shared.integrations.integration_type import Category, IntegrationType, one_object

NOTES = """\
Under *Setup → Account Settings → Notification Templates* add a template with *Execute HTTP Action*: the integration's \
URL, the method POST, and as *POST Data*

```
sensorid=%sensorid&device=%device&name=%shortname&host=%host&status=%status&lastvalue=%lastvalue\
&datetime=%datetime&group=%group&probe=%probe&priority=%priority&linksensor=%linksensor&message=%message
```

Then add *notification triggers* to the devices or groups that shall ring: one for *Down*, with the same template \
*when the condition clears*.
A sensor is one alert group; the status *Up* resolves it, and *Down (Acknowledged)* acknowledges it.

Scripts (*Execute Program*) that post JSON with `alert_uid`, `title`, `message`, `state` (`ok` or `alerting`), \
`image_url` and `link_to_upstream_details` work too.
Keep user name and passhash out of `image_url`: an address that holds them is not shown.
"""
HEARTBEAT_NOTES = """\
Let the task scheduler of the PRTG core server call the heartbeat URL each minute, for instance with \
`curl.exe -fsS "<the heartbeat URL>"`.
"""
STATUS = "payload.status | words | lower"
# An address with the sender's log-in must not stand in a chat.
IMAGE = (
    '"" if (payload.image_url | words | lower | regex_search("passhash=|password=|apitoken="))'
    " else (payload.image_url | absolute(base_url))"
)
# PRTG writes it in stars, which a voice cannot say.
STARS = "payload.priority | words"
PRIORITY = (
    f'(({STARS} | length) ~ " of 5") if ({STARS}) and not ({STARS} | replace("*", "")) else payload.priority'
)
LOOK = Look(
    facts=[
        ("Status", "[payload.status, payload.state] | any_of"),
        ("Device", '[payload.device, payload.host] | joined(", ")'),
        ("Sensor", "[payload.name, payload.shortname] | any_of"),
        ("Last value", "payload.lastvalue"),
        ("Priority", PRIORITY),
        # In the time zone of the PRTG server, which it does not name.
        ("At", "payload.datetime"),
        ("Where", '[payload.probe, payload.group] | joined(" / ")'),
    ],
    text="payload.message",
    source_link="[payload.link_to_upstream_details, payload.linksensor] | any_of | absolute(base_url)",
    image=IMAGE,
)


def example(status: str) -> dict[str, Any]:
    """Return what *Execute HTTP Action* posts for a sensor that is down, or up again."""
    is_down = status == "firing"
    return {
        "sensorid": "2071",
        "device": "core-switch-1",
        "name": "Ping",
        "host": "192.0.2.1",
        "status": "Down" if is_down else "Up",
        "lastvalue": "Error by lookup value" if is_down else "2 msec",
        "message": "Request timed out (ICMP error # 11010)" if is_down else "OK",
        "datetime": "2026-01-05 10:00:00",
        "group": "Network Berlin",
        "probe": "Local Probe",
        "priority": "*****",
        "linksensor": "https://prtg.example.com/sensor.htm?id=2071",
    }


TYPE = IntegrationType(
    slug="prtg",
    title="PRTG",
    category=Category.HOSTS,
    summary="Sensors of PRTG Network Monitor that went down or came back.",
    documentation="https://www.paessler.com/manuals/prtg/notification_templates_settings",
    templates=templates(
        title=(
            '[payload.title, [[payload.device, payload.name or payload.shortname] | joined(" "), payload.status]'
            ' | joined(" is ") if (payload.device or payload.name) else "",'
            " payload.message, payload.alert_uid] | any_of"
        ),
        grouping_key=(
            "payload.alert_uid if payload.alert_uid is defined and payload.alert_uid is not none"
            ' else ([payload.probe, payload.sensorid] | identity) if ([payload.sensorid] | any_of) is not eq("")'
            " else ([payload.probe, payload.device, payload.name] | identity)"
            ' if payload.device and payload.name else ""'
        ),
        resolve=(
            'payload.state | words | upper == "OK" or (not payload.state and'
            f' (({STATUS}) in ["up", "ok"] or ({STATUS}).startswith("up (") or "now: up" in ({STATUS})))'
        ),
        acknowledge=f'"acknowledged" in ({STATUS})',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    heartbeat_notes=HEARTBEAT_NOTES,
    bodies=one_object,
    heartbeat=six_fields("prtg"),
)
