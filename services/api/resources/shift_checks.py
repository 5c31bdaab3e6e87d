"""Whether a shift says something: every field that does not is answered at once."""

from __future__ import annotations

from services.api.refusals import Invalid
from shared.domain.schedules import Shift
from shared.domain.shift_form import shift_faults


def checked(row: Shift) -> Shift:
    """Return a shift that is as its type must be.

    Raises:
        Invalid: with every field that is not.
    """
    faults: dict[str, list[str]] = {}
    for field, sentence in shift_faults(row):
        faults.setdefault(field, []).append(sentence)
    if faults:
        raise Invalid(faults)
    return row
