"""Fields of forms as the API's bodies want them: lines end with a line feed, what is left empty is null."""

from __future__ import annotations

import re

from multidict import MultiMapping

from services.api.refusals import Invalid

NUMBER = re.compile(r"[+-]?[0-9]{1,12}", re.ASCII)
DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


def text(form: MultiMapping[str], name: str) -> str:
    """Return a text exactly as it was written; browsers send its line ends as CR LF."""
    return form.get(name, "").replace("\r\n", "\n")


def filled(form: MultiMapping[str], name: str) -> str | None:
    """Return a text without the blanks around it, None where nothing else is in it."""
    return text(form, name).strip() or None


def written(form: MultiMapping[str], name: str) -> str | None:
    """Return a text exactly as it was written, None where it is blank: for templates."""
    found = text(form, name)
    return found if found.strip() else None


def number(form: MultiMapping[str], name: str) -> int | None:
    """Return a whole number, None where the field was left empty.

    Raises:
        Invalid: something else stands there.
    """
    found = form.get(name, "").strip()
    if not found:
        return None
    if not NUMBER.fullmatch(found):
        raise Invalid.field(name, "Must be a whole number.")
    return int(found)


def whole(text: str) -> int | None:
    """Return the number that up to nine digits write, as they stand in addresses; None for anything else."""
    return int(text) if DIGITS.fullmatch(text) else None


def id_or_address(form: MultiMapping[str], name: str) -> str:
    """Return the id of an object that was named by it, or by the whole address of its page; "" for nothing."""
    return form.get(name, "").strip().rstrip("/").rpartition("/")[2]


def is_ticked(form: MultiMapping[str], name: str) -> bool:
    """Whether a box was ticked."""
    return form.get(name) == "yes"


def pairs(form: MultiMapping[str], name: str) -> list[tuple[str, str]]:
    """Return the rows of two fields, `name`_key and `name`_value; rows without a key are left out."""
    keys, values = form.getall(f"{name}_key", []), form.getall(f"{name}_value", [])
    both = zip(keys, values, strict=False)
    return [(key.strip(), value.replace("\r\n", "\n")) for key, value in both if key.strip()]
