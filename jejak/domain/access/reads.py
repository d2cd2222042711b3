"""R12: who sees which rows, as SQL conditions, without which nothing is read."""

from typing import NewType

Sight = NewType("Sight", str)
"""An SQL condition: which rows the viewer sees."""

# In place of the paths of a viewer who is `everywhere`.
EVERYWHERE = "everywhere"


def seen(unit_id: str, paths: str) -> Sight:
    """Rows of units below one of `paths`, a text[] expression, or EVERYWHERE; `unit_id` is an expression, too."""
    if paths == EVERYWHERE:
        return Sight("true")
    return Sight(f"{unit_id} in (select seen.id from unit seen where seen.path ^@ any({paths}))")


class Below(str):
    """An SQL condition for rows whose unit, in their column `column`, is a unit that is seen or lies below it.

    Whoever sees a unit sees all below it, so this is their Sight as well, and nothing is left to be asked.
    """

    __slots__ = ("column", "unit")
    column: str
    unit: str

    def by_kind(self, region_id: str) -> list[str]:
        """The same in conditions of which all but one find nothing, by what the unit is: a region, headquarters, another.

        `region_id` is the rows' column.
        """

        def of_unit(what: str) -> str:
            return f"(select {what} from unit top where top.id = {self.unit})"

        region = of_unit("case when top.kind in ('UID', 'UIW') then top.id end")
        headquarters = of_unit("top.kind = 'HQ'")
        another = of_unit("top.kind not in ('HQ', 'UID', 'UIW')")
        return [
            in_region(Sight(self), region_id, region),
            f"({self}) is true and {headquarters}",
            f"{self} and {another}",
        ]


def below(column: str, expression: str, unit: str, paths: str) -> Below:
    """`expression` is the column of the rows, `unit` a key; none where the unit is not seen."""
    scope = seen("top.id", paths)
    units = f"select below.id from unit top join unit below on below.path ^@ top.path where top.id = {unit} and {scope}"
    found = Below(f"{expression} in ({units})")
    found.column, found.unit = column, unit
    return found


def region_at(path: str) -> str:
    """SQL: the key of the region at this path, an expression."""
    return f"(select region.id from unit region where region.path = {path})"


def in_region(sight: Sight, region_id: str, region: str) -> Sight:
    """A sight that holds in one region only, given by its key: rows are found by that, in the order of an index.

    `is true` keeps the planner from finding them unit by unit, and from taking both for narrower than one.
    """
    return Sight(f"({sight}) is true and {region_id} = {region}")


def rollout_seen(rollout: str, unit_id: str, paths: str) -> Sight:
    """A rollout: for whoever sees the unit below which it lies, or one of its tasks. Takes expressions."""
    given = f"select from task given where given.rollout_id = {rollout} and {seen('given.unit_id', paths)}"
    return Sight(f"({seen(unit_id, paths)} or exists ({given}))")


def recurrence_seen(recurrence: str, unit_id: str, paths: str) -> Sight:
    """A recurrence: for whoever sees the unit below which it lies, or one of its rollouts. Takes expressions."""
    made = rollout_seen("made.id", "made.unit_id", paths)
    return Sight(
        f"({seen(unit_id, paths)} or exists (select from rollout made where made.recurrence_id = {recurrence} and {made}))"
    )


def issue_seen(issue: str, paths: str) -> Sight:
    """An issue: for whoever sees one of its pain points, and for headquarters. Takes expressions."""
    if paths == EVERYWHERE:
        return Sight("true")
    held = f"select from pain_point held where held.issue_id = {issue} and {seen('held.unit_id', paths)}"
    return Sight(f"exists ({held})")


def national(*, everywhere: bool) -> Sight:
    """What belongs to the whole country and no unit: for whoever sees everywhere, by a role at headquarters."""
    return Sight("true" if everywhere else "false")


def person_seen(person: str, paths: str, viewer: str) -> Sight:
    """The viewer, and whoever holds or held a role below one of the viewer's `paths`. Takes expressions."""
    place = seen("held.unit_id", paths)
    held = f"select from membership held where held.person_id = {person} and {place}"
    return Sight(f"({person} = {viewer} or exists ({held}))")


def league(parent_id: str, beside_id: str, paths: str) -> Sight:
    """Figures of a unit, and its code and name, for whoever sees one of its siblings: the unit `beside_id` with the
    same parent. Nothing else of it is seen by that, and so a row with this sight must hold no id of it.
    """
    siblings = f"beside.id = {beside_id} and beside.parent_id is not distinct from {parent_id}"
    return Sight(f"exists (select from unit beside where {siblings} and {seen('beside.id', paths)})")


