"""Early warning. What it takes, what it answers."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from jejak.domain import alert, alert_rule, programme
from jejak.graphql.alert import Alert, AlertRule
from jejak.graphql.alert_vocabulary import AlertKind, AlertPeriod, AlertSeverity, RatingMetric
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import CLIENT_ID, VERSION, errors, given, mutation, ref
from jejak.graphql.mutations.pain_point import NewTaskInput
from jejak.graphql.programme import Programme
from jejak.graphql.reading import held
from jejak.graphql.task import Task
from jejak.graphql.vocabulary import Audience, Service, UnitKind

_TITLE = "What it is called, in {}."
_KINDS = "The kinds of units that it watches."
_THRESHOLD = (
    "Percent, two decimals at most: the floor (NPS: -100 to 100), the share of overdue tasks, or the target at the "
    "programme's end; of METRIC_DROP and REVIEW_SPIKE the least difference in points."
)
_CLEAR_AT = (
    "The figure at which an open alert closes: no lower than a floor or target, no higher than a share. None for "
    "METRIC_DROP and REVIEW_SPIKE."
)
_PERIOD = "Of a rule on a metric: over which days."
_LEAST_N = "With fewer answers, tasks or reviews nothing opens, 1 to 1,000,000."
_SEVERITY = "How bad it is. What is critical is told to the level above as well."
_AUDIENCE = "Who is told, from UNIT to HEADQUARTERS: whoever manages at that level, or next above."


@strawberry.input(description="Say that one takes care of an alert.")
class AcknowledgeAlertInput:
    alert_id: strawberry.ID = ref("Alert", "Which alert.")
    note: str = given("What will be done, in words.", "")


@strawberry.input(description="One or several tasks for an alert: all of them or none.")
class AssignAlertInput:
    alert_id: strawberry.ID = ref("Alert", "Which alert; it must not have closed.")
    tasks: list[NewTaskInput] = given("The tasks; at most 100. Without a unit they are the alert's unit's.")
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A new rule of early warning.")
class CreateAlertRuleInput:
    kind: AlertKind = given("What it looks for.")
    title_id: str = given(_TITLE.format("Indonesian"))
    title_en: str = given(_TITLE.format("English"))
    kinds: list[UnitKind] = given(_KINDS)
    threshold: Decimal = given(_THRESHOLD)
    clear_at: Decimal | None = given(f"{_CLEAR_AT} As the threshold where left out.", None)
    metric: RatingMetric | None = given("Of a rule on a metric: which.", None)
    service: Service | None = given("Of a rule on a metric: of this service alone.", None)
    by_service: bool = given(
        "Of a rule on a metric: each service by itself, and not all of them together.", False
    )
    period: AlertPeriod | None = given(_PERIOD, None)
    least_n: int | None = given(f"{_LEAST_N} 30 where left out.", None)
    severity: AlertSeverity = given(_SEVERITY, AlertSeverity.WARNING)
    audience: Audience = given(_AUDIENCE, Audience.UNIT)
    enabled: bool = given("Whether it is on.", True)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(
    description="New settings of a rule; what is left out stays. What it measures never changes: that is another rule."
)
class UpdateAlertRuleInput:
    alert_rule_id: strawberry.ID = ref("AlertRule", "Which rule.")
    expected_version: int = given(VERSION)
    title_id: str | None = given(_TITLE.format("Indonesian"), None)
    title_en: str | None = given(_TITLE.format("English"), None)
    kinds: list[UnitKind] | None = given(_KINDS, None)
    threshold: Decimal | None = given(_THRESHOLD, None)
    clear_at: Decimal | None = given(
        f"{_CLEAR_AT} Where it was the threshold, it follows that, if left out.", None
    )
    period: AlertPeriod | None = given(_PERIOD, None)
    least_n: int | None = given(_LEAST_N, None)
    severity: AlertSeverity | None = given(_SEVERITY, None)
    audience: Audience | None = given(_AUDIENCE, None)
    enabled: bool | None = given("Whether it is on; its alerts close within minutes where it is not.", None)


@strawberry.input(description="When the programme ends.")
class SetProgrammeEndInput:
    programme_id: strawberry.ID = ref("Programme", "The programme.")
    expected_version: int = given(VERSION)
    ends_on: date | None = given("Its last day; none where left out, and no pace is held against it.", None)


@strawberry.type(description="The alert as it is now.")
class AlertPayload:
    alert: Alert | None = held("The alert; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The alert as it is now, and the tasks made for it.")
class AssignAlertPayload:
    alert: Alert | None = held("The alert; null where there is none that the viewer sees.")
    tasks: list[Task] | None = held("The tasks that were made; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type(description="The rule as it is now.")
class AlertRulePayload:
    alert_rule: AlertRule | None = held("The rule.")
    errors: list[UserError] = errors()


@strawberry.type(description="The programme as it is now.")
class ProgrammePayload:
    programme: Programme | None = held("The programme.")
    errors: list[UserError] = errors()


def _rule(change: type, takes: type, act: Any, description: str, current: str | None = None) -> Any:
    return mutation(
        takes,
        change,
        act,
        AlertRulePayload,
        lambda made: {"alert_rule": made.id},
        description,
        current=current,
    )


@strawberry.type
class AlertMutations:
    acknowledge_alert: AlertPayload = mutation(
        AcknowledgeAlertInput,
        alert.AcknowledgeAlert,
        alert.acknowledge,
        AlertPayload,
        lambda made: {"alert": made.id},
        "Take care of an alert, once; it closes by itself when its cause is gone.",
        current="alert_id",
    )
    assign_alert: AssignAlertPayload = mutation(
        AssignAlertInput,
        alert.AssignAlert,
        alert.assign,
        AssignAlertPayload,
        lambda made: {"tasks": [one.id for one in made], "alert": made[0].alert_id},
        "Give an alert one or several tasks: all of them or none. Acknowledges it, where nobody has.",
        current="alert_id",
    )
    create_alert_rule: AlertRulePayload = _rule(
        alert_rule.CreateAlertRule, CreateAlertRuleInput, alert_rule.create, "Watch for something else."
    )
    update_alert_rule: AlertRulePayload = _rule(
        alert_rule.UpdateAlertRule,
        UpdateAlertRuleInput,
        alert_rule.update,
        "Change a rule. Open alerts are judged by it within minutes.",
        "alert_rule_id",
    )
    set_programme_end: ProgrammePayload = mutation(
        SetProgrammeEndInput,
        programme.SetProgrammeEnd,
        programme.set_end,
        ProgrammePayload,
        lambda made: {"programme": made.id},
        "Say when the programme ends, for rules on the pace of completion.",
        current="programme_id",
    )
