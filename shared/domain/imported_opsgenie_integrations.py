"""Integrations of an Opsgenie account: the lists have no keys, so every one has a new URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.domain.imported import Row, Taking, Written, part_of, without_blanks, words
from shared.integrations import by_slug

KIND = "integration"
TYPE, MAIL = "opsgenie", "inbound_email"
NEW = "its API key is not in the export: it has a new URL and a new key here"


def opsgenie_integrations(taking: Taking, lists: Mapping[str, Sequence[Row]]) -> list[Written]:
    """Return the integrations; each leads to the escalation of its team where the team has a single one."""
    chains: dict[str, list[Row]] = {}
    for row in lists["escalations"]:
        chains.setdefault(str(part_of(row, "ownerTeam").get("id")), []).append(row)
    return [
        _integration(taking, row, chains.get(str(row.get("teamId")), [])) for row in lists["integrations"]
    ]


def _integration(taking: Taking, row: Row, of_team: Sequence[Row]) -> Written:
    name, kind = taking.names.of("integrations", row.get("id")) or "", words(row.get("type"))
    is_mail = kind.lower() == "email"
    taking.left_out(KIND, name, "takes mail, and has a new address here" if is_mail else NEW)
    if row.get("enabled") is False:
        taking.left_out(KIND, name, "is disabled there and takes alerts here")
    own = by_slug(kind.lower())
    if own is not None and kind.lower() != TYPE:
        taking.told(
            KIND, name, f"takes what is sent to Opsgenie; what {own.title} sends has a type of its own here"
        )
    chain = (
        taking.names.reference("chains", of_team[0].get("id"))
        if row.get("teamId") and len(of_team) == 1
        else None
    )
    if chain is None:
        taking.left_out(
            KIND, name, "routing rules of teams are not in the lists: choose a chain for its default route"
        )
    head = {
        "name": name,
        "type": MAIL if is_mail else TYPE,
        "team": taking.names.of("teams", row.get("teamId")),
    }
    return {**without_blanks(head), "default_route": without_blanks({"chain": chain})}
