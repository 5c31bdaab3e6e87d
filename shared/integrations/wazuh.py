"""Wazuh: security alerts, posted by a custom integration of the manager as the alert's own JSON."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

SCRIPT = r"""#!/bin/sh
# Started by the manager: $1 is a file with the alert as JSON, $3 the hook_url of the configuration.
sum=$(sha256sum <"$1" | cut -c 1-64)
printf 'url = "%s"\n' "$3" | exec curl -q --config - --silent --show-error --fail --output /dev/null \
    --max-time 10 --retry 5 --retry-connrefused \
    --header 'Content-Type: application/json' --header "Idempotency-Key: wazuh-$sum" --data-binary "@$1"
"""
CONFIG = """\
<integration>
  <name>custom-tocsin</name>
  <hook_url><the integration's URL></hook_url>
  <level>10</level>
  <alert_format>json</alert_format>
</integration>
"""
LOOK = Look(
    names={
        "rule": "payload.rule",
        "agent": "payload.agent",
        "data": "payload.data",
        "file": "payload.syscheck",
        "mitre": "rule.mitre",
        "source": "data.vulnerability",
    },
    facts=[
        ("Level", "rule.level"),
        ("Rule", "rule.id"),
        ("Agent", '[agent.name, agent.ip] | joined(", ")'),
        ("Manager", "(payload.manager | object).name"),
        ("From", '[data.srcip, data.srcport] | joined(":")'),
        ("User", "[data.dstuser, data.srcuser, data.uid] | any_of"),
        ("File", '[file.event, file.path] | joined(" ")'),
        ("Vulnerability", '[source.cve, source.severity] | joined(", ")'),
        ("Technique", "[mitre.technique, mitre.id] | any_of"),
        ("Groups", "rule.groups"),
        ("Times", "rule.firedtimes"),
        ("Log", "payload.location"),
        ("Since", "payload.timestamp | when"),
    ],
    text="[payload.full_log, payload.text, source.title] | any_of",
    source_link="base_url | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Take an alert as it is, or inside the message of Wazuh's own integration for Shuffle."""
    (sent,) = one_object(body)
    inner = sent.get("all_fields")
    alert = {**sent, **inner} if isinstance(inner, dict) else sent
    if not isinstance(alert.get("rule"), dict):
        raise Permanent("the body has no rule, which every alert of Wazuh has")
    return [alert]


EXAMPLE = {
    "timestamp": "2026-01-05T10:00:00.000+0000",
    "rule": {
        "level": 10,
        "description": "sshd: brute force trying to get access to the system. Non existent user.",
        "id": "5712",
        "mitre": {"id": ["T1110"], "tactic": ["Credential Access"], "technique": ["Brute Force"]},
        "frequency": 8,
        "firedtimes": 1,
        "mail": True,
        "groups": ["syslog", "sshd", "authentication_failures"],
    },
    "agent": {"id": "003", "name": "web1", "ip": "192.0.2.31"},
    "manager": {"name": "wazuh-manager"},
    "id": "1767607200.481516",
    "full_log": "Jan  5 10:00:00 web1 sshd[4711]: Failed password for invalid user admin from 203.0.113.7",
    "decoder": {"parent": "sshd", "name": "sshd"},
    "data": {"srcip": "203.0.113.7", "srcport": "51234", "srcuser": "admin"},
    "location": "/var/log/auth.log",
}

TYPE = IntegrationType(
    slug="wazuh",
    title="Wazuh",
    category=Category.LOGS,
    summary="Security alerts of hosts above a level.",
    documentation="https://documentation.wazuh.com/current/user-manual/manager/integration-with-external-apis.html",
    templates=templates(
        title='[[rule.description, payload.title] | any_of, agent.name] | joined(" on ")',
        grouping_key=(
            "([(payload.manager | object).name, [agent.id, agent.name] | any_of, rule.id] | identity)"
            ' if rule.id is not none and rule.id is defined else ""'
        ),
        resolve=None,
        look=LOOK,
    ),
    example_firing=EXAMPLE,
    example_resolved=None,
    notes=(
        "On the manager, save this as `/var/ossec/integrations/custom-tocsin`, owned by `root:wazuh`, with the mode "
        "`750`:\n\n"
        f"```sh\n{SCRIPT}```\n\n"
        "Then add this to `/var/ossec/etc/ossec.conf`, with the level from which it shall ring, and restart the "
        "manager:\n\n"
        f"```xml\n{CONFIG}```\n\n"
        "A rule on an agent is one alert group. Wazuh never says that something is over, so people resolve the group. "
        "The messages of Wazuh's own integration for Shuffle are understood too.\n"
    ),
    heartbeat_notes=(
        "Let a timer of the manager call the heartbeat URL while the analysis runs:\n\n"
        "```\n* * * * * root pgrep -f wazuh-analysisd > /dev/null && "
        "curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>\n```\n"
    ),
    bodies=bodies,
)
