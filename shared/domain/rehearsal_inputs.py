"""From a written test to what is played: names become objects of the configuration, bodies become alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.declaration import DeclarationRefused, Fault, Path
from shared.domain.ingest import alert_id, alerts_of
from shared.domain.model import Actor, Alert
from shared.domain.rehearsal import Acted, Sent
from shared.domain.rehearsal_cases import ActionCase, AlertCase, Case
from shared.errors import Permanent
from shared.integrations import by_slug
from shared.integrations.integration_type import NotAnAlert


def inputs_of(case: Case, path: Path, config: ConfigSnapshot, files: Mapping[str, Any]) -> list[Sent | Acted]:
    """Return what a test plays; `path` is its place, `files` are the decoded payload files by the names written.

    Raises:
        DeclarationRefused: with every name that the configuration does not know, and every body that is no alert.
    """
    reading = _Reading(case, config, files)
    inputs: list[Sent | Acted] = []
    for place, step in enumerate(case.steps):
        at = case.at + timedelta(seconds=step.after)
        inner = (*path, "steps", place)
        if step.alert is not None:
            alerts = reading.alerts(step.alert, (*inner, "alert"), step.after)
            inputs += [Sent(at, one) for one in alerts]
        elif (asked := step.action) is not None:
            name, action = asked
            actor = reading.actor(action, (*inner, name))
            inputs.append(Acted(at, name, actor, action.group, action.duration))
    reading.check_expected((*path, "expect"))
    if reading.faults:
        raise DeclarationRefused(reading.faults)
    return inputs


class _Reading:
    """One case being read, with the mistakes found so far."""

    def __init__(self, case: Case, config: ConfigSnapshot, files: Mapping[str, Any]) -> None:
        self._case = case
        self._files = files
        self._integrations = {one.name: one for one in config.integrations}
        self._users = {one.username.lower(): one for one in config.users}
        self._webhooks = {one.name for one in config.webhooks}
        self._chains = {one.name for one in config.chains}
        self._count = 0
        self.faults: list[Fault] = []

    def alerts(self, written: AlertCase, path: Path, after_s: int) -> list[Alert]:
        """Return the alerts in one body; each is received a microsecond later, as one after the other."""
        integration = self._integrations.get(written.integration)
        if integration is None:
            self.faults.append(_unknown((*path, "integration"), "integration", written.integration))
            return []
        try:
            return self._read(integration, written, after_s)
        except (Permanent, NotAnAlert) as refusal:
            self.faults.append(Fault(path, f"no alert of type {integration.type}: {refusal.reason}"))
            return []

    def actor(self, action: ActionCase, path: Path) -> Actor:
        """Return who acts."""
        user = self._users.get(action.by.lower())
        if user is None:
            self.faults.append(_unknown((*path, "by"), "user", action.by))
            return Actor(kind="user", name=action.by)
        return Actor(kind="user", id=user.id, name=user.username)

    def check_expected(self, path: Path) -> None:
        """Note names among what is expected that nothing can ever have."""
        expected = self._case.expect
        for place, group in enumerate(expected.groups or ()):
            inner = (*path, "groups", place)
            self._known((*inner, "integration"), "integration", group.integration, self._integrations)
            self._known((*inner, "chain"), "escalation chain", group.chain, self._chains)
        for place, page in enumerate(expected.pages or ()):
            self._known((*path, "pages", place, "to"), "user", page.to.lower(), self._users)
        for place, call in enumerate(expected.webhooks or ()):
            self._known((*path, "webhooks", place, "name"), "webhook", call.name, self._webhooks)

    def _read(self, integration: Integration, written: AlertCase, after_s: int) -> list[Alert]:
        found = by_slug(integration.type)
        if found is None:
            raise Permanent(f"there is no integration type {integration.type}")
        body = written.payload
        if written.payload_file is not None:
            body = self._files[written.payload_file]
        elif written.example is not None:
            body = found.example_firing if written.example == "firing" else found.example_resolved
            if body is None:
                raise Permanent(f"it has no example of {written.example}")
        parts = found.parts(body, integration.each_instance)
        at = self._case.at + timedelta(seconds=after_s, microseconds=self._count)
        first = alert_id(integration.id, f"rehearsal {self._count}")
        self._count += len(parts)
        return alerts_of(parts, integration.id, first, at)

    def _known(self, path: Path, noun: str, name: str | None, names: Iterable[str]) -> None:
        if name is not None and name not in names:
            self.faults.append(_unknown(path, noun, name))


def _unknown(path: Path, noun: str, name: str) -> Fault:
    return Fault(path, f"there is no {noun} named {name}")
