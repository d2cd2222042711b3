"""R11 in the API: what a monthly report says, section by section, each figure beside that of the month before."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from jejak.domain import access, report, report_rules
from jejak.domain.errors import Code, Refused
from jejak.domain.report import ReadReport, Shown
from jejak.domain.vocabulary import Audience as Level
from jejak.domain.vocabulary import ReportState
from jejak.graphql import ids
from jejak.graphql.context import Info
from jejak.graphql.monthly_report_findings import (
    ReportIssue,
    ReportRatings,
    ReportStore,
    ReportWave,
    decimal,
    issues_of,
    ratings_of,
    store_of,
    waves_of,
)
from jejak.graphql.reading import Connection, held
from jejak.graphql.report import Report, reports
from jejak.graphql.vocabulary import Audience, Service, UnitKind

# Of the rows that an answer may hold. Each may be computed anew, on a connection of its own: five are the most of a request.
_ROWS = 10_000


@strawberry.type(description="A number of the month beside that of the month before.")
class ReportCount:
    value: int | None = strawberry.field(description="In the month; null where it is not known.")
    before: int | None = strawberry.field(description="In the month before.")
    change: int | None = strawberry.field(description="`value` less `before`.")


@strawberry.type(description="A figure of the month, in percent, beside that of the month before.")
class ReportFigure:
    value: Decimal | None = strawberry.field(description="Of the month; null where there is none.")
    before: Decimal | None = strawberry.field(description="Of the month before.")
    change: Decimal | None = strawberry.field(description="`value` less `before`, as they are shown.")


@strawberry.type(description="A unit as it was called.")
class ReportUnit:
    code: str = strawberry.field(description="Its code.")
    name: str = strawberry.field(description="Its name.")


@strawberry.type(description="A month in the unit's zone: from `start` up to, and without, `end`.")
class ReportPeriod:
    month: str = strawberry.field(description="As `2026-10`.")
    start: datetime = strawberry.field(description="Its first moment.")
    end: datetime = strawberry.field(description="The first moment after it.")
    zone: str = strawberry.field(description="The IANA zone of both.")


@strawberry.type(description="What the month is held against.")
class ReportBefore:
    month: str = strawberry.field(description="As `2026-09`.")
    digest: str | None = strawberry.field(
        description="Of the published report that its figures are from; null where they were computed likewise."
    )


@strawberry.type(description="Journeys of a service.")
class ReportServiceJourneys:
    service: Service = strawberry.field(description="Which service.")
    captured: ReportCount = strawberry.field(description="Captured in the month.")
    accepted: ReportCount = strawberry.field(description="Accepted in the month.")


@strawberry.type(description="Journeys captured and accepted in the month.")
class ReportJourneys:
    captured: ReportCount = strawberry.field(description="Captured in the month.")
    accepted: ReportCount = strawberry.field(
        description="Accepted in the month, whenever they were captured."
    )
    by_service: list[ReportServiceJourneys] = strawberry.field(
        description="Of each service with a journey in either month."
    )


@strawberry.type(description="How far a step, or the whole programme, had come at the month's end.")
class ReportStep:
    number: int | None = strawberry.field(description="1 to 10; null for the whole programme.")
    title: str = strawberry.field(description="What it is called, in the viewer's language.")
    reported: ReportFigure = strawberry.field(description="By reported progress.")
    verified: ReportFigure = strawberry.field(description="By verified tasks.")
    target_units: ReportCount = strawberry.field(description="Units that are to carry it out.")
    units_started: ReportCount = strawberry.field(description="Target units that have begun.")
    tasks: ReportCount = strawberry.field(description="Tasks, cancelled ones left out.")
    overdue: ReportCount = strawberry.field(description="Tasks past their due date that are not handed in.")
    verified_tasks: ReportCount = strawberry.field(description="Verified tasks.")


@strawberry.type(description="Tasks whose lateness was told to a level of the tree.")
class ReportEscalation:
    level: Audience = strawberry.field(description="Who was told.")
    tasks: ReportCount = strawberry.field(description="How many tasks.")


@strawberry.type(description="Tasks at the month's end, and what became of them in it.")
class ReportTasks:
    tasks: ReportCount = strawberry.field(description="All that are not cancelled.")
    open: ReportCount = strawberry.field(description="Those that are not verified.")
    overdue: ReportCount = strawberry.field(description="Those past their due date that are not handed in.")
    verified: ReportCount = strawberry.field(description="Those that are verified.")
    verified_in_month: ReportCount = strawberry.field(description="Verified in the month.")
    escalated: ReportCount = strawberry.field(description="Escalated in the month, each once.")
    escalations: list[ReportEscalation] = strawberry.field(description="By level, up the tree.")


@strawberry.type(
    description="The report of a unit for a month: the unit and all below it. Published ones never change."
)
class MonthlyReport:
    state: ReportState = strawberry.field(description="How binding it is.")
    report: Report | None = held("Where it is kept; null for a preview.")
    unit: ReportUnit = strawberry.field(description="Whose it is.")
    kind: UnitKind = strawberry.field(description="What kind of unit that is.")
    above: list[ReportUnit] = strawberry.field(description="The units above it, from headquarters down.")
    units: int = strawberry.field(description="How many units it covers.")
    period: ReportPeriod = strawberry.field(description="Its month.")
    running: bool = strawberry.field(description="Whether its month had not ended when it was computed.")
    before: ReportBefore = strawberry.field(description="What it is held against.")
    formula_version: int = strawberry.field(description="By which version of the formulas it was computed.")
    digest: str = strawberry.field(description="SHA-256 of its content, whatever the language.")
    computed_at: datetime = strawberry.field(description="When it was computed.")
    published_at: datetime | None = strawberry.field(
        description="When it was published; null where it is not."
    )
    publisher: str | None = strawberry.field(description="The name of who published it, as it was then.")
    figures_as_of: date | None = strawberry.field(
        description="The day at whose end, at headquarters, steps and tasks stood so; null for those of now."
    )
    journeys: ReportJourneys = strawberry.field(description="Journeys.")
    programme: ReportStep = strawberry.field(description="The whole programme.")
    steps: list[ReportStep] = strawberry.field(description="The ten steps.")
    tasks: ReportTasks = strawberry.field(description="Tasks and escalations.")
    issues: list[ReportIssue] = strawberry.field(description="The top three issues.")
    issues_before: list[ReportIssue] = strawberry.field(description="Those of the month before.")
    ratings: ReportRatings = strawberry.field(description="What customers said.")
    store: ReportStore | None = strawberry.field(
        description="The rating in the Play Store; for headquarters only."
    )
    assessments: list[ReportWave] = strawberry.field(
        description="Waves of mystery shopping with visits in the month."
    )


def _count(now: Mapping[str, Any], before: Mapping[str, Any], name: str) -> ReportCount:
    value, earlier = now.get(name, 0), before.get(name, 0)
    change = report_rules.change(value, earlier)
    return ReportCount(value=value, before=earlier, change=None if change is None else int(change))


def _figure(now: Mapping[str, Any], before: Mapping[str, Any], name: str) -> ReportFigure:
    value, earlier = now[name], before.get(name)
    return ReportFigure(
        value=decimal(value), before=decimal(earlier), change=report_rules.change(value, earlier)
    )


def _step(now: Mapping[str, Any], before: Mapping[str, Any], title: str) -> ReportStep:
    counts = ("target_units", "units_started", "tasks", "overdue", "verified_tasks")
    return ReportStep(
        number=now["number"] or None,
        title=now[title],
        reported=_figure(now, before, "reported"),
        verified=_figure(now, before, "verified"),
        **{name: _count(now, before, name) for name in counts},
    )


def _journeys(now: Mapping[str, Any], before: Mapping[str, Any]) -> ReportJourneys:
    later, earlier = ({row["service"]: row for row in month["by_service"]} for month in (now, before))
    return ReportJourneys(
        captured=_count(now, before, "captured"),
        accepted=_count(now, before, "accepted"),
        by_service=[
            ReportServiceJourneys(
                service=Service(of),
                captured=_count(later.get(of, {}), earlier.get(of, {}), "captured"),
                accepted=_count(later.get(of, {}), earlier.get(of, {}), "accepted"),
            )
            for of in sorted({*later, *earlier})
        ],
    )


def _tasks(now: Mapping[str, Any], before: Mapping[str, Any]) -> ReportTasks:
    names = ("tasks", "open", "overdue", "verified", "verified_in_month", "escalated")
    told = (now["escalated_to"], before["escalated_to"])
    return ReportTasks(
        **{name: _count(now, before, name) for name in names},
        escalations=[
            ReportEscalation(level=level, tasks=_count(*told, level))
            for level in Level
            if level in now["escalated_to"]
        ],
    )


def shown(found: Shown, title: str) -> MonthlyReport:
    """`title`: the key of titles in the viewer's language."""
    content = found.content
    now, before = content["figures"], content["before"]["figures"]
    period, unit = content["period"], content["unit"]
    steps = {row["number"]: row for row in before["steps"]["steps"]}
    as_of = now["steps"]["as_of"]
    of: Any = MonthlyReport
    made: MonthlyReport = of(
        state=found.state,
        report=found.id,
        unit=ReportUnit(code=unit["code"], name=unit["name"]),
        kind=UnitKind(unit["kind"]),
        above=[ReportUnit(code=one["code"], name=one["name"]) for one in unit["above"]],
        units=now["units"],
        period=ReportPeriod(
            month=period["month"],
            start=datetime.fromisoformat(period["start"]),
            end=datetime.fromisoformat(period["end"]),
            zone=period["zone"],
        ),
        running=now["running"],
        before=ReportBefore(month=content["before"]["month"], digest=content["before"]["digest"]),
        formula_version=content["formula_version"],
        digest=found.digest,
        computed_at=found.computed_at,
        published_at=found.published_at,
        publisher=found.publisher,
        figures_as_of=None if as_of is None else date.fromisoformat(as_of),
        journeys=_journeys(now["journeys"], before["journeys"]),
        programme=_step(now["steps"]["programme"], before["steps"]["programme"], title),
        steps=[_step(row, steps.get(row["number"], {}), title) for row in now["steps"]["steps"]],
        tasks=_tasks(now["tasks"], before["tasks"]),
        issues=issues_of(now["issues"]),
        issues_before=issues_of(before["issues"]),
        ratings=ratings_of(now, before),
        store=store_of(now["store"], before["store"]),
        assessments=waves_of(now["assessments"], before["assessments"], title),
    )
    return made


_UNIT = strawberry.argument(description="Which unit.")
_MONTH = strawberry.argument(description="Any day of the month.")
_LIVE = strawberry.argument(description="As it would be computed now, even where a draft is kept.")


@strawberry.type
class MonthlyReports:
    monthly_reports: Connection[Report] = reports()

    @strawberry.field(
        description="The report of a unit for a month: the published one; else the draft; else a preview, computed now. Null where the viewer does not see the unit."
    )  # type: ignore[untyped-decorator]
    async def monthly_report(
        self,
        info: Info,
        unit_id: Annotated[strawberry.ID, _UNIT],
        month: Annotated[date, _MONTH],
        live: Annotated[bool, _LIVE] = False,
    ) -> MonthlyReport | None:
        viewer = access.signed_in(info.context.viewer)
        key = ids.decode(unit_id, "Unit", ("unit_id",))
        info.context.cost.add(_ROWS)
        try:
            found = await report.read(viewer, ReadReport(key, month, live))
        except Refused as refused:
            if refused.code is Code.NOT_FOUND:
                return None
            raise
        return shown(found, f"title_{info.context.language.value}")
