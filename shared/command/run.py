"""`tocsin run`: one service, several, or all of them in this process."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.command.failure import CommandFailed, told

if TYPE_CHECKING:
    from shared.config import Settings
    from shared.service import Service

# Where links point when nothing else is configured.
USUAL_PORTS = {"api": 8080, "receiver": 8081}

Names = Annotated[list[str] | None, typer.Argument(metavar="SERVICE...", help="names of services")]
All = Annotated[bool, typer.Option("--all", help="every service there is, on one event loop")]


def run(names: Names = None, every: All = False) -> None:
    """Run services in this process until Ctrl-C or SIGTERM."""
    with told():
        known = service_names()
        wanted = known if every else list(names or [])
        if not wanted:
            raise CommandFailed(f"Say which services, or --all. There are: {', '.join(known)}")
        unknown = [one for one in wanted if one not in known]
        if unknown:
            raise CommandFailed(f"There is no service {unknown[0]}. There are: {', '.join(known)}")
        from shared.service import run_all

        run_all(with_ports([_service(one) for one in wanted]))


def service_names() -> list[str]:
    """Return every service that is installed here."""
    spec = find_spec("services")
    folders = [Path(one) for one in (spec.submodule_search_locations or [])] if spec else []
    return sorted(file.parent.name for folder in folders for file in folder.glob("*/service.py"))


def with_ports(services: list[Service]) -> list[tuple[Service, Settings]]:
    """Give each service a port of its own: TOCSIN_PORT and those after it, else the usual ones, else any."""
    chosen = []
    for position, service in enumerate(services):
        settings = service.settings()
        port = settings.port + position if settings.port else USUAL_PORTS.get(service.name, 0)
        chosen.append((service, settings.model_copy(update={"port": port})))
    return chosen


def _service(name: str) -> Service:
    found: Service = importlib.import_module(f"services.{name}.service").service
    return found
