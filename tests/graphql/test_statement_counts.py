"""Every list, three levels deep, costs as many SQL statements for a hundred rows as for one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type, is_list_type

from jejak.domain import db, rating_tally
from jejak.domain.tables.alert import AlertRule
from jejak.domain.tables.assessment import Assessment, PlannedVisit
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import as_, gid, schema
from tests.graphql import rows
from tests.ratings import a_rating, a_staff, added
from tests.shopping import shopped
from tests.sql import Counted, statements

# The look-up of the token, and one statement for the root field.
EXPECTED = 2
ARGUMENTS = {
    "first": "first: 100",
    "few": "first: 20",
    "unitId": "unitId: $unit",
    "ids": "ids: $every",
    "withId": "withId: $wave",
    "text": 'text: "pasang or menunggu or latih"',
    "from": 'from: "2026-03-01"',
    "to": 'to: "2026-03-31"',
    "year": "year: 2026",
}


def arguments(field: Any) -> str:
    """A full page of a list, and what the field cannot do without."""
    wanted = [
        ARGUMENTS["few" if name == "first" and "last" not in field.args else name]
        for name, argument in field.args.items()
        if name == "first" or (name in ARGUMENTS and isinstance(argument.type, GraphQLNonNull))
    ]
    return f"({', '.join(wanted)})" if wanted else ""


def is_connection(field: Any) -> bool:
    return "edges" in getattr(get_named_type(field.type), "fields", {})


def is_list(field: Any) -> bool:
    inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    return is_connection(field) or is_list_type(inner)


def rows_of(field: Any) -> Any:
    """The type of the objects that a field leads to; None where it leads to none."""
    kind = get_named_type(field.type)
    if is_connection(field):
        kind = get_named_type(kind.fields["nodes"].type)
    return kind if isinstance(kind, GraphQLObjectType) else None


def plain(kind: GraphQLObjectType) -> str:
    """Every field of the type that is no object."""
    return " ".join(
        name for name, field in kind.fields.items() if not hasattr(get_named_type(field.type), "fields")
    )


def asked(name: str, field: Any, inside: str) -> str:
    page = f"totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor node {{ {inside} }} }}"
    return f"{name}{arguments(field)} {{ {page if is_connection(field) else inside} }}"


def below(kind: GraphQLObjectType) -> dict[str, Any]:
    return {name: field for name, field in kind.fields.items() if rows_of(field)}


def three_levels(kind: GraphQLObjectType) -> Iterator[tuple[str, str]]:
    """For every object or list in `kind`: a selection of it with all that lies one level further down."""
    for name, field in below(kind).items():
        target = rows_of(field)
        third = " ".join(
            asked(inner, further, plain(rows_of(further))) for inner, further in below(target).items()
        )
        way = f"{name}{'[]' if is_list(field) else ''}"
        # Lists in lists ask for fewer rows, which a statement for each would show as well.
        second = asked(name, field, f"{plain(target)} {third.replace('first: 100', 'first: 2')}")
        yield way, f"{plain(kind)} {second.replace('first: 100', 'first: 3')}"


def every_query() -> Iterator[tuple[str, str]]:
    for root, field in schema().query_type.fields.items():
        if is_list(field) and rows_of(field):
            for way, inside in three_levels(rows_of(field)):
                yield f"{root}[].{way}", asked(root, field, inside)
    viewer = schema().query_type.fields["viewer"]
    for way, inside in three_levels(rows_of(viewer)):
        yield f"viewer.{way}", asked("viewer", viewer, inside)
    for kind in schema().get_implementations(schema().type_map["Node"]).objects:
        for way, inside in three_levels(kind):
            yield (
                f"nodes[{kind.name}].{way}",
                f"nodes(ids: $every) {{ id ... on {kind.name} {{ {inside} }} }}",
            )


QUERIES = dict(every_query())
# As long for everybody.
OF_ONE = ("viewer.notificationPreferences", "viewer.calendarFeed")
# For headquarters alone; counted in test_store_review.
OF_ONE += ("storeReviews", "reviewCauses", "nodes[StoreReview", "nodes[ReviewCause")
_counted: dict[str, tuple[int, int]] = {}


@pytest.fixture(scope="module", autouse=True)
def _table():
    """The counts, for whoever runs this with `-s`."""
    yield
    width = max(map(len, _counted), default=0)
    lines = [f"{way:<{width}} {one:>5} {hundred:>5}" for way, (one, hundred) in _counted.items()]
    print("\n".join(["", f"{'SQL statements a request, for':<{width}} 1 row   100", *lines]))  # noqa: T201


@dataclass
class Place:
    """A unit with a number of everything below it, and a person who sees no more than that."""

    unit: Unit
    person: Person
    every: list[str]
    wave: str

    async def count(self, query: str) -> tuple[int, str]:
        """Statements of a request, and its answer."""
        # Every field there is, in three levels of lists: no screen asks for that.
        client = (await as_(self.person)).at_limits()
        declared = [
            f"${name}: {kind}"
            for name, kind in (("unit", "ID!"), ("every", "[ID!]!"), ("wave", "ID!"))
            if f"${name}" in query
        ]
        document = f"query Counted{'(' + ', '.join(declared) + ')' if declared else ''} {{ {query} }}"
        async with statements() as counted:
            response = await client.raw(
                document, {"unit": gid(self.unit), "every": self.every, "wave": self.wave}
            )
        assert "errors" not in response.json(), response.text[:2_000]
        return len(statements_of(counted)), response.text


def statements_of(counted: Counted) -> list[str]:
    """Without what asyncpg asks once, when a connection meets a type for the first time."""
    return [text for text in counted.sql if "current_setting('jit')" not in text]


async def a_place(count: int) -> Place:
    top = await f.a_unit(UnitKind.UP3)
    who = await f.a_person(Role.MANAGER, top, ranger=True)
    each = range(1, count + 1)
    units, people = [rows.unit_below(top) for _ in each], [rows.person() for _ in each]
    # Lists inside lists hang on one of the rows each, ten at most: a hundred are to stay some and not become a million.
    few = each[:10]
    roles = [rows.membership(who, units[n - 1]) for n in few] + [rows.membership(one, top) for one in people]
    first = rows.journey(top, who)
    credentials = [rows.session(who) for _ in each] + [rows.api_token(roles[0]) for _ in each]
    journeys = [first]
    for n in each[1:]:
        journeys.append(rows.journey(top, who, recaptures_id=journeys[0 if n in few else -1].id))
    stages = [rows.stage(one) for one in journeys] + [rows.stage(first, n) for n in few[1:]]
    issues = [rows.issue(who) for _ in each]
    points = [rows.pain_point(stages[0 if n in few else n - 1], top, issue_id=issues[n - 1].id) for n in each]
    loose = [rows.pain_point(stages[0], top, sla_started_at=rows.AT, sla_version=1) for _ in [1, *each]]
    scopes = [["ULP"] if n == 1 else [] for n in each]
    recurrences = [rows.recurrence(top, who, kinds=kinds) for kinds in scopes]
    days = [rows.DAY + timedelta(days=n) for n in each]
    rollouts = [
        rows.rollout(top, who, kinds=kinds, recurrence_id=recurrences[0].id, occurs_on=day, issue_id=issue.id)
        for kinds, day, issue in zip(scopes, days, issues, strict=True)
    ]
    rule = await AlertRule.objects().first()
    assert rule is not None
    alerts = [rows.alert(units[n - 1], rule) for n in each]
    tasks = [
        rows.task(
            units[n - 1],
            who,
            alert_id=alerts[0 if n in few else n - 1].id,
            pain_point_id=points[0 if n in few else n - 1].id,
            rollout_id=rollouts[0].id if n in few else None,
        )
        for n in each
    ]
    shown = [rows.evidence(tasks[0], who) for _ in few]
    reports = [rows.report(unit) for unit in units]
    subjects = {
        "task.updated": tasks[0],
        "journey.submitted": first,
        "unit.moved": top,
        "pain_point.assigned": points[0],
        "rollout.extended": rollouts[0],
        "recurrence.updated": recurrences[0],
        "issue.updated": issues[0],
        "report.drafted": reports[0],
        "alert.opened": alerts[0],
    }
    links = [rows.rating_link(top, who, n) for n in each]
    subjects["rating_link.created"] = links[0]
    events = [rows.event(thing, kind, top, who, 1_000 + n) for kind, thing in subjects.items() for n in each]
    await rows.write(
        *units,
        *people,
        *roles,
        *credentials,
        *journeys,
        *stages,
        *issues,
        *points,
        *loose,
        *recurrences,
        *rollouts,
        *alerts,
        *(one for of in alerts for one in rows.evidence_of(of)),
        *tasks,
        *shown,
        *reports,
        *links,
        *events,
    )
    staff = [await a_staff(top, f"P{n}") for n in few]
    await added([a_rating(units[n - 1], comment="Lama") for n in each])
    await added([a_rating(top, staff_id=key) for key in staff])
    await rating_tally.drain()
    hooks = [rows.webhook(who) for _ in each]
    sent = [rows.delivery(who, top, endpoint_id=hooks[0].id) for _ in each]
    await rows.write(*hooks, *sent, *(rows.attempt(sent[0], n) for n in few))
    await rows.notices(tasks[:1], who, [(n, rows.AT) for n in each])
    wave = await shopped(units, who, points[: len(few)], journeys)
    happened = [
        rows.event(thing, "assessment.revised", top, who, 1_000 + n)
        for thing in [
            wave,
            await Assessment.objects().where(Assessment.wave_id == wave.id).order_by(Assessment.id).first(),
            await PlannedVisit.objects()
            .where(PlannedVisit.wave_id == wave.id)
            .order_by(PlannedVisit.id)
            .first(),
        ]
        for n in each
    ]
    await rows.write(*happened)
    found = await db.fetch(EVERY_ID, top.path, 100, who.id)
    reference = await db.fetch(
        """select 'Wave' as type, id from wave union all select 'AssessmentTemplate', id from assessment_template
        union all select 'Step', id from step union all select 'Initiative', id from initiative"""
    )
    return Place(
        top, who, [ids.encode(row["type"], row["id"]) for row in [*found, *reference]][:100], gid(wave)
    )


EVERY_ID = """
with here as (select id from unit where path ^@ $1), found as (
    select 'Unit' as type, id from here
    union all select 'Journey', id from journey where unit_id in (select id from here)
    union all select 'Alert', id from alert where unit_id in (select id from here)
    union all select 'PainPoint', id from pain_point where unit_id in (select id from here)
    union all select 'Task', id from task where unit_id in (select id from here)
    union all select 'Rollout', id from rollout where unit_id in (select id from here)
    union all select 'Recurrence', id from recurrence where unit_id in (select id from here)
    union all select 'Issue', issue_id from pain_point where unit_id in (select id from here) and issue_id is not null
    union all select 'Report', id from report where unit_id in (select id from here)
    union all select 'Membership', id from membership where unit_id in (select id from here)
    union all select 'Person', person_id from membership where unit_id in (select id from here)
    union all select 'Notice', n.id from notice n join task t on t.id = n.task_id where t.unit_id in (select id from here)
    union all select 'Rating', id from rating where unit_id in (select id from here)
    union all select 'RatingLink', id from rating_link where unit_id in (select id from here)
    union all select 'Delivery', id from delivery where person_id = $3
    union all select 'PlannedVisit', id from planned_visit where assessor_id = $3
    union all select 'Assessment', id from assessment where assessor_id = $3
    union all select 'AssessmentScore', s.id from assessment_score s join assessment a on a.id = s.assessment_id
        where a.assessor_id = $3
), numbered as (select *, row_number() over (partition by type order by id) as nth from found)
select type, id from numbered order by nth, type limit $2 - 40
"""


async def test_no_list_costs_more_statements_as_it_grows():
    # given
    small, large = await a_place(1), await a_place(100)
    for way, query in QUERIES.items():
        # when
        (one, short), (hundred, long) = await small.count(query), await large.count(query)
        _counted[way] = one, hundred
        # then
        assert len(long) > len(short) or way.startswith(
            (
                "steps",
                "nodes[Step",
                "nodes[Ini",
                "nodes[Programme",
                "nodes[Measure",
                "nodes[SlaPolicy",
                "nodes[KpiTarget",
                "kpiTargets",
                "ratingMetrics",
                "assessmentTemplates",
                "waves",
                "nodes[AssessmentTemplate",
                "nodes[Wave",
                "nodes[AlertRule",
                "alertRules",
                *OF_ONE,
            )
        ), way
    assert _counted == dict.fromkeys(QUERIES, (EXPECTED, EXPECTED))


def test_every_list_of_the_schema_is_counted():
    lists = {
        f"{kind.name}.{name}"
        for kind in schema().type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__") and kind.name != "Mutation"
        if not kind.name.endswith(("Connection", "Edge", "Payload", "Result"))
        # What a monthly report says is no list of rows: test_report counts what it costs.
        if not kind.name.startswith(("MonthlyReport", "Report"))
        for name, field in kind.fields.items()
        if is_list(field) and rows_of(field)
    }
    counted = {way.split(".")[0].removesuffix("[]") for way in QUERIES} | {
        way.split(".")[1].removesuffix("[]") for way in QUERIES
    }
    named = {name.split(".")[1] for name in lists}
    assert {
        "units",
        "journeys",
        "painPoints",
        "tasks",
        "people",
        "search",
        "notices",
        "steps",
        "rollouts",
        "recurrences",
        "deliveries",
        "issues",
        "topIssues",
        "issueSuggestions",
        "monthlyReports",
        "waves",
        "plannedVisits",
        "assessments",
        "storeReviews",
        "reviewCauses",
    } <= {way.split("[]")[0] for way in QUERIES}
    # These lie on the third level of what is counted; the workers are counted in test_operations.
    third = {
        "evidence",
        "painPoints",
        "stages",
        "rungs",
        "versions",
        "week",
        "specialDays",
        "hours",
        "bands",
        "workers",
        "channels",
        "distribution",
        "items",
        "onlyHere",
        "onlyThere",
        "causes",
    }
    assert named - counted <= third


async def test_a_whole_query_costs_one_statement_and_the_token_one():
    place = await a_place(1)
    fields = [
        "viewer { id }",
        "tasks(first: 9) { totalCount }",
        "again: tasks(first: 1) { nodes { id } }",
        "programme { code }",
        "node(id: $unit) { id }",
    ]
    for n in range(1, len(fields) + 1):
        assert (await place.count(" ".join(fields[:n])))[0] == 2


async def test_a_mutation_reads_its_payload_by_one_statement_a_field():
    # given
    place = await a_place(100)
    client = await as_(place.person)
    given = {
        "unitId": gid(place.unit),
        "service": "PB_PD",
        "title": "x",
        "occurredOn": "2026-01-01",
        "stages": [],
    }
    counts = {}
    for shows in (
        "__typename",
        "journey { id unit { children(first: 100) { nodes { id } } rangers { memberships { id } } } }",
    ):
        # when
        async with statements() as counted:
            await client.done("captureJourney", shows, **given)
        counts[shows] = len(statements_of(counted))
    # then
    without, with_payload = counts.values()
    assert with_payload == without + 1
