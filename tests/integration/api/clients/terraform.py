"""How Terraform's provider for OnCall keeps one object: what it sends, what it reads into its state, what it compares.

A resource is created and read, planned, updated and read, planned, deleted and read. A plan that still finds a
difference after an apply never ends for its user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.api.clients.go_client import GoClient

# Attributes by name: a set is what Terraform compares without an order, a dict is a block.
Config = dict[str, Any]
State = dict[str, Any]
Body = dict[str, Any]


@dataclass(frozen=True)
class TerraformResource:
    """One kind of resource: its list in the API, its two bodies, and how an answer becomes state."""

    path: str
    created: Callable[[Config], Body]
    updated: Callable[[Config], Body]
    state: Callable[[Any, Config], State]


def plan(configured: Config, state: State) -> dict[str, tuple[Any, Any]]:
    """Return what Terraform would change: by attribute what it read and what is configured."""
    names = {*configured, *state}
    pairs = {name: (state.get(name), configured.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if not _same(*pair)}


def _same(read: Any, configured: Any) -> bool:
    """Whether an attribute needs no change; for an attribute that is not configured its zero value is none."""
    if isinstance(read, Mapping) and isinstance(configured, Mapping):
        return not plan(dict(configured), dict(read))
    if not read and not configured:
        return True
    return bool(read == configured)


async def kept(client: GoClient, resource: TerraformResource, configured: Config, changed: Config) -> str:
    """Run one resource through its whole life; return its id, which is gone.

    Raises:
        AssertionError: a plan after an apply would change something, or the object is not gone.
    """
    made = await client.create(resource.path, resource.created(configured))
    await _reads(client, resource, made.id, configured)
    updated = await client.update(resource.path, made.id, resource.updated(changed))
    assert updated.id == made.id
    await _reads(client, resource, made.id, changed)
    await client.delete(resource.path, made.id)
    assert not await client.exists(resource.path, made.id)
    return str(made.id)


async def _reads(client: GoClient, resource: TerraformResource, id: str, configured: Config) -> None:
    read = await client.get(resource.path, id)
    assert plan(configured, resource.state(read, configured)) == {}
