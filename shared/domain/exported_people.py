"""A person in an exported declaration: rules, and the contact points that somebody vouches for."""

from __future__ import annotations

from shared.domain.configuration import ConfigSnapshot, Rule, User
from shared.domain.contact_addresses import SECRET_KINDS
from shared.domain.contacts import ContactPoint
from shared.domain.declaration import DeclaredContactPoint, DeclaredRule, DeclaredRules
from shared.domain.exported_names import ExportedNames


def exported_points(user: User, names: ExportedNames) -> list[DeclaredContactPoint]:
    """Return what an admin vouches for; what the person alone proved is the person's."""
    return [
        DeclaredContactPoint(kind=one.kind, address=_address(user, one, names))
        for one in user.contact_points
        if one.declared
    ]


def exported_rules(user: User, config: ConfigSnapshot) -> DeclaredRules:
    """Return both lists of a person; one without rules is left as it is wherever the declaration is applied."""
    default, important = (
        [_rule(one) for one in config.rules_of.get((user.id, is_important), ())]
        for is_important in (False, True)
    )
    return DeclaredRules(default=default or None, important=important or None)


def _address(user: User, point: ContactPoint, names: ExportedNames) -> str:
    return names.secret("user", user.username, point.kind) if point.kind in SECRET_KINDS else point.address


def _rule(row: Rule) -> DeclaredRule:
    return DeclaredRule(type=row.type, duration=row.duration, only_between=row.only_between)
