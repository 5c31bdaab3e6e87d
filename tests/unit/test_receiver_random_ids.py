"""Random ids: what everybody else takes for a uuid4, and never the same twice."""

from __future__ import annotations

import uuid

from services.receiver.random_ids import random_id


def test_a_random_id_is_a_uuid4_as_the_standard_library_writes_it():
    for one in (random_id() for _ in range(200)):
        read = uuid.UUID(one)

        assert (str(read), read.version, read.variant) == (one, 4, uuid.RFC_4122)


def test_no_two_random_ids_are_the_same():
    assert len({random_id() for _ in range(2000)}) == 2000
