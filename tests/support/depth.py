"""How long the minutes-long tests are to be: `make test-deep DEEP=reduced` asks for a shorter run."""

from __future__ import annotations

import os

IS_REDUCED = os.environ.get("TOCSIN_TEST_DEEP") == "reduced"


def examples(whole: int, reduced: int) -> int:
    """Return how many examples a deep test tries."""
    return reduced if IS_REDUCED else whole
