"""People in forms: named by their usernames, one or several to a field, and found again by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.api.refusals import Invalid
from shared.domain.configuration import ConfigSnapshot


def usernames(config: ConfigSnapshot) -> list[str]:
    """Return everybody's username, in the order of the alphabet."""
    return sorted((one.username for one in config.users), key=str.casefold)


def names_of(ids: Iterable[str], config: ConfigSnapshot) -> list[str]:
    """Return the usernames of people; those who are gone are left out."""
    return [config.user_by_id[one].username for one in ids if one in config.user_by_id]


def user_ids(fields: Sequence[str], config: ConfigSnapshot, field: str) -> list[str]:
    """Return the ids of the people that fields name, each once; empty fields name nobody.

    Raises:
        Invalid: nobody has one of the names.
    """
    found = [id for text in fields for id in _named(text, config, field)]
    return list(dict.fromkeys(found))


def turns_of(fields: Sequence[str], config: ConfigSnapshot, field: str) -> list[list[str]]:
    """Return the ids of the people of each field that is not empty: one turn each.

    Raises:
        Invalid: nobody has one of the names.
    """
    return [user_ids([text], config, field) for text in fields if text.strip()]


def _named(text: str, config: ConfigSnapshot, field: str) -> list[str]:
    by_name = {one.username.casefold(): one.id for one in config.users}
    whole = text.strip()
    # A username may have a comma in it; only where it is none does the comma part names.
    names = [whole] if whole.casefold() in by_name else [one.strip() for one in whole.split(",")]
    unknown = next((one for one in names if one and one.casefold() not in by_name), None)
    if unknown is not None:
        raise Invalid.field(field, f"There is nobody with the username {unknown}.")
    return [by_name[one.casefold()] for one in names if one]
