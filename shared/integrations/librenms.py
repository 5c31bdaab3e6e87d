"""LibreNMS: device alerts, sent by its API transport with the fields that the transport is told to send."""

from __future__ import annotations

import re
from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

OPTIONS = """\
alert_id={{ $id }}
state={{ $state }}
severity={{ $severity }}
title={{ $title }}
rule={{ $name }}
hostname={{ $hostname }}
sysName={{ $sysName }}
ip={{ $ip }}
device_id={{ $device_id }}
location={{ $location }}
timestamp={{ $timestamp }}
elapsed={{ $elapsed }}
procedure={{ $proc }}
msg={{ $msg }}
"""
# The titles of LibreNMS' default template, from which a body without fields of its own still says what it is.
BEGAN = re.compile(r"Alert for device (?P<hostname>\S+) - (?P<rule>.+?)(?P<change> got \w+| changed)?")
ENDED = re.compile(r"Device (?P<hostname>\S+) recovered from (?P<rule>.+)")
# The numbers of $state, and what people write for them.
STATES = {
    "0": "recovered",
    "1": "alert",
    "2": "acknowledged",
    "3": "got worse",
    "4": "got better",
    "5": "changed",
}
WELL = ("recovered", "ok", "recovery", "resolved", "up")
TAKEN = ("acknowledged", "ack")

HOST = "[payload.sysName, payload.hostname, payload.ip] | any_of"
RULE = "[payload.rule, payload.name, payload.alert_name] | any_of"
ID = "[payload.alert_id, payload.id, payload.alert_uid] | any_of"
LOOK = Look(
    facts=[
        ("State", "payload.state"),
        ("Severity", "payload.severity"),
        ("Device", '[payload.hostname, payload.sysName, payload.ip] | joined(", ")'),
        ("Rule", RULE),
        ("Location", "payload.location"),
        ("Hardware", '[payload.hardware, payload.os, payload.version] | joined(" ")'),
        ("Since", "payload.timestamp | when"),
        ("For", "payload.elapsed"),
    ],
    text="[payload.msg, payload.message] | any_of",
    links=[("Procedure", "[payload.procedure, payload.proc] | any_of | absolute(base_url)")],
    source_link=(
        '[payload.url, ((base_url | words).rstrip("/") ~ "/device/" ~ (payload.device_id | words | urlencode) ~ '
        '"/alerts") if base_url and payload.device_id | words else ""] | any_of | absolute(base_url)'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Take an alert; state, host and rule are read from the title where they were not sent by themselves."""
    (sent,) = one_object(body)
    payload = dict(sent)
    title = sent.get("title")
    title = title[:1000].strip() if isinstance(title, str) else ""
    found = ENDED.fullmatch(title) or BEGAN.fullmatch(title)
    if found:
        state = (
            "recovered" if found.re is ENDED else (found["change"] or "alert").strip().removeprefix("got ")
        )
        for name, value in (("hostname", found["hostname"]), ("rule", found["rule"]), ("state", state)):
            if payload.get(name) in (None, ""):
                payload[name] = value
    state = payload.get("state")
    if isinstance(state, str | int) and not isinstance(state, bool):
        payload["state"] = STATES.get(str(state).strip(), state)
    return [payload]


def example(state: str) -> dict[str, Any]:
    """Return what the options of the notes send of a device that does not answer (1) or answers again (0)."""
    rule = "Device Down! Due to no ICMP response"
    host = "core-sw1.example.com"
    return {
        "alert_id": "128",
        "state": state,
        "severity": "critical" if state == "1" else "ok",
        "title": f"Alert for device {host} - {rule}"
        if state == "1"
        else f"Device {host} recovered from {rule}",
        "rule": rule,
        "hostname": host,
        "sysName": "core-sw1",
        "ip": "192.0.2.2",
        "device_id": "17",
        "location": "Stockholm, rack 4",
        "timestamp": "2026-01-05 10:00:00" if state == "1" else "2026-01-05 10:40:00",
        "elapsed": "" if state == "1" else "40m",
        "procedure": "",
        "msg": f"Rule: {rule}\nFaults:\n  #1: sysName = core-sw1",
    }


TYPE = IntegrationType(
    slug="librenms",
    title="LibreNMS",
    category=Category.HOSTS,
    summary="Alerts of devices, ports and sensors, by the API transport.",
    documentation="https://docs.librenms.org/Alerting/Transports/Api/",
    templates=templates(
        title=(
            f'[[{HOST}, {RULE}] | joined(": ") or payload.title,'
            ' payload.state if payload.state != "alert" else ""] | joined(" – ")'
        ),
        grouping_key=(
            f'([{ID}] | identity if ({ID}) != "" else '
            f'([payload.hostname or payload.sysName, {RULE}] | identity if {RULE} and ({HOST}) else ""))'
        ),
        resolve=f"payload.state | words | lower in {list(WELL)}",
        acknowledge=f"payload.state | words | lower in {list(TAKEN)}",
        look=LOOK,
    ),
    example_firing=example("1"),
    example_resolved=example("0"),
    notes=(
        "In *Alerts > Alert Transports > Create alert transport*, choose the type *API*, the method *POST*, enter the "
        "integration's URL, leave *body* empty, put `Content-Type=application/json` into *headers*, and this into "
        "*Options* (LibreNMS encodes each value, so no text can break it):\n\n"
        f"```\n{OPTIONS}```\n\n"
        "Then choose the transport in the alert rules, or make it a default contact, and leave *Recovery alerts* and "
        "*Acknowledgement alerts* of the rules on.\n\n"
        "A rule on a device is one alert group, known by `alert_id`. When LibreNMS' address is set at the integration, "
        "alerts link to the device.\n"
    ),
    heartbeat_notes=(
        "Let a cron job of the LibreNMS server call the heartbeat URL, after the same check as LibreNMS' own:\n\n"
        "```\n* * * * * librenms /opt/librenms/validate.php -g scheduler > /dev/null && "
        "curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>\n```\n"
    ),
    reads_query=True,
    bodies=bodies,
)
