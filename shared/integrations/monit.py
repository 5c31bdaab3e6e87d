"""Monit: what its tests find, posted by a script that `exec` starts."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object
from shared.integrations.sender_script import SenderScript

SCRIPT = SenderScript(
    slug="monit",
    title="Monit",
    prefix="MONIT_",
    names=(
        "STATE TEST SERVICE HOST EVENT DESCRIPTION DATE PROCESS_PID PROCESS_MEMORY PROCESS_CHILDREN "
        "PROCESS_CPU_PERCENT PROGRAM_STATUS URL "
    ),
    # Monit starts it and goes on; so it may try for long.
    patience_s=600,
)
# Events that say that something is well again, where the script was not told the state.
WELL = (
    "succeeded",
    "recovery",
    "exists",
    "link up",
    "content match",
    "changed back",
    "not changed",
)
# Monit's own starts and stops of a service, and of itself.
NO_PROBLEMS = ("Started", "Stopped", "No Event", "Action done", "Monit instance changed")
RULES = """\
check filesystem var with path /var
    if space usage > 90% then exec "/usr/local/bin/tocsin-monit.sh STATE=failed TEST=space"
        else if succeeded then exec "/usr/local/bin/tocsin-monit.sh STATE=succeeded TEST=space"

check process nginx with pidfile /run/nginx.pid
    if does not exist then exec "/usr/local/bin/tocsin-monit.sh STATE=failed TEST=running"
        else if succeeded then exec "/usr/local/bin/tocsin-monit.sh STATE=succeeded TEST=running"
"""
LOOK = Look(
    facts=[
        ("Event", "payload.EVENT"),
        ("Host", "payload.HOST"),
        ("Service", "payload.SERVICE"),
        ("Test", "payload.TEST"),
        ("Told at", "payload.DATE"),
        ("Process", "payload.PROCESS_PID"),
        ("CPU in %", "payload.PROCESS_CPU_PERCENT"),
        ("Memory in kB", "payload.PROCESS_MEMORY"),
        ("Exit status", "payload.PROGRAM_STATUS"),
    ],
    text="payload.DESCRIPTION",
    source_link="[payload.URL, base_url] | any_of | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Take a notification; `STATE` is made from the event where the script was not told it."""
    (sent,) = one_object(body)
    payload = {**{name.upper().removeprefix("MONIT_"): value for name, value in sent.items()}, **sent}
    if not any(payload.get(name) for name in ("SERVICE", "EVENT", "DESCRIPTION")):
        raise Permanent("the body names neither SERVICE nor EVENT; is it the script for Monit?")
    event = str(payload.get("EVENT") or "")
    if not payload.get("STATE"):
        if event in NO_PROBLEMS:
            raise NotAnAlert(f'"{event}" is no problem.')
        payload["STATE"] = "succeeded" if event.lower().endswith(WELL) else "failed"
    return [payload]


def example(state: str) -> dict[str, Any]:
    """Return what the script posts of a file system that fills up, or has room again."""
    is_well = state == "succeeded"
    return {
        "STATE": state,
        "TEST": "space",
        "SERVICE": "var",
        "HOST": "db1.example.com",
        "EVENT": f"Resource limit {'succeeded' if is_well else 'matched'}",
        "DESCRIPTION": (
            "space usage 61.2% check succeeded [current space usage = 61.2%]"
            if is_well
            else "space usage 96.1% matches resource limit [space usage > 90.0%]"
        ),
        "DATE": "Mon, 05 Jan 2026 11:00:00",
    }


TYPE = IntegrationType(
    slug="monit",
    title="Monit",
    category=Category.HOSTS,
    summary="Failed tests of processes, file systems, hosts and programs.",
    documentation="https://mmonit.com/monit/documentation/monit.html#ALERT-MESSAGES",
    templates=templates(
        title='[[payload.SERVICE, payload.HOST] | joined(" on "), payload.EVENT] | joined(": ")',
        grouping_key=(
            "([payload.HOST, payload.SERVICE, payload.TEST] | identity)"
            ' if [payload.SERVICE, payload.TEST] | any_of else ""'
        ),
        resolve='payload.STATE | words | lower in ["succeeded", "recovery", "ok"]',
        look=LOOK,
    ),
    example_firing=example("failed"),
    example_resolved=example("succeeded"),
    notes=(
        f"{SCRIPT.quoted}\n"
        "Then let each test start it, and its recovery too (`TEST` tells the tests of one service apart; "
        "without it they are one alert group):\n\n"
        f"```\n{RULES}```\n\n"
        "Monit starts a program once when a test fails, not in every cycle, unless the rule says "
        "`repeat every N cycles`. "
        "To have links, set the address of Monit's or M/Monit's web pages at the integration.\n"
    ),
    heartbeat_notes=(
        "Let Monit call the heartbeat URL in each cycle:\n\n"
        "```\n"
        'check program tocsin-heartbeat with path "/usr/bin/curl -fsS --max-time 10 -o /dev/null '
        '<the heartbeat URL>"\n'
        '    if status != 0 for 3 cycles then exec "/usr/local/bin/tocsin-monit.sh STATE=failed TEST=heartbeat"\n'
        "```\n"
    ),
    bodies=bodies,
)
