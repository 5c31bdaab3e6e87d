"""What drawn configurations are made of: texts that are read in odd ways, and references to what there is."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet
from hypothesis import strategies as st

from services.api.resources.desk import Body, Desk, Tools, parse
from shared.domain.configuration import Team
from shared.secrets import Secrets

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = Fernet.generate_key().decode()
# Texts that YAML, shells and templates read in their own ways.
ODD = (
    "plain",
    "007",
    "yes",
    "~",
    "- a: b # c",
    "{{ payload.x }}",
    "{% if payload.a %}\n  a\n\n{% endif %}\n",
    " \ttab ",
    "two\r\nlines",
    "\x85\u2028 odd breaks",
    "${env:HOME}",
    "ünï 🦊 'quoted' \"twice\"",
    "'",
)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata")
odd = st.sampled_from(ODD)
some = st.none() | odd
flags = st.booleans()
secret = st.sampled_from(("s3cret", "${file:x}", "pass phrase", "ü" * 20))


def tools() -> Tools:
    """Return the tools of an edit; ids are the same in every run."""
    return Tools(
        secrets=Secrets(KEY),
        below=random.Random(1).randrange,
        public_url="https://tocsin.example.org",
        ingest_url="https://in.example.org",
        now=NOW,
        mail_domain="in.example.org",
    )


class Drawing:
    """Draws objects into a draft."""

    def __init__(self, draw: Any, desk: Desk) -> None:
        self.draw = draw
        self.desk = desk
        self.number = 0

    def one_of(self, model: Any) -> Any:
        return self.draw(st.sampled_from(self.desk.draft.all(model))).id

    def some_of(self, model: Any) -> list[str]:
        ids = [one.id for one in self.desk.draft.all(model)]
        return list(self.draw(st.lists(st.sampled_from(ids), unique=True, max_size=3))) if ids else []

    def team_id(self) -> str | None:
        ids = [one.id for one in self.desk.draft.all(Team)]
        return self.draw(st.none() | st.sampled_from(ids)) if ids else None

    def name(self) -> str:
        self.number += 1
        return f"{self.draw(odd)} {self.number}"

    def create(self, module: Any, body: type[Body], **fields: Any) -> Any:
        return module.create(self.desk, parse(body, fields))
