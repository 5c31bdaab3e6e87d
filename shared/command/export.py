"""`tocsin export`: the configuration as the declaration that `tocsin plan` and `tocsin apply` read."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
import yaml

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.failure import told
from shared.command.output import print_json

Set = Annotated[str | None, typer.Option("--set", help="only what this set of a declaration owns")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of YAML")]
# YAML reads these as line breaks unless they stand in double quotes.
ODD_BREAKS = re.compile("[\x85\u2028\u2029\ufeff]")
# Long texts stand on one line.
WIDTH = 1_000_000


def export(
    set: Set = None,
    json: AsJson = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Print everything that is configured as one declaration; secrets are references to variables."""
    with told():
        client = ApiClient.of(url, api_token, timeout)
        found = client.get("/api/v1/config/export", **({"set": set} if set else {}))
    if json:
        print_json(found["declaration"])
    else:
        typer.echo(as_yaml(found["declaration"]), nl=False)


def as_yaml(declaration: Any) -> str:
    """Return a declaration as YAML that reads back as the same; texts of several lines stand as they are."""
    if not declaration:
        return "{}\n"
    text = yaml.dump(declaration, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return str(text)


class _Dumper(yaml.SafeDumper):
    """Writes lists indented below their keys, and no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists too."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Write what stands twice twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if ODD_BREAKS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
