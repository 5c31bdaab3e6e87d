"""A declaration carried out without an api: the same checks and the same objects, stored nowhere."""

from __future__ import annotations

import secrets as random_source
from datetime import datetime

from services.api.declare import declare
from services.api.resources.desk import Desk, Tools
from shared.domain.configuration import ConfigSnapshot
from shared.domain.configuration_draft import Draft, Tables
from shared.domain.declaration import Declaration
from shared.secrets import Secrets, new_key

NOWHERE = "https://tocsin.invalid"


def declared(declaration: Declaration, now: datetime) -> ConfigSnapshot:
    """Return the configuration that a declaration makes of an empty one; errors as `declared_tables`."""
    return declared_tables(declaration, now, Tables()).snapshot()


def declared_tables(declaration: Declaration, now: datetime, base: Tables) -> Tables:
    """Return what a declaration makes of a configuration, as its next version.

    Its secrets are encrypted with a key that nobody keeps: the pipeline never reads them in a rehearsal.

    Raises:
        DeclarationRefused: with every mistake that was found.
    """
    tools = Tools(
        secrets=Secrets(new_key()),
        below=random_source.randbelow,
        public_url=NOWHERE,
        ingest_url=NOWHERE,
        now=now,
    )
    draft = Draft(base)
    declare(Desk(draft, tools), declaration)
    return draft.tables(base.version + 1)
