from typing import Any

from piccolo.columns import UUID, BigInt, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.issue import Issue
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit


class Journey(Table, db=DB, tablename="journey"):
    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    region_id = ForeignKey(Unit, null=True)  # written by triggers
    service = Text()
    title = Text()
    narrative = Text()
    occurred_on = Date()
    status = Text()
    return_reason = Text(null=True, default=None)
    recaptures_id: Any = ForeignKey("self", null=True)
    assessment_id: Any = ForeignKey(
        LazyTableReference("Assessment", module_path="jejak.domain.tables.assessment"),
        null=True,
        default=None,
    )
    captured_by = ForeignKey(Person, null=False)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Stage(Table, db=DB, tablename="stage"):
    id = UUID(primary_key=True, default=new_id)
    journey_id = ForeignKey(Journey, null=False)
    position = SmallInt()
    name = Text()
    touchpoint = Text()
    emotion = SmallInt()
    customer_did = Text()
    customer_said = Text()
    target_minutes = Integer(null=True, default=None)
    actual_minutes = Integer(null=True, default=None)


class PainPoint(Table, db=DB, tablename="pain_point"):
    """R3. Only the two decisions are stored; every other state is derived from the tasks.

    R7: the clock starts when the journey is accepted, by the policy's `sla_version`; `due_at` as far as it has been
    moved by `paused_seconds` of working time.
    """

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    region_id = ForeignKey(Unit, null=True)  # written by triggers
    journey_id = ForeignKey(Journey, null=False)
    stage_id = ForeignKey(Stage, null=False)
    description = Text()
    category = Text()
    parameter = Text()
    assessment_score_id: Any = ForeignKey(
        LazyTableReference("AssessmentScore", module_path="jejak.domain.tables.assessment"),
        null=True,
        default=None,
    )
    severity = SmallInt()
    reach = SmallInt()
    decision = Text(null=True, default=None)
    decision_reason = Text(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    sla_started_at = Timestamptz(null=True, default=None)
    sla_version = Integer(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    paused_at = Timestamptz(null=True, default=None)
    paused_seconds = BigInt(default=0)
    pause_reason = Text(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
    issue_id = ForeignKey(Issue, null=True, default=None)
