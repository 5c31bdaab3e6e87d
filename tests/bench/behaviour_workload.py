"""What is stored and what is changed when a behavioural plan is measured: a mixed week, and alerts all unlike."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from tests.support.rehearsing import DECLARATION

Declaration = dict[str, Any]
TYPES = (*["alertmanager"] * 4, *["grafana_alerting"] * 2, *["zabbix"] * 2, *["webhook"] * 2)
SEVERITIES = ("info", "warning", "critical")
PROBLEMS = 200
# Of one problem, every fifth alert says that it is over.
CYCLE = 5
FILLER = "x" * 1200
OF_SEVERITY = {
    "alertmanager": "payload.commonLabels.severity",
    "grafana_alerting": "payload.commonLabels.severity",
    "zabbix": "payload.event_severity",
    "webhook": "payload.severity",
}


class Workload(NamedTuple):
    """A declaration, the alert of each number (its integration's name and its payload), and the changes by name."""

    declaration: Declaration
    alert: Callable[[int], tuple[str, Any]]
    changes: dict[str, Callable[[Declaration], None]]

    def changed(self, name: str) -> Declaration:
        """Return the candidate."""
        candidate = copy.deepcopy(self.declaration)
        self.changes[name](candidate)
        return candidate


def _people() -> Declaration:
    found: Declaration = yaml.safe_load(DECLARATION)
    return {name: found[name] for name in ("users", "webhooks", "chains")}


def _integration(number: int, kind: str) -> Declaration:
    severity = OF_SEVERITY[kind]
    own = {}
    if kind == "webhook":
        own = {
            "templates": {
                "grouping_key": "{{ payload.host }} {{ payload.check }}",
                "resolve_signal": "{{ payload.state == 'ok' }}",
                "web": {
                    "title": "{{ payload.title }}",
                    "message": "**{{ payload.host }}**: {{ payload.text }}",
                },
            }
        }
    return {
        "name": f"{kind} {number}",
        "type": kind,
        "labels": {"source": kind},
        **own,
        "routes": [
            {"jinja2": f"{{{{ {severity} == 'info' }}}}"},
            {"jinja2": f"{{{{ {severity} == 'warning' }}}}", "chain": "ops"},
            {"regex": "db1[0-9].example"},
        ],
        "default_route": {"chain": "ops"},
    }


def _mixed_alert(number: int) -> tuple[str, Any]:
    place = number % len(TYPES)
    kind, turn = TYPES[place], number // len(TYPES)
    problem, occurrence = turn % PROBLEMS, turn // PROBLEMS
    is_over, cycle = occurrence % CYCLE == CYCLE - 1, occurrence // CYCLE
    host, check = f"db{problem % 50}.example.com", f"Check{problem % 12}"
    severity = SEVERITIES[problem % 3]
    seen = (host, check, severity, is_over)
    return f"{kind} {place}", _BODIES[kind](seen, problem, cycle, number)


def _alertmanager(seen: tuple[str, str, str, bool], problem: int, cycle: int, _: int) -> Any:
    host, check, severity, is_over = seen
    status = "resolved" if is_over else "firing"
    labels = {"alertname": check, "cluster": "eu-1", "severity": severity, "instance": f"{host}:9100"}
    group = {"alertname": check, "instance": f"{host}:9100", "severity": severity}
    one = {
        "status": status,
        "labels": labels,
        "annotations": {
            "summary": f"{check} fails on {host}",
            "runbook_url": f"https://runbooks.example.com/{check}",
        },
        "startsAt": f"2026-01-05T{cycle % 24:02}:{problem % 60:02}:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": f"https://prometheus.example.com/graph?g0.expr={check}",
        "fingerprint": f"{problem:016x}",
    }
    return {
        "receiver": "tocsin",
        "status": status,
        "alerts": [one, {**one, "fingerprint": f"{problem + 1:016x}"}],
        "groupLabels": group,
        "commonLabels": labels,
        "commonAnnotations": one["annotations"],
        "externalURL": "https://prometheus.example.com",
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{check}", instance="{host}:9100", problem="{problem}"}}',
        "truncatedAlerts": 0,
        "numFiring": 0 if is_over else 2,
        "numResolved": 2 if is_over else 0,
    }


def _zabbix(seen: tuple[str, str, str, bool], problem: int, cycle: int, number: int) -> Any:
    host, check, severity, is_over = seen
    return {
        "event_id": f"{problem}{cycle:04}",
        "event_value": "0" if is_over else "1",
        "event_name": f"{check} on {host}",
        "event_severity": severity,
        "event_date": "2026.01.05",
        "event_time": f"10:{problem % 60:02}:12",
        "event_opdata": f"Space used: {number % 997 / 10} GB",
        "event_tags": "component:storage, scope:capacity",
        "event_update_status": "0",
        "host_name": host,
        "host_ip": "192.0.2.10",
        "trigger_id": f"2{problem:04}",
        "trigger_description": FILLER,
        "zabbix_url": "https://zabbix.example.com",
        "alert_message": f"Problem started at 10:{problem % 60:02}:12 on 2026.01.05",
    }


def _webhook(seen: tuple[str, str, str, bool], problem: int, cycle: int, number: int) -> Any:
    host, check, severity, is_over = seen
    return {
        "host": host,
        "check": f"{check} {problem}",
        "title": f"{check} fails on {host}",
        "text": f"value {number}, number {cycle}\n\n{FILLER}",
        "severity": severity,
        "state": "ok" if is_over else "alerting",
    }


_BODIES: dict[str, Callable[..., Any]] = {
    "alertmanager": _alertmanager,
    "grafana_alerting": _alertmanager,
    "zabbix": _zabbix,
    "webhook": _webhook,
}


def _nothing(_: Declaration) -> None:
    return


def _route(candidate: Declaration) -> None:
    for one in candidate["integrations"]:
        route = one["routes"][0]
        route["jinja2"] = route["jinja2"].replace("== 'info'", "in ('info', 'warning')")


def _text(candidate: Declaration) -> None:
    for one in candidate["integrations"]:
        one.setdefault("templates", {})["sms"] = {"title": "{{ integration_name }}: {{ web_title }}"}


def _chain(candidate: Declaration) -> None:
    candidate["chains"][0]["steps"][2]["duration"] = "6m"


def _grouping(candidate: Declaration) -> None:
    for one in candidate["integrations"]:
        key = "{{ payload.host or payload.host_name or payload.commonLabels.instance }}"
        one.setdefault("templates", {})["grouping_key"] = key


def _everything(candidate: Declaration) -> None:
    for change in (_route, _text, _chain, _grouping):
        change(candidate)
    for one in candidate["integrations"]:
        one["labels"] = {"source": "another"}
        one["templates"]["web"] = {
            "title": "{{ payload.title or payload.event_name or payload.commonLabels.alertname }}!",
            "message": "{{ payload.text or payload.event_opdata or payload.commonAnnotations.summary }}",
        }


CHANGES = {
    "nothing": _nothing,
    "a route": _route,
    "a text": _text,
    "a chain": _chain,
    "every group": _grouping,
    "everything": _everything,
}
MIXED = Workload(
    _people() | {"integrations": [_integration(number, kind) for number, kind in enumerate(TYPES)]},
    _mixed_alert,
    CHANGES,
)


def _unlike(number: int) -> tuple[str, Any]:
    """No two alerts have a value in common but severity and state."""
    host = f"h{number % 1000}"
    return "webhook 0", {
        "host": host,
        "check": f"disk {number % 3}",
        "title": f"Disk {number} of {host} is full",
        "text": f"value {number}\n\n{FILLER}",
        "severity": SEVERITIES[number % 3],
        "state": "ok" if number % CYCLE == CYCLE - 1 else "alerting",
        "values": list(range(40)),
    }


UNLIKE = Workload(_people() | {"integrations": [_integration(0, "webhook")]}, _unlike, CHANGES)
WORKLOADS = {"mixed": MIXED, "unlike": UNLIKE}
