"""Steps that lead the chain: webhooks on the way, the end, the beginning again, and how loud it goes on."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from shared.domain.conditions import STEP, Verdict
from shared.domain.model import Frozen, Problem
from shared.domain.steps.asking import Condition
from shared.domain.steps.step import Moment, StepResult, StepType

MAX_REPEATS = 5
# Steps follow at once, so a chain without a wait would spend all its repeats in one instant.
SHORTEST_ROUND_S = 60
LONGEST_TEMPLATE = 4096


class TriggerWebhook(Frozen):
    """Call an outgoing webhook; the chain does not wait for its answer."""

    action_to_trigger: str | None = None


class RepeatEscalation(Frozen):
    """Go back to the first step, at most 5 times in a run."""


class Resolve(Frozen):
    """Resolve the group."""


class ContinueIf(Frozen):
    """Go on only if the template `continue_if` is true of the group; else the chain ends here."""

    continue_if: str | None = Field(default=None, max_length=LONGEST_TEMPLATE)


class RaiseImportance(Frozen):
    """From here on people are notified by their important rules, whatever the steps say, to the end of the run."""


class LowerImportance(Frozen):
    """From here on people are notified by their default rules, whatever the steps say, to the end of the run."""


def trigger_webhook(step: TriggerWebhook, moment: Moment) -> StepResult:
    """Call an outgoing webhook."""
    webhook = moment.config.webhook_by_id.get(step.action_to_trigger or "")
    if webhook is None:
        return StepResult(reason="call a webhook", failure="no webhook is selected, or it was deleted")
    if not webhook.is_webhook_enabled:
        return StepResult(reason=f"call webhook {webhook.name}", failure="the webhook is disabled")
    return StepResult(reason=f"call webhook {webhook.name}", webhook_id=webhook.id)


def repeat_escalation(step: RepeatEscalation, moment: Moment) -> StepResult:
    """Begin the next round, not earlier than a minute after this one began."""
    if moment.round >= MAX_REPEATS:
        return StepResult(reason=f"repeated {MAX_REPEATS} times already: go on")
    earliest = moment.round_began_at + timedelta(seconds=SHORTEST_ROUND_S)
    if earliest > moment.now:
        return StepResult(reason="begin again a minute after the last begin", again_at=earliest)
    return StepResult(reason="begin again", repeat=True)


def resolve(step: Resolve, moment: Moment) -> StepResult:
    """Resolve the group as the chain's last word."""
    return StepResult(reason="resolve", resolve=True)


def continue_if(step: ContinueIf, moment: Moment) -> StepResult:
    """Ask the template; one that fails lets the chain go on."""
    if not (step.continue_if or "").strip():
        return StepResult(
            reason="go on if a condition holds", failure="no condition is set: the chain goes on"
        )
    verdict = moment.answers.verdict(condition_of(step.continue_if or "", moment))
    if verdict.failure:
        return StepResult(
            reason="go on, because the condition cannot be evaluated", problem=problem_of(verdict, moment)
        )
    if verdict.holds:
        return StepResult(reason=f"the condition holds (it said {verdict.said!r}): go on")
    return StepResult(reason=f"the condition does not hold (it said {verdict.said!r}): end here", over=True)


def raise_importance(step: RaiseImportance, moment: Moment) -> StepResult:
    """Make the rest of the run loud."""
    return StepResult(reason="use important rules from here on", importance="important")


def lower_importance(step: LowerImportance, moment: Moment) -> StepResult:
    """Make the rest of the run quiet."""
    return StepResult(reason="use default rules from here on", importance="default")


def condition_of(template: str, moment: Moment) -> Condition:
    """Return the question whether a template is true of the group as of now."""
    return Condition(moment.step.id, template, moment.group.id, moment.group)


def problem_of(verdict: Verdict, moment: Moment) -> Problem:
    """Return the problem of a template that could not be evaluated."""
    return Problem(
        integration_id=moment.group.integration_id,
        where=f"{STEP}{moment.step.id}",
        message=verdict.failure,
        line=verdict.line,
        alert_id=moment.group.last_alert_id,
    )


STEPS = {
    "trigger_webhook": StepType(TriggerWebhook, trigger_webhook),
    "repeat_escalation": StepType(RepeatEscalation, repeat_escalation),
    "resolve": StepType(Resolve, resolve),
    "continue_if": StepType(ContinueIf, continue_if),
    "raise_importance": StepType(RaiseImportance, raise_importance),
    "lower_importance": StepType(LowerImportance, lower_importance),
}
