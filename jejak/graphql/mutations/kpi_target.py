"""KPI targets. What they take, what they answer."""

from decimal import Decimal

import strawberry

from jejak.domain import kpi_target
from jejak.graphql.bulk_mutation import bulk_mutation, call_errors, error_policy, results, row_errors, written
from jejak.graphql.errors import UserError
from jejak.graphql.kpi_target import KpiTarget
from jejak.graphql.mutation import given, ref
from jejak.graphql.rating_vocabulary import KpiMetric
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import ErrorPolicy


@strawberry.input(description="What is to be reached.")
class KpiTargetInput:
    unit_id: strawberry.ID = ref("Unit", "A region, or headquarters for all of PLN.")
    year: int = given("In which year, 2000 to 2100.")
    metric: KpiMetric = given("Of what.")
    target: Decimal | None = given("In percent, two decimals; left out or null removes the target.", None)
    expected_version: int | None = given(
        "The `version` that was read; left out for a target that is not there yet. Another one now is refused as STALE.",
        None,
    )


@strawberry.input(description="What is to be reached, in many regions.")
class SetKpiTargetsInput:
    targets: list[KpiTargetInput] = given("The targets; at most 500.")
    error_policy: ErrorPolicy = error_policy()


@strawberry.type(description="What became of a row.")
class KpiTargetResult:
    kpi_target: KpiTarget | None = held("The target as it is now; null where it was removed or not written.")
    errors: list[UserError] = row_errors()


@strawberry.type(description="What became of each row.")
class SetKpiTargetsPayload:
    results: list[KpiTargetResult] = results()
    count: int = written()
    errors: list[UserError] = call_errors()


@strawberry.type
class KpiTargetMutations:
    set_kpi_targets: SetKpiTargetsPayload = bulk_mutation(
        SetKpiTargetsInput,
        kpi_target.SetKpiTargets,
        kpi_target.set_targets,
        SetKpiTargetsPayload,
        "targets",
        lambda made: {"kpi_target": made},
        "Set what regions are to reach in a year: CSAT, NPS and completion. It stands beside every figure.",
    )
