"""What an exported declaration calls things: names instead of ids, variables instead of secrets."""

from __future__ import annotations

from typing import Any

from shared.domain.configuration import Team, User
from shared.domain.configuration_draft import Draft, Tables
from shared.domain.declaration_names import OF_TEAM, candidates, is_declared_alone
from shared.domain.declaration_parts import Part
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.model import Frozen
from shared.domain.secret_references import VariableNames

Written = dict[str, Any]


class ExportedNames:
    """The names of one export."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._find = Draft(tables).find
        self._variables = VariableNames()

    def is_exported(self, row: Frozen) -> bool:
        """Whether an object stands in an export by itself.

        A window begun by hand does not, nor does a shared shift whose name another one of its team has: which of
        them is meant could not be said.
        """
        if isinstance(row, MaintenanceWindow):
            return not row.is_ad_hoc
        return is_declared_alone(row) and (type(row) not in OF_TEAM or self._first_of(row) == vars(row)["id"])

    def of(self, model: type[Frozen], row_id: str) -> str | Written:
        """Return what an object is referred to by: its name, with its team where the name alone is not enough.

        What no name tells from others, or is gone, is referred to by its id.
        """
        row: Any = self._tables.of(model).get(row_id)
        if row is None:
            return row_id
        if isinstance(row, User):
            return row.username
        found: list[Any] = candidates(self._find, model, row.name)
        of_nobody = [one for one in found if getattr(one, "team_id", None) is None]
        meant = of_nobody or found
        if [one.id for one in meant] == [row_id]:
            return str(row.name)
        same = [one.id for one in found if getattr(one, "team_id", None) == getattr(row, "team_id", None)]
        if model in OF_TEAM and same == [row_id]:
            return {"name": row.name, "team": self.team(row.team_id)}
        return row_id

    def team(self, team_id: str | None) -> str | None:
        """Return the name of a team."""
        team = self._tables.of(Team).get(team_id or "")
        return team.name if team is not None else None

    def secret(self, *words: str) -> str:
        """Return a reference to a variable for a secret that is stored."""
        return self._variables.reference(*words)

    def _first_of(self, row: Any) -> str:
        """Return the id of the oldest object of the same name and team."""
        same = [
            one for one in candidates(self._find, type(row), row.name) if vars(one)["team_id"] == row.team_id
        ]
        return str(vars(same[0])["id"])


def word_if_bare(written: Written) -> Written | str:
    """Return a step or a rule that only has a type as that word."""
    return str(written["type"]) if set(written) == {"type"} else written


def dumped(part: Part) -> Written:
    """Return a part of a declaration as it is written: its name first; what is as by default is left out."""
    found = part.model_dump(mode="json", exclude_defaults=True)
    return {**{name: found[name] for name in ("name", "username") if name in found}, **found}
