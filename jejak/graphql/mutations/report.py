"""Monthly reports. What they take, what they answer."""

from datetime import date

import strawberry

from jejak.domain import report
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import VERSION, errors, given, mutation, ref
from jejak.graphql.reading import held
from jejak.graphql.report import Report

_MONTH = "Any day of the month, which must have ended."


@strawberry.input(description="Compute the draft of a month's report, or compute it anew.")
class RecomputeReportInput:
    unit_id: strawberry.ID = ref("Unit", "Whose report.")
    month: date = given(_MONTH)


@strawberry.input(description="Publish the draft of a month's report as it was read.")
class PublishReportInput:
    report_id: strawberry.ID = ref("Report", "The draft.")
    expected_version: int = given(VERSION)


@strawberry.type(description="The report as it is now.")
class ReportPayload:
    report: Report | None = held("The report.")
    errors: list[UserError] = errors()


@strawberry.type
class ReportMutations:
    recompute_report: ReportPayload = mutation(
        RecomputeReportInput,
        report.RecomputeReport,
        report.recompute,
        ReportPayload,
        lambda made: {"report": made.id},
        "Compute the draft of a month that has ended. Where the figures are the same it stays as it is.",
    )
    publish_report: ReportPayload = mutation(
        PublishReportInput,
        report.PublishReport,
        report.publish,
        ReportPayload,
        lambda made: {"report": made.id},
        "Freeze the draft that was read: from then on it says the same for ever. There is no way back.",
        current="report_id",
    )
