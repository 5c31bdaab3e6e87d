"""Acknowledges, resolves, new fires, due times, deliveries and deaths in every order: nothing late, nothing twice."""

from __future__ import annotations

import pytest
import structlog

from shared.domain.configuration import ConfigSnapshot, Rule, User
from tests.support.build import a_configuration, notify, wait
from tests.support.interleaved_bundles import BundleWorld
from tests.support.interleaving import IS_REDUCED, World

BUSY_S = 7200  # a dozen minutes of one core, however many others want it
USUAL = range(150)
MANY = range(1_000, 101_000)
MANY_BUNDLES = range(200_000, 220_000)
REDUCED = range(1_000, 6_000)


def a_chain() -> ConfigSnapshot:
    """Two people; the first has two rules and a wait between them."""
    types = ("notify_by_email", "wait", "notify_by_email")
    rules = [
        Rule(id=f"r{at}", user_id="U1", position=at, type=type, duration=60 if type == "wait" else None)
        for at, type in enumerate(types)
    ]
    other = Rule(id="r9", user_id="U2", type="notify_by_email")
    config = a_configuration(notify("U1"), wait(1), notify("U2"))
    users = (User(id="U1", username="alice"), User(id="U2", username="bob"))
    return config.model_copy(update={"rules": (*rules, other), "users": users})


async def run(seeds: range) -> None:
    config = a_chain()
    with structlog.testing.capture_logs():
        for seed in seeds:
            await World(seed, config).run()


async def run_bundles(seeds: range) -> None:
    with structlog.testing.capture_logs():
        for seed in seeds:
            await BundleWorld(seed).run()


async def test_nothing_is_sent_after_an_acknowledge_and_nobody_is_paged_twice():
    await run(USUAL)


@pytest.mark.deep
@pytest.mark.timeout(BUSY_S)
async def test_a_hundred_thousand_interleavings_keep_it_too():
    await run(REDUCED if IS_REDUCED else MANY)


async def test_nobody_is_told_in_a_bundle_or_a_digest_of_what_was_acknowledged_before_its_last_look():
    await run_bundles(USUAL)


@pytest.mark.deep
async def test_twenty_thousand_interleavings_of_bundles_and_digests_keep_it_too():
    await run_bundles(REDUCED if IS_REDUCED else MANY_BUNDLES)
