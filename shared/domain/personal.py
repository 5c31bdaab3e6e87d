"""A person's own chain of notification rules inside one escalation."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.domain.configuration import ConfigSnapshot, Rule
from shared.domain.model import Frozen

DEFAULT_WAIT_S = 300
CHANNEL_PREFIX = "notify_by_"
# A person without any rule gets one mail (reference 5.6).
FALLBACK = Rule(id="fallback", user_id="", type="notify_by_email")


class Personal(Frozen):
    """Where one person is in his rules: `position` is the next rule, `due_at` when it runs (None: at the end)."""

    user_id: str
    started_by: str
    important: bool = False
    rules: tuple[Rule, ...] = ()
    position: int = 0
    due_at: datetime | None = None
    requested: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether no rule is left."""
        return self.due_at is None


def rules_of(config: ConfigSnapshot, user_id: str, important: bool) -> tuple[Rule, ...]:
    """Return the rules that count for a person: an empty important list falls back to the default one.

    A list of nothing but waits tells him nothing, so it counts as empty too.
    """
    for list_is_important in (True, False) if important else (False,):
        rules = config.rules_of.get((user_id, list_is_important), ())
        if any(one.type != "wait" for one in rules):
            return rules
    return (FALLBACK,)


def begin(config: ConfigSnapshot, user_id: str, important: bool, started_by: str, now: datetime) -> Personal:
    """Start a person's rules now."""
    rules = rules_of(config, user_id, important)
    return Personal(user_id=user_id, started_by=started_by, important=important, rules=rules, due_at=now)


def advance(personal: Personal, now: datetime) -> tuple[Personal, list[tuple[int, Rule]]]:
    """Run all rules whose time has come; return the channels to use now, with their positions.

    A rule is passed over outside of its hours; what comes after it runs as if it were not there.
    """
    use: list[tuple[int, Rule]] = []
    position, due_at = personal.position, personal.due_at
    while due_at is not None and due_at <= now:
        if position >= len(personal.rules):
            due_at = None
            break
        rule = personal.rules[position]
        position += 1
        if rule.type == "wait":
            due_at = max(due_at, now) + timedelta(seconds=rule.duration or DEFAULT_WAIT_S)
        elif rule.only_between is None or rule.only_between.holds(now):
            use.append((position - 1, rule))
    # After the last rule there is nothing to wait for.
    if position >= len(personal.rules):
        due_at = None
    return personal.model_copy(update={"position": position, "due_at": due_at}), use


def passed_over(before: Personal, after: Personal, used: list[tuple[int, Rule]]) -> list[tuple[int, Rule]]:
    """Return the rules that ran outside of their hours."""
    done = {position for position, _ in used}
    ran = [(position, before.rules[position]) for position in range(before.position, after.position)]
    return [(at, rule) for at, rule in ran if rule.only_between is not None and at not in done]


def skip_wait(personal: Personal, request_id: str, now: datetime) -> Personal | None:
    """Let the next rule that tells somebody run at once, because a page failed, whatever waits stand before it.

    None when that page is not his or was counted already.
    """
    if request_id not in personal.requested or request_id in personal.failed:
        return None
    position = personal.position
    while position < len(personal.rules) and personal.rules[position].type == "wait":
        position += 1
    is_left = not personal.is_over and position < len(personal.rules)
    changes = {"position": position, "due_at": now if is_left else None}
    return personal.model_copy(update={**changes, "failed": (*personal.failed, request_id)})


def channel_of(rule: Rule) -> str:
    """Return the channel's name in a rule type: email, sms, phone_call, slack, telegram, mobile_app, webhook…"""
    return rule.type.removeprefix(CHANNEL_PREFIX)
