"""R7 in the API: deadlines, and stages inside and outside of theirs."""

from datetime import date, datetime
from typing import Any

import strawberry

from jejak.domain import sla
from jejak.graphql.event import HistoryEntry, history
from jejak.graphql.filters import one_of
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import (
    Connection,
    Field,
    column,
    entity,
    everyone,
    expression,
    many,
    one,
)
from jejak.graphql.vocabulary import Service


@entity("task", everyone, "A deadline and its clock, which runs in the unit's working time.")
class Sla:
    due_at: datetime = column("Until when, as far as the clock has stood still so far.")
    remaining: int = expression(
        "greatest(0, working_seconds({t}.calendar_id, {t}.due_at) - working_seconds({t}.calendar_id, {t}.ran_until))",
        "Working time that is left, in seconds; 0 once it is breached.",
    )
    paused: bool = column("Whether the clock stands still: beside breached, another fact.")
    breached_at: datetime | None = expression(
        "case when {t}.due_at < {t}.ran_until then {t}.due_at end",
        "When the deadline passed while the clock ran; null where it has not.",
    )


def sla_of_task() -> Any:
    def rows(field: Field) -> str:
        t = field.t
        return f"""(select {t}.due_at, here.calendar_id, {sla.task_paused(t)} as paused,
            {sla.task_ran_until(t, field.statement.now)} as ran_until
            from unit here where here.id = {t}.unit_id and {t}.due_at is not null and {t}.status <> 'CANCELLED')"""

    about = "Its deadline: the end of the due day's working time, moved by the working time for which it was blocked or handed in. Null for a cancelled task."
    return one("true", about, rows=rows)


def sla_of_pain_point() -> Any:
    def rows(field: Field) -> str:
        t = field.t
        return f"""(select {t}.due_at, here.calendar_id, {sla.point_paused(t)} as paused,
            {sla.point_ran_until(t, field.statement.now)} as ran_until
            from unit here where here.id = {t}.unit_id and {t}.due_at is not null)"""

    about = "Until when it is to be fixed, by its priority. Null until its journey is accepted."
    return one("true", about, rows=rows)


@entity("stage", everyone, "How many stages were inside their SLA: took no longer than they should.")
class StageSla:
    inside: int = column("Took no longer than they should.")
    outside: int = column("Took longer.")
    unmeasured: int = column("Whose target or actual time is unknown.")


_COUNTS = """count(*) filter (where s.actual_minutes <= s.target_minutes) as inside,
    count(*) filter (where s.actual_minutes > s.target_minutes) as outside,
    count(*) filter (where s.actual_minutes is null or s.target_minutes is null) as unmeasured"""


def stage_sla_of_journey() -> Any:
    return one(
        "true",
        "How many of its stages were inside their SLA.",
        rows=f"(select {_COUNTS} from stage s where s.journey_id = {{t}}.id)",
    )


def stage_sla_of_unit() -> Any:
    def rows(field: Field) -> str:
        conditions = [
            f"j.unit_id in (select below.id from unit below where below.path ^@ {field.t}.path)",
            # An archived journey had been accepted where no reason is kept for which it was returned.
            "(j.status = 'ACCEPTED' or j.status = 'ARCHIVED' and j.return_reason is null)",
        ]
        services = field.args["services"]
        if services is not None:
            conditions += one_of(field, "j.service", services, "services")
        for name, sign in (("from_", ">="), ("to", "<=")):
            if field.args[name] is not None:
                conditions.append(f"j.occurred_on {sign} {field.param(name, 'date')}")
        joined = "stage s join journey j on j.id = s.journey_id"
        return f"(select {_COUNTS} from {joined} where {' and '.join(conditions)})"

    return one(
        "true",
        "How many stages of accepted journeys here and below were inside their SLA.",
        rows=rows,
        arguments={
            "services": (list[Service] | None, strawberry.UNSET, "In journeys of these services."),
            "from_": (date | None, strawberry.UNSET, "In journeys that happened on this day or later."),
            "to": (date | None, strawberry.UNSET, "In journeys that happened on this day or earlier."),
        },
    )


@entity("sla_band", everyone, "From a priority up to the next band's.")
class SlaBand:
    priority_from: int = column("The least priority, 1 to 25.")
    days: int = column("Due at the end of this working day after the one on which its journey was accepted.")


@entity("sla_policy", everyone, "In how many working days a pain point is to be fixed, by its priority.")
class SlaPolicy(Node):
    id: strawberry.ID = global_id("SlaPolicy")
    version: int = column("To be named as `expectedVersion` by the next change.")
    updated_at: datetime = column("When it was last changed.")
    bands: list[SlaBand] = many(
        "{u}.policy_id = {t}.id and {u}.version = {t}.version",
        "{u}.priority_from desc",
        "The highest priority first.",
    )
    history: Connection[HistoryEntry] = history()
