"""Configuration tests as a person writes them down: what comes and who acts, when, and what is expected of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, ValidationError, model_validator

from shared.domain.declaration import DeclarationRefused, Fault, LabelText, fault_of
from shared.domain.declaration_parts import Part, Seconds
from shared.domain.model import State
from shared.domain.rehearsal import ACTIONS
from shared.domain.template_jobs import PARTS

# A Monday noon; where the hour matters a test says its own.
USUAL_AT = datetime(2027, 1, 4, 12, tzinfo=UTC)
HOUR_S, LONGEST_S = 3600, 31 * 86_400


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class TextExpected(Part):
    """What a text must be: `equals` exactly (white space at the ends aside), or `contains` all of these."""

    equals: str | None = None
    contains: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> TextExpected:
        if self.equals is None and not self.contains:
            raise ValueError("say what it equals or what it contains")
        return self


def _text(value: Any) -> Any:
    """Read a bare text as the whole of what is expected."""
    return {"equals": value} if isinstance(value, str) else value


Text = Annotated[TextExpected, BeforeValidator(_text)]


class AlertCase(Part):
    """An alert as its tool sends it: a `payload`, a JSON file, or the `example` that the integration type brings."""

    integration: str
    payload: Any = None
    payload_file: str | None = None
    example: Literal["firing", "resolved"] | None = None

    @model_validator(mode="after")
    def _one_payload(self) -> AlertCase:
        given = self.model_fields_set & {"payload", "payload_file", "example"}
        if len(given) != 1:
            raise ValueError("an alert needs exactly one of payload, payload_file and example")
        return self


class ActionCase(Part):
    """An action of a person on a group, by the order in which groups opened, from 1; the last one when it is left out.

    `duration` is how long a silence lasts, for ever when it is left out.
    """

    by: str
    group: Annotated[int, Field(ge=1)] | None = None
    duration: Annotated[Seconds, Field(ge=1)] | None = None


class StepCase(Part):
    """One thing that happens, so long after the beginning."""

    after: Seconds = Field(default=0, ge=0, le=LONGEST_S)
    alert: AlertCase | None = None
    acknowledge: ActionCase | None = None
    unacknowledge: ActionCase | None = None
    resolve: ActionCase | None = None
    unresolve: ActionCase | None = None
    silence: ActionCase | None = None
    unsilence: ActionCase | None = None
    restart: ActionCase | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> StepCase:
        if sum(getattr(self, name) is not None for name in ("alert", *ACTIONS)) != 1:
            raise ValueError(f"a step is exactly one of alert, {', '.join(ACTIONS)}")
        if any(
            act.duration is not None for name in ACTIONS if (act := getattr(self, name)) and name != "silence"
        ):
            raise ValueError("only silence has a duration")
        return self

    @property
    def action(self) -> tuple[str, ActionCase] | None:
        """The action and its word; None where an alert comes."""
        return next(((name, act) for name in ACTIONS if (act := getattr(self, name)) is not None), None)


class TextsExpected(Part):
    """The texts of one medium."""

    title: Text | None = None
    message: Text | None = None
    image_url: Text | None = None


class GroupExpected(Part):
    """A group at the end; what is left out may be anything. `route`: its number from 1, or "default"."""

    integration: str | None = None
    route: Literal["default"] | int | None = None
    chain: str | None = None
    title: Text | None = None
    state: State | None = None
    alerts: int | None = None
    labels: dict[str, LabelText] = Field(default_factory=dict)
    texts: dict[str, TextsExpected] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_media(self) -> GroupExpected:
        unknown = next((one for one in self.texts if one not in PARTS), None)
        if unknown is not None:
            raise ValueError(f"there is no medium {unknown}; there are {', '.join(PARTS)}")
        return self


class PageExpected(Part):
    """A page: to whom, and what else is written here. `arrives` false: the person has no way to get it."""

    to: str
    by: str | None = None
    after: Seconds | None = None
    group: int | None = None
    important: bool | None = None
    text: Text | None = None
    arrives: bool = True


class CallExpected(Part):
    """An outgoing webhook that is asked for, by name."""

    name: str
    after: Seconds | None = None
    trigger: str | None = None


class Expected(Part):
    """What must come of a case. A list that is left out is not looked at; one that is there must be whole.

    `problems` are the templates that fail ("slack.title"), `refused` the actions that a group does not take (part of
    the sentence); none of either, when nothing is said.
    """

    groups: list[GroupExpected] | None = None
    pages: list[PageExpected] | None = None
    webhooks: list[CallExpected] | None = None
    problems: list[str] = Field(default_factory=list)
    refused: list[str] = Field(default_factory=list)


class Case(Part):
    """One test: it begins `at`, its steps happen after that, and it is looked at when it has lasted so long."""

    name: str = Field(min_length=1)
    at: AwareDatetime = USUAL_AT
    lasts: Seconds = Field(default=HOUR_S, ge=0, le=LONGEST_S)
    steps: list[StepCase] = Field(min_length=1)
    expect: Expected

    @model_validator(mode="after")
    def _ends_last(self) -> Case:
        late = max(one.after for one in self.steps)
        if late > self.lasts:
            raise ValueError(
                f"a step happens after {late} s, when the test, which lasts {self.lasts} s, is over"
            )
        return self

    @property
    def ends_at(self) -> datetime:
        """When it is looked at."""
        return self.at + timedelta(seconds=self.lasts)


class CaseFile(Part):
    """One file of tests."""

    tests: list[Case] = Field(min_length=1)


def read_cases(data: Any) -> list[Case]:
    """Return the tests in decoded YAML or JSON.

    Raises:
        DeclarationRefused: unknown keys, wrong types, or a name that stands twice.
    """
    try:
        cases = CaseFile.model_validate({} if data is None else data).tests
    except ValidationError as error:
        raise DeclarationRefused([fault_of(one) for one in error.errors()]) from error
    names = [one.name for one in cases]
    doubles = [place for place, name in enumerate(names) if name in names[:place]]
    if doubles:
        raise DeclarationRefused(
            [Fault(("tests", one, "name"), f"{names[one]} is there twice") for one in doubles]
        )
    return cases