def own(person: str, viewer: str) -> Sight:
    """Rows that belong to the viewer. Takes expressions."""
    return Sight(f"{person} = {viewer}")


def account_seen(person: str, viewer: str, integration: str) -> Sight:
    """Rows of the viewer's own account, which no program with an API token gets to see. Takes expressions."""
    return Sight(f"(not {integration} and {person} = {viewer})")


def delivery_seen(receiver: str, viewer: str, integration: str, everyone: str) -> Sight:
    """As `require_delivery`; `everyone`: that the viewer manages people at headquarters. Takes expressions."""
    return Sight(f"(not {integration} and ({everyone} or {receiver} = {viewer}))")


def token_seen(membership: str, viewer: str, paths: str, integration: str) -> Sight:
    """As `require_token`; `paths` are those where the viewer manages people. Takes expressions."""
    place = seen("held.unit_id", paths)
    return Sight(
        f"(not {integration} and exists (select from membership held where held.id = {membership} "
        f"and (held.person_id = {viewer} or {place})))"
    )


def operated(paths: str) -> Sight:
    """How the service itself is; `paths`, a text[] expression, are those where the viewer has the right OPERATE, of
    which only headquarters counts.
    """
    return Sight(f"exists (select from unit top where top.kind = 'HQ' and top.path ^@ any({paths}))")


def answers_seen(unit_id: str, paths: str) -> Sight:
    """What single customers answered, in their words; `paths`, a text[] expression, are those where the viewer has the
    right ANSWERS.
    """
    return seen(unit_id, paths)


def staff_seen(unit_id: str, paths: str) -> Sight:
    """Officers and agents of the units that lie at `paths`, a text[] expression: those where the viewer has the right STAFF,
    which reaches no unit below.
    """
    return Sight(f"{unit_id} in (select own.id from unit own where own.path = any({paths}))")


def public() -> Sight:
    """What every signed-in person sees: the programme, and whatever is reached only through a row that is seen."""
    return Sight("true")


def works_at(person: str, path: str, roles: str) -> str:
    """SQL: the person holds one of `roles`, a text[] expression, at the unit with this path or above it."""
    return f"""exists (
        select from membership held join unit place on place.id = held.unit_id
        where held.person_id = {person} and held.revoked_at is null and held.role = any({roles}) and {path} ^@ place.path
    )"""


def sees(person: str, path: str) -> Sight:
    """SQL: the person, who need not be the viewer, sees what lies at the unit with this path.

    Takes expressions, in which `held` and `place` would mean what they mean here.
    """
    return Sight(f"""exists (
        select from membership held join unit place on place.id = held.unit_id
        where held.person_id = {person} and held.revoked_at is null and {path} ^@ place.path
    )""")


def works_from(person: str, path: str, roles: str) -> str:
    """SQL: the unit at which the person holds one of `roles`, nearest to this path, at it or above; null without one."""
    return f"""(
        select place.id from membership held join unit place on place.id = held.unit_id
        where held.person_id = {person} and held.revoked_at is null and held.role = any({roles}) and {path} ^@ place.path
        order by length(place.path) desc limit 1
    )"""


def visit_seen(assessor: str, viewer: str, keeper: str, integration: str) -> Sight:
    """A planned visit: for who is to make it, and where `keeper`, that the viewer `keeps_rules`. The unit itself does
    not learn of it (R9), nor a program with an API token of the assessor's. Takes expressions.
    """
    return Sight(f"({keeper} or (not {integration} and {assessor} = {viewer}))")


def assessment_seen(assessment: str, paths: str, viewer: str, keeper: str, integration: str) -> Sight:
    """An assessment: as its visit, also by an assessor who does not see the unit; once it is submitted by whoever does.

    `assessment` is an alias, the others are expressions.
    """
    submitted = f"{assessment}.status = 'SUBMITTED' and {seen(f'{assessment}.unit_id', paths)}"
    return Sight(f"({visit_seen(f'{assessment}.assessor_id', viewer, keeper, integration)} or ({submitted}))")


def score_seen(assessment: str, paths: str, viewer: str, keeper: str, integration: str) -> Sight:
    """What an assessment, given by its key, says of an item: as the assessment. Takes expressions."""
    whole = assessment_seen("whole", paths, viewer, keeper, integration)
    return Sight(f"exists (select from assessment whole where whole.id = {assessment} and {whole})")


def of_region(person: str, path: str) -> str:
    """SQL: the person holds a role in the region of the unit with this path: at the region, or at any unit below it (R9)."""
    return f"""exists (
        select from membership held join unit place on place.id = held.unit_id
        where held.person_id = {person} and held.revoked_at is null and place.path ^@ region_path({path})
    )"""
