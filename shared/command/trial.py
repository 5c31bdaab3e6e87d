"""`tocsin integrations test`: a demo alert, followed until it is in an alert group, and resolved again if asked for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from shared import clock
from shared.command.alerts import payload_in, print_stages
from shared.command.api_client import ApiClient, Token, Url, said
from shared.command.failure import CommandFailed, told
from shared.command.lookup import integration_of
from shared.command.output import Format, Output, Quiet, print_facts, print_ids, print_json

LOOK_EVERY_S = 0.3
RESOLVED = "resolved"

Wanted = Annotated[str, typer.Argument(metavar="ID|NAME", help="id or name of the integration")]
PayloadFile = Annotated[
    Path | None, typer.Option("--file", "-f", help="JSON body instead of the type's example")
]
Resolve = Annotated[
    bool, typer.Option("--resolve", help="then send the example that resolves it, and wait for it")
]
Within = Annotated[float, typer.Option("--timeout", help="seconds to wait until it has arrived")]


def try_integration(
    integration: Wanted,
    file: PayloadFile = None,
    resolve: Resolve = False,
    timeout: Within = 30.0,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Send a demo alert and show where it went; it pages people like a real one, marked as a demo.

    Exit code 0: it arrived in an alert group (and, with --resolve, was resolved). 1: it did not.
    """
    with told():
        trial = Trial(ApiClient.of(url, api_token), timeout)
        try:
            trial.send(integration_of(trial.client, integration)["id"], file)
            trial.follow()
            if resolve:
                trial.resolve()
        finally:
            trial.print(output, quiet)


class Trial:
    """One demo on its way: what was sent, its traces, and the groups that it arrived in."""

    def __init__(self, client: ApiClient, timeout_s: float) -> None:
        self.client = client
        self._timeout_s = timeout_s
        self._integration_id = ""
        self._sent: dict[str, Any] = {}
        self._traces: dict[str, Any] = {}
        self._groups: dict[str, Any] = {}

    def send(self, integration_id: str, file: Path | None) -> None:
        """Send the firing example, or the payload in a file.

        Raises:
            CommandFailed: it was refused; nothing is on its way.
        """
        self._integration_id = integration_id
        body = {"payload": payload_in(file)} if file is not None else {}
        self._sent = self.client.post(f"/api/v1/integrations/{integration_id}/demo", body)

    def follow(self) -> None:
        """Wait until every alert is in a group.

        Raises:
            CommandFailed: one did not arrive in time.
        """
        deadline_s = clock.monotonic_s() + self._timeout_s
        for alert_id in self._sent["ids"]:
            while not self._has_arrived(alert_id):
                if clock.monotonic_s() > deadline_s:
                    raise CommandFailed(self._missing(alert_id))
                time.sleep(LOOK_EVERY_S)

    def resolve(self) -> None:
        """Send the resolved example and wait until the groups of the demo are resolved.

        Raises:
            CommandFailed: one is not in time.
        """
        body = {"state": RESOLVED, "demo_id": self._sent["demo_id"]}
        self.client.post(f"/api/v1/integrations/{self._integration_id}/demo", body)
        deadline_s = clock.monotonic_s() + self._timeout_s
        for group_id in list(self._groups):
            while self._look_at(group_id)["state"] != RESOLVED:
                if clock.monotonic_s() > deadline_s:
                    raise CommandFailed(
                        f"The resolved example did not resolve {group_id} within {self._timeout_s:g} s."
                    )
                time.sleep(LOOK_EVERY_S)

    def print(self, output: Format, quiet: bool) -> None:
        """Show how far it came."""
        groups = list(self._groups.values())
        if quiet:
            print_ids(list(self._groups))
        elif output is Format.JSON:
            print_json({**self._sent, "traces": list(self._traces.values()), "alert_groups": groups})
        else:
            for alert_id, trace in self._traces.items():
                print_facts({"alert": alert_id, "demo": self._sent["demo_id"]})
                print_stages(trace)
            for one in groups:
                print_facts(
                    {"group": f"{one['id']} {one['state']}: {one['title']}", "page": one["permalinks"]["web"]}
                )

    def _has_arrived(self, alert_id: str) -> bool:
        answer = self.client.request("GET", f"/api/v1/alerts/{alert_id}/trace")
        if answer.status == 404:
            return False
        if answer.status != 200:
            raise CommandFailed(said(answer))
        self._traces[alert_id] = answer.data
        group_id = answer.data["group_id"]
        if group_id is None:
            return False
        found = self.client.request("GET", f"/api/v1/alert_groups/{group_id}")
        if found.status == 200:
            self._groups[group_id] = found.data
        return found.status == 200

    def _look_at(self, group_id: str) -> Any:
        self._groups[group_id] = self.client.get(f"/api/v1/alert_groups/{group_id}")
        return self._groups[group_id]

    def _missing(self, alert_id: str) -> str:
        stages = self._traces.get(alert_id, {}).get("stages", [])
        last = f"the last to tell of it is the {stages[-1]['stage']}" if stages else "no stage has told of it"
        return f"The alert {alert_id} is in no alert group after {self._timeout_s:g} s: {last}."
