"""`tocsin simulate`: who would be notified how and when, if an alert came; nothing is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.command.alerts import payload_in
from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.failure import CommandFailed, told
from shared.command.lookup import chain_of, integration_of
from shared.command.output import Format, Output, print_facts, print_json, print_table

Chain = Annotated[str | None, typer.Option("--chain", help="id or name of an escalation chain")]
Integration = Annotated[str | None, typer.Option("--integration", help="id or name of an integration")]
At = Annotated[
    str | None,
    typer.Option("--at", help="when the alert comes, such as 2027-03-28T01:30+01:00; now if not given"),
]
Payload = Annotated[
    Path | None, typer.Option("--payload", help="JSON file with the body that the tool would send")
]
Labels = Annotated[list[str] | None, typer.Option("--label", help="a label, as name=value; may be repeated")]
Horizon = Annotated[int, typer.Option("--hours", help="how many hours to look ahead", min=1, max=744)]
HEADS = ("at", "what", "who", "how", "rules", "reason")


def simulate(
    chain: Chain = None,
    integration: Integration = None,
    at: At = None,
    payload: Payload = None,
    label: Labels = None,
    hours: Horizon = 168,
    output: Output = Format.TABLE,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Show who would be notified how and when: through schedules, overrides, rules and waits.

    Give a chain, or an integration and (with --payload) an alert that its routes decide about.
    """
    with told():
        if (chain is None) == (integration is None):
            raise CommandFailed("Give either --chain or --integration.")
        client = ApiClient.of(url, api_token, timeout)
        body: dict[str, Any] = {"horizon": hours * 3600, "labels": _labels(label or [])}
        if chain is not None:
            body["escalation_chain_id"] = chain_of(client, chain)["id"]
        if integration is not None:
            body["integration_id"] = integration_of(client, integration)["id"]
        if at is not None:
            body["at"] = _instant(at)
        if payload is not None:
            body["payload"] = payload_in(payload)
        _print(client.post("/api/v1/simulate", body), output)


def _labels(texts: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in texts]
    if any(not equals or not name for name, equals, _ in pairs):
        raise CommandFailed("--label must be name=value")
    return {name: value for name, _, value in pairs}


def _instant(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"--at: {text!r} is not a time such as 2027-03-28T01:30+01:00") from error
    if found.tzinfo is None:
        raise CommandFailed(f"--at: {text!r} has no offset; write for example {text}+01:00")
    return found.astimezone(UTC).isoformat()


def _print(found: dict[str, Any], output: Format) -> None:
    if output is Format.JSON:
        print_json(found)
        return
    print_table(HEADS, [_row(one) for one in found["results"]])
    print_facts(
        {
            "chain": f"{found['chain']} (configuration {found['config_version']})",
            "end": found["ended"] or f"goes on after {found['until']}",
            "assumed": "; ".join(found["assumptions"]),
        }
    )


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    is_page = line["what"] == "page"
    rules = ("important" if line["important"] else "default") if is_page else ""
    reason = f"{line['reason']}; {line['problem']}" if line["problem"] else line["reason"]
    return (line["at"], line["what"], line["username"] or "", line["channel"] or "", rules, reason)
