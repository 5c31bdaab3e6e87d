"""Proxmox VE and Proxmox Backup Server: notifications of their webhook target."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

BODY = """\
{
  "title": "{{ escape title }}",
  "message": "{{ escape message }}",
  "severity": "{{ severity }}",
  "timestamp": {{ timestamp }},
  "fields": {{ json fields }}
}
"""
# Jobs tell each end of theirs, so a good end is the end of a problem.
JOBS = (
    "vzdump",
    "replication",
    "gc",
    "prune",
    "sync",
    "verify",
    "verification",
    "tape-backup",
    "acme",
)
FINE = ("info", "notice")
LOOK = Look(
    names={"fields": "payload.fields"},
    facts=[
        ("Severity", "payload.severity"),
        ("Kind", "fields.type"),
        ("Host", "fields.hostname"),
        ("Job", 'fields["job-id"]'),
        ("Datastore", "[fields.datastore, fields.store] | any_of"),
        ("Since", "payload.timestamp | when"),
    ],
    text="payload.message[:4000] if payload.message is string else payload.message",
    source_link="base_url | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Take warnings and errors, and the good end of jobs."""
    (sent,) = one_object(body)
    if not sent.get("title") and not sent.get("message"):
        raise Permanent("the body has neither title nor message; is it the one of the set-up notes?")
    payload = {**sent, "fields": _fields(sent)}
    if sent.get("severity") in FINE and payload["fields"].get("type") not in JOBS:
        raise NotAnAlert(f"The severity is {sent['severity']}, and no job ended.")
    return [payload]


def _fields(sent: dict[str, Any]) -> dict[str, Any]:
    """What the notification is about, also where a body names it at its top."""
    fields = sent.get("fields")
    found = dict(fields) if isinstance(fields, dict) else {}
    for name, others in {"hostname": ("hostname", "host", "node"), "type": ("type", "job")}.items():
        if not found.get(name):
            found[name] = next((sent[one] for one in others if sent.get(one)), None)
    return found


def example(severity: str) -> dict[str, Any]:
    """Return the notification of a backup job that failed (error) or not (info)."""
    is_well = severity == "info"
    result = "successful" if is_well else "failed: job errors"
    return {
        "title": f"vzdump backup status (pve1.example.com): backup {result}",
        "message": (
            "Details\n=======\nVMID    Name    Status    Time    Size\n"
            f"104     shop    {'ok' if is_well else 'err'}       12s     {'4.2 GiB' if is_well else '0 B'}"
        ),
        "severity": severity,
        "timestamp": 1767607200,
        "fields": {"hostname": "pve1", "type": "vzdump", "job-id": "backup-0bb5d8e1-4d2c"},
    }


TYPE = IntegrationType(
    slug="proxmox",
    title="Proxmox",
    category=Category.HOSTS,
    summary="Failed backups, replications, verifications and fencing of Proxmox VE and Backup Server.",
    documentation="https://pve.proxmox.com/pve-docs/chapter-notifications.html",
    templates=templates(
        title='[payload.title, fields.hostname if payload.title is not string else ""] | joined(" on ")',
        grouping_key=(
            '([fields.hostname, fields.type, fields["job-id"], fields.datastore, fields.store] | identity)'
            f' if fields.type in {[*JOBS, "fencing", "package-updates", "tape-load"]} else ""'
        ),
        resolve=f"payload.severity in {list(FINE)} and fields.type in {list(JOBS)}",
        look=LOOK,
    ),
    example_firing=example("error"),
    example_resolved=example("info"),
    notes=(
        "In *Datacenter > Notifications > Add > Webhook* (Backup Server: *Configuration > Notifications*), choose the "
        "method *POST*, enter the integration's URL (its secret part best as `{{ secrets.tocsin }}`), add the "
        "header `Content-Type` with the value `application/json`, and this body:\n\n"
        f"```\n{BODY}```\n\n"
        "Then add a matcher with this target, for the severities *info*, *warning*, *error* and *unknown*: a "
        "good end of a job resolves what its failure began, other good news is answered, but no alert.\n\n"
        "A job on a host is one alert group; forwarded system mails are an alert each.\n"
    ),
    heartbeat_notes=(
        "Let a timer of the host call the heartbeat URL while the cluster has a quorum:\n\n"
        "```\n* * * * * root pvecm status | grep -q 'Quorate: *Yes' && "
        "curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>\n```\n"
    ),
    bodies=bodies,
)
