from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, Numeric, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit


class AssessmentTemplate(Table, db=DB, tablename="assessment_template"):
    """R9: what mystery shoppers look at. It never changes: a change is the next `version` of its code."""

    id = UUID(primary_key=True, default=new_id)
    code = Text()
    version = Integer()
    title_id = Text()
    title_en = Text()
    service = Text()
    created_by = ForeignKey(Person, null=True, default=None)  # null: it came with the package
    created_at = Timestamptz()


class AssessmentDimension(Table, db=DB, tablename="assessment_dimension"):
    """A stage of the journey that is assessed. `target_minutes`: from the report to the arrival, at one of them at most."""

    id = UUID(primary_key=True, default=new_id)
    template_id = ForeignKey(AssessmentTemplate, null=False)
    position = SmallInt()
    code = Text()
    title_id = Text()
    title_en = Text()
    touchpoint = Text()
    target_minutes = Integer(null=True, default=None)


class AssessmentItem(Table, db=DB, tablename="assessment_item"):
    """What is scored, with its weight; category and parameter are those of a pain point that it comes to."""

    id = UUID(primary_key=True, default=new_id)
    template_id = ForeignKey(AssessmentTemplate, null=False)
    dimension_id = ForeignKey(AssessmentDimension, null=False)
    position = SmallInt()
    code = Text()
    title_id = Text()
    title_en = Text()
    weight = Integer()
    category = Text()
    parameter = Text()


class Wave(Table, db=DB, tablename="wave"):
    """A round of visits, by one version of a template. `cross_visit`: nobody visits their own region."""

    id = UUID(primary_key=True, default=new_id)
    template_id = ForeignKey(AssessmentTemplate, null=False)
    name = Text()
    year = Integer()
    number = SmallInt()
    starts_on = Date()
    ends_on = Date()
    cross_visit = Boolean()
    closed_at = Timestamptz(null=True, default=None)
    created_by = ForeignKey(Person, null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class PlannedVisit(Table, db=DB, tablename="planned_visit"):
    """Who is to visit which unit. The unit does not learn of it: that is what makes the shopper a mystery."""

    id = UUID(primary_key=True, default=new_id)
    wave_id = ForeignKey(Wave, null=False)
    unit_id = ForeignKey(Unit, null=False)
    assessor_id = ForeignKey(Person, null=False)
    due_on = Date()
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Assessment(Table, db=DB, tablename="assessment"):
    """What was found at a unit in a wave: there is one at most."""

    id = UUID(primary_key=True, default=new_id)
    wave_id = ForeignKey(Wave, null=False)
    unit_id = ForeignKey(Unit, null=False)
    source = Text()
    assessor_id = ForeignKey(Person, null=True, default=None)
    recorded_by = ForeignKey(Person, null=True, default=None)
    visited_on = Date()
    reported_at = Timestamptz(null=True, default=None)
    arrived_at = Timestamptz(null=True, default=None)
    note = Text()
    status = Text()
    submitted_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class AssessmentScore(Table, db=DB, tablename="assessment_score"):
    """Of one item, 0 to 100; null where the item did not apply."""

    id = UUID(primary_key=True, default=new_id)
    assessment_id = ForeignKey(Assessment, null=False)
    item_id = ForeignKey(AssessmentItem, null=False)
    score = Numeric(digits=(5, 2), null=True, default=None)
    not_applicable = Boolean(default=False)
    note = Text()


class AssessmentEvidence(Table, db=DB, tablename="assessment_evidence"):
    """Of the visit as a whole, or of an item."""

    id = UUID(primary_key=True, default=new_id)
    assessment_id = ForeignKey(Assessment, null=False)
    item_id = ForeignKey(AssessmentItem, null=True, default=None)
    note = Text()
    url = Text(null=True, default=None)
    added_by = ForeignKey(Person, null=False)
    added_at = Timestamptz()


class WaveResult(Table, db=DB, tablename="wave_result"):
    """What was published of a wave for a unit without the assessments behind it: it enters no figure."""

    id = UUID(primary_key=True, default=new_id)
    wave_id = ForeignKey(Wave, null=False)
    unit_id = ForeignKey(Unit, null=False)
    dimension_id = ForeignKey(AssessmentDimension, null=True, default=None)
    score = Numeric(digits=(5, 2))
