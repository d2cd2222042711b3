"""R12: docs/access.md, carried out for every field of the schema from every seat there is."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from jejak.domain import alert, clock, completion, db, issue_assignment, recurrence
from jejak.domain.access import RIGHTS, Right
from jejak.domain.alert import AssignAlert
from jejak.domain.issue_assignment import AssignIssue
from jejak.domain.rollout import Work
from jejak.domain.rollout_scope import Due
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Role, UnitKind
from jejak.graphql import ids
from jejak.graphql.reading.declare import Entity
from tests import factories as f
from tests.alerts import a_bare_alert
from tests.client import NOBODY, Client, as_, gid, schema
from tests.graphql.access_document import decisions, mutations, rows_seen_by, subscriptions, table
from tests.graphql.test_access import places
from tests.graphql.world import VALID, World, a_notice
from tests.ratings import rated

PAGE = 40
SHORT = 20
SPAN = 'from: "2026-03-01", to: "2026-03-31"'
# The argument that a field cannot do without, or is asked with for the world's unit.
ARGUMENTS = {
    "Query.unit": "id: $unit",
    "Query.step": "number: 1",
    "Query.initiative": 'code: "1.1"',
    "Query.node": "id: $node",
    "Query.nodes": "ids: $ids",
    "Query.journey": "id: $node",
    "Query.painPoint": "id: $node",
    "Query.task": "id: $node",
    "Query.alert": "id: $node",
    "Query.rollout": "id: $node",
    "Query.rolloutPreview": 'input: { initiativeId: $unit, title: "x", unitId: $unit, dueInDays: 5 }',
    "Query.rolloutExtensionPreview": "input: { rolloutId: $node, expectedVersion: 1 }",
    "Query.assignIssuePreview": 'input: { issueId: $node, initiativeId: $unit, title: "x", dueInDays: 5 }',
    "Query.issue": "id: $node",
    "Query.topIssues": "unitId: $unit",
    "Query.storeReviewFigures": 'from: "2026-01-01", to: "2026-12-31"',
    "Query.monthlyReport": 'unitId: $unit, month: "2026-03-01"',
    "Query.search": 'text: "pasang or menunggu or pelatihan"',
    "Query.reminderRules": "unitId: $unit",
    "Query.wave": "id: $node",
    "Query.assessment": "id: $node",
    "Wave.results": "unitId: $unit",
    "Wave.comparison": "unitId: $unit, withId: $wave",
    "Programme.completion": "unitId: $unit",
    "Step.completion": "unitId: $unit",
    "Initiative.completion": "unitId: $unit",
    "Query.ratingMetrics": f"unitId: $unit, {SPAN}",
    "Query.staffMetrics": f"unitId: $unit, {SPAN}",
    "Query.kpiTargets": "year: 2026",
    "Unit.ratingMetrics": SPAN,
}
# What differs from one second to the next.
PASSING = frozenset({"remaining"})
# Asked apart: the ways to everything by its id, and what everybody is answered differently.
BY_ID = frozenset(
    {
        "node",
        "nodes",
        "journey",
        "painPoint",
        "task",
        "rollout",
        "viewer",
        "people",
        "notices",
        "notificationPreferences",
        "operations",
        "wave",
        "assessment",
    }
    | {"rolloutPreview", "rolloutExtensionPreview"}
    | {"monthlyReport", "storeReviewFigures", "staffMetrics", "alert"}
    | {"assignIssuePreview", "issue", "topIssues", "issueSuggestions"}
)


class Whatever:
    """Figures over what a seat sees: which they must be is told by tests of their own."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


WHATEVER = Whatever()
# Of types whose rows others see as well: shown to whose row it is alone, in tests of their own.
ITS_OWNERS = "its owner"
# Likewise, for who manages the very unit.
ITS_MANAGERS = "its managers"


@dataclass(frozen=True)
class Seat:
    """Who asks: a person and the paths of the units that they hold a role at."""

    name: str
    person: Person
    paths: tuple[str, ...]
    manages: tuple[str, ...] = ()
    operates: bool = False
    hears: tuple[str, ...] = ()
    keeps: bool = False


@dataclass(frozen=True)
class Thing:
    """What there is of a row, by an independent look at the tables: where it belongs, whose it is."""

    kind: str
    paths: tuple[str, ...]
    person: Any = None

    def seen_from(self, seat: Seat) -> bool:
        match rows_seen_by()[self.kind]:
            case "signed in":
                return True
            case "own":
                return bool(self.person == seat.person.id)
            case "administered":
                return bool(self.person == seat.person.id) or "HQ/" in seat.manages
            case "planned" | "assessed" if seat.keeps or self.person == seat.person.id:
                return True
            case "known" | "managed" if self.person == seat.person.id:
                return True
            case other:
                of_seat = {"managed": seat.manages, "heard": seat.hears}.get(other, seat.paths)
                return any(path.startswith(root) for path in self.paths for root in of_seat)


async def things() -> dict[str, Thing]:
    """Every row with a global id, by it."""
    found = {}
    for kind, sql in {
        "Unit": "select id, array[path] as paths, null::uuid as person from unit",
        **{
            kind: f"select t.id, array[u.path] as paths, null::uuid as person from {name} t join unit u on u.id = t.unit_id"
            for kind, name in {
                "Journey": "journey", "PainPoint": "pain_point", "Task": "task", "Membership": "membership",
                "Report": "report",
                "RatingLink": "rating_link",
                "Rating": "rating", "KpiTarget": "kpi_target",
                "Alert": "alert",
            }.items()
        },
        "Person": "select p.id, array(select u.path from membership m join unit u on u.id = m.unit_id where m.person_id = p.id) as paths, p.id as person from person p",
        "Session": "select id, '{}'::text[] as paths, person_id as person from session",
        "ApiToken": "select k.id, array[u.path] as paths, m.person_id as person from api_token k join membership m on m.id = k.membership_id join unit u on u.id = m.unit_id",
        **{
            kind: f"select id, '{{}}'::text[] as paths, person_id as person from {name}"
            for kind, name in {
                "Webhook": "webhook_endpoint", "Delivery": "delivery", "CalendarFeed": "calendar_feed",
            }.items()
        },
        "Notice": "select id, '{}'::text[] as paths, person_id as person from notice",
        "SlaPolicy": "select id, '{}'::text[] as paths, null::uuid as person from sla_policy",
        "AlertRule": "select id, '{}'::text[] as paths, null::uuid as person from alert_rule",
        **{
            kind: f"""select r.id, array(select u.path from unit u where u.id = r.unit_id
                or u.id in (select t.unit_id from task t join rollout o on o.id = t.rollout_id where o.{key} = r.id)) as paths,
                null::uuid as person from {kind.lower()} r"""
            for kind, key in {"Rollout": "id", "Recurrence": "recurrence_id"}.items()
        },
        **{
            kind: f"select id, array['HQ/'] as paths, null::uuid as person from {name}"
            for kind, name in {"StoreReview": "store_review", "ReviewCause": "review_cause"}.items()
        },
        "Issue": """select i.id, array(select u.path from pain_point p join unit u on u.id = p.unit_id where p.issue_id = i.id)
            || array['HQ/'] as paths, null::uuid as person from issue i""",
        **{
            kind: f"select id, '{{}}'::text[] as paths, null::uuid as person from {kind.lower()}"
            for kind in ("Programme", "Step", "Measure", "Initiative", "Wave")
        },
        "AssessmentTemplate": "select id, '{}'::text[] as paths, null::uuid as person from assessment_template",
        "PlannedVisit": "select id, '{}'::text[] as paths, assessor_id as person from planned_visit",
        **{
            kind: f"""select {key} as id, array(select u.path from unit u where u.id = a.unit_id and a.status = 'SUBMITTED') as paths,
                a.assessor_id as person from assessment a {more}"""
            for kind, key, more in (
                ("Assessment", "a.id", ""),
                ("AssessmentScore", "s.id", "join assessment_score s on s.assessment_id = a.id"),
            )
        },
    }.items():  # fmt: skip
        for row in await db.fetch(sql):
            found[ids.encode(kind, row["id"])] = Thing(kind, tuple(row["paths"]), row["person"])
    return found


def fields(kind: GraphQLObjectType) -> dict[str, Any]:
    return dict(kind.fields)


def named(field: Any) -> Any:
    return get_named_type(field.type)


def rows_of(kind: Any) -> Any:
    """The type of a connection's rows; None for any other type."""
    return named(kind.fields["nodes"]) if kind.name.endswith("Connection") else None


def is_node(kind: Any) -> bool:
    return "id" in getattr(kind, "fields", {}) and kind.name != "Viewer"


def selection(kind: Any, *, but: frozenset[str] = frozenset()) -> str:
    """Every field of the type; of what has an id, the id, and of what has none, everything again."""
    parts = []
    for name, field in fields(kind).items():
        apart = {ITS_OWNERS} if kind.name == "Query" else {ITS_OWNERS, ITS_MANAGERS}
        if name in but | PASSING or decisions().get(kind.name, {}).get(name) in apart:
            continue
        target, key = named(field), f"{kind.name}.{name}"
        arguments = [ARGUMENTS[key]] if key in ARGUMENTS else []
        if "first" in field.args:
            arguments.append(f"first: {PAGE if 'last' in field.args else SHORT}")
        called = f"{name}({', '.join(arguments)})" if arguments else name
        inner = rows_of(target)
        if is_leaf_type(target):
            parts.append(called)
        elif inner is not None:
            parts.append(f"{called} {{ totalCount nodes {{ {shown(inner)} }} }}")
        else:
            parts.append(f"{called} {{ {shown(target)} }}")
    return " ".join(parts)


def shown(kind: Any) -> str:
    return "id" if is_node(kind) else selection(kind)


@dataclass(frozen=True)
class Matrix:
    """What a seat must be answered, from what somebody who sees everything is answered."""

    there: dict[str, Thing]
    seat: Seat

    def sees(self, value: Any) -> bool:
        """Whether the seat sees the row, or the figures of the unit, that `value` shows."""
        key = value["id"] if "id" in value else value.get("unit", value.get("painPoint"))["id"]
        return self.there[key].seen_from(self.seat)

    def row(self, key: str, whole: dict[str, Any]) -> dict[str, Any] | None:
        thing = self.there[key]
        return self.object(schema().type_map[thing.kind], whole) if thing.seen_from(self.seat) else None

    def roots(self, whole: dict[str, Any]) -> dict[str, Any]:
        return self.object(schema().query_type, whole)

    def object(self, kind: Any, whole: dict[str, Any]) -> dict[str, Any]:
        decided = decisions()[kind.name]
        return {
            name: self.field(named(fields(kind)[name]), decided[name], value, whole)
            for name, value in whole.items()
        }

    def field(self, kind: Any, decision: str, value: Any, whole: dict[str, Any]) -> Any:
        if value is None:
            return None
        if is_leaf_type(kind):
            return self.leaf(decision, value, whole)
        inner = rows_of(kind)
        if inner is not None:
            nodes = [self.inside(inner, one) for one in value["nodes"] if self.shows(decision, one)]
            return {"totalCount": len(nodes), "nodes": nodes}
        if isinstance(value, list):
            return [self.inside(kind, one) for one in value if self.shows(decision, one)]
        return self.inside(kind, value) if self.shows(decision, value) else None

    def inside(self, kind: Any, value: dict[str, Any]) -> dict[str, Any]:
        return value if is_node(kind) else self.object(kind, value)

    def shows(self, decision: str, value: dict[str, Any]) -> bool:
        return decision in {"with it", "signed in"} or self.sees(value)

    def leaf(self, decision: str, value: Any, whole: dict[str, Any]) -> Any:
        if decision == "counted":
            return WHATEVER
        if decision == "planned":
            return value if self.seat.keeps else None
        if decision == "trimmed" and isinstance(value, dict):
            counted = frozenset() if "HQ/" in self.seat.paths else frozenset({"points"})
            return {
                key: inner
                for key, inner in value.items()
                if key not in counted and not self.names_what_is_hidden(inner)
            }
        return value if decision in {"with it", "trimmed"} or self.sees(whole) else None

    def names_what_is_hidden(self, value: Any) -> bool:
        text = str(value)
        return any(name in text for name in self.hidden)

    @cached_property
    def hidden(self) -> list[str]:
        """Every name that must not be told. A person is named with what they did."""
        others = (key for key, thing in self.there.items() if thing.kind != "Person")
        keys = [key for key in others if not self.there[key].seen_from(self.seat)]
        return [*keys, *(str(ids.split(key)[1]) for key in keys)]


def unordered(value: Any) -> Any:
    """Where a row stands in a list may depend on what else is seen."""
    if isinstance(value, dict):
        return {name: unordered(inner) for name, inner in value.items()}
    return sorted(map(unordered, value), key=json.dumps) if isinstance(value, list) else value


async def a_wide_world(world: World) -> None:
    """What leads from one unit to another: tasks and pain points, pictures before and after, a moved unit's history."""
    headquarters = await f.a_viewer(Role.MANAGER, world.hq)
    await f.a_task(world.below, pain_point=world.open_point, owner=world.owner, viewer=headquarters)
    point = await f.a_pain_point(world.elsewhere)
    await f.a_task(world.here, pain_point=point, owner=world.owner, viewer=headquarters)
    await f.a_journey(world.elsewhere, viewer=headquarters, recaptures_id=world.accepted.id)
    await f.a_journey(world.below, viewer=headquarters, recaptures_id=world.accepted.id)
    await f.a_role(world.manager, Role.VIEWER, world.elsewhere)
    await a_notice(world.manager, await f.a_task(world.below, owner=world.owner, viewer=headquarters))
    # Rollouts that reach below the unit that they lie at, given by hand and by a recurrence.
    ranger = await f.a_person(Role.CONTRIBUTOR, world.below, ranger=True)
    await f.a_role(ranger, Role.CONTRIBUTOR, world.sibling, ranger=True)
    programme = await f.viewer_for(world.programme)
    lists = [world.below.id, world.here.id], [world.elsewhere.id, world.sibling.id]
    await f.a_rollout(world.region, programme, kinds=[UnitKind.ULP], unit_ids=lists[0])
    await f.a_rollout(world.hq, programme, kinds=[UnitKind.UP3], unit_ids=lists[1])
    tomorrow = clock.today(world.here.timezone) + timedelta(days=1)
    await f.a_recurrence(world.region, rule="FREQ=DAILY;COUNT=1", start_on=tomorrow)
    await recurrence.run()
    # An issue that reaches into another region, with its fix.
    far = await f.an_issue(await f.a_pain_point(world.below), await f.a_pain_point(world.elsewhere))
    fix = Work(f.initiative_id("9.2"), "Kabari pelanggan")
    await issue_assignment.assign(programme, AssignIssue(far.id, fix, Due(due_in_days=10)))
    # A finding that has become a pain point, and a draft of who does not see the unit.
    for mutation, more in (("createPainPointFromFinding", {}), ("recordAssessment", {"submit": False})):
        who, given = VALID[mutation](world)
        await (await as_(who)).done(mutation, **given | more)
    await completion.recompute_all()
    await rated(world.hq, world.region, world.here, world.below, world.elsewhere)
    # Alerts, of which one has ended, with tasks elsewhere.
    lasting = await a_bare_alert(world.below, world.warning_rule)
    ended = {"closed_at": clock.now(), "closed_because": "RECOVERED"}
    taken = {"acknowledged_at": clock.now(), "acknowledged_by": world.manager.id, "note": "Diperiksa"}
    await a_bare_alert(world.elsewhere, world.warning_rule, **ended, **taken)
    work = f.a_new_task(world.sibling, owner_id=ranger.id)
    await alert.assign(headquarters, AssignAlert(lasting.id, [work]))


async def every_seat(world: World) -> list[Seat]:
    """Every role at every place, several roles at once, none at all, and the people of the world."""
    taken = [
        Seat(
            f"{role} at {unit.code}",
            await f.a_person(role, unit),
            (unit.path,),
            (unit.path,) if role is Role.ADMIN else (),
            operates=unit.kind == UnitKind.HQ and role in {Role.ADMIN, Role.PROGRAMME},
            hears=(unit.path,) if role in {Role.MANAGER, Role.PROGRAMME} else (),
            keeps=role is Role.PROGRAMME,
        )
        async for role, unit in places(world)
    ]
    several = await f.a_person(Role.VIEWER, world.below)
    await f.a_role(several, Role.ADMIN, world.elsewhere)
    taken.append(Seat("several", several, (world.below.path, world.elsewhere.path), (world.elsewhere.path,)))
    taken.append(Seat("no role", await f.a_person(None), ()))
    taken.append(Seat("the owner", world.owner, (world.here.path,)))
    taken.append(
        Seat("the manager", world.manager, (world.here.path, world.elsewhere.path), hears=(world.here.path,))
    )
    return taken


async def ask(client: Client, world: World, there: dict[str, Thing], kinds: list[str]) -> dict[str, Any]:
    """Every root, and every field of every row there is, by its id."""
    unit, wave = json.dumps(gid(world.here)), json.dumps(gid(world.shopping.earlier))
    roots = selection(schema().query_type, but=BY_ID).replace("$unit", unit)
    found = {"Query": await client.data(f"{{ {roots} }}")}
    for kind in kinds:
        keys = [key for key, thing in there.items() if thing.kind == kind]
        everything = selection(schema().type_map[kind]).replace("$unit", unit).replace("$wave", wave)
        document = f"{{ nodes(ids: {json.dumps(keys)}) {{ ... on {kind} {{ {everything} }} }} }}"
        found |= dict(zip(keys, (await client.data(document))["nodes"], strict=True))
    return found


async def test_every_field_from_every_seat(world):
    # given somebody who sees everything but others' own rows, and a second look at who sees what
    await a_wide_world(world)
    everybody = await every_seat(world)
    one = await f.a_person(Role.ADMIN, world.hq)
    await f.a_role(one, Role.PROGRAMME, world.hq)
    omniscient = Seat("everything", one, (world.hq.path,), (world.hq.path,), keeps=True)
    there = await things()
    kinds = sorted({thing.kind for thing in there.values()} - {"Notice"})
    truth = await ask(await as_(omniscient.person), world, there, kinds)
    wrong: dict[str, Any] = {}
    for seat in everybody:
        matrix, client = Matrix(there, seat), await as_(seat.person)
        # when
        told = await ask(client, world, there, kinds)
        # then
        for key, whole in truth.items():
            if whole is None:  # somebody without a role, whom nobody else sees
                assert (told[key] is not None) == there[key].seen_from(seat)
                continue
            wanted = matrix.roots(whole) if key == "Query" else matrix.row(key, whole)
            place = f"{seat.name}: {key if key == 'Query' else f'{there[key].kind} {key}'}"
            if wanted is None or told[key] is None:
                wrong |= {} if wanted is told[key] else {place: (told[key], wanted)}
                continue
            wrong |= {
                f"{place}.{name}": (value, wanted[name])
                for name, value in told[key].items()
                if unordered(value) != unordered(wanted[name])
            }
        # and what is one's own
        wrong |= {
            f"{seat.name}: {name}": found for name, found in (await not_own(client, seat, there)).items()
        }
        # and the people, of whom each sees themself
        known = {key for key, thing in there.items() if thing.kind == "Person" and thing.seen_from(seat)}
        operations = (await client.data("{ operations { pendingEvents workers { pid } steps { name } } }"))[
            "operations"
        ]
        assert (operations is not None) == seat.operates, seat
        people = (await client.data("{ people(first: 100) { totalCount nodes { id } } }"))["people"]
        assert (people["totalCount"], {node["id"] for node in people["nodes"]}) == (len(known), known), seat
    assert len(everybody) > 25
    assert wrong == {}


async def not_own(client: Client, seat: Seat, there: dict[str, Thing]) -> dict[str, Any]:
    """What is wrong with the viewer, and with the own rows that a seat is shown."""
    notices = {key for key, thing in there.items() if thing.kind == "Notice"}
    own = {key for key in notices if there[key].person == seat.person.id}
    roles = [key for key, thing in there.items() if thing.kind == "Membership" and thing.seen_from(seat)]
    everything = selection(schema().type_map["Notice"])
    data = await client.data(
        f"""{{ viewer {{ {selection(schema().type_map["Viewer"])} }} notices(first: {PAGE}) {{ totalCount nodes {{ id }} }}
        nodes(ids: {json.dumps(sorted(notices))}) {{ ... on Notice {{ {everything} }} }} }}"""
    )
    wrong = {}
    shown = [node for node in data["nodes"] if node]
    if not {node["id"] for node in shown} == {node["id"] for node in data["notices"]["nodes"]} == own:
        wrong["notices"] = (shown, own)
    if data["notices"]["totalCount"] != len(own):
        wrong["count of notices"] = data["notices"]["totalCount"]
    for node in shown:
        task = node["task"] and node["task"]["id"]
        if task is not None and not there[task].seen_from(seat):
            wrong["task of a notice"] = task
    who = data["viewer"]
    if (who["id"], who["email"]) != (gid(seat.person), seat.person.email):
        wrong["viewer"] = who
    sessions, tokens = ({one["id"] for one in who[name]} for name in ("sessions", "apiTokens"))
    if (
        not {key for key, thing in there.items() if thing.kind == "Session" and thing.seen_from(seat)}
        <= sessions
    ):
        wrong["sessions of the viewer"] = who
    if tokens != {
        key for key, thing in there.items() if thing.kind == "ApiToken" and thing.person == seat.person.id
    }:
        wrong["tokens of the viewer"] = who
    if not {one["id"] for one in who["memberships"]} <= set(roles):
        wrong["roles of the viewer"] = who
    return wrong


async def test_who_is_signed_out_is_answered_nothing(world):
    unit, wave = json.dumps(gid(world.here)), json.dumps(gid(world.shopping.earlier))
    for name, field in schema().query_type.fields.items():
        asked = selection(schema().query_type, but=frozenset(schema().query_type.fields) - {name})
        asked = asked.replace("$unit", unit).replace("$node", unit).replace("$ids", f"[{unit}]")
        asked = asked.replace("$wave", wave)
        data, errors = await NOBODY.post(f"{{ {asked} }}")
        assert data is None or data[name] is None, field
        assert [(error["extensions"]["code"], error["path"]) for error in errors] == [
            ("UNAUTHENTICATED", [name])
        ]


def types_with_rows() -> dict[str, GraphQLObjectType]:
    return {
        name: kind
        for name, kind in schema().type_map.items()
        if isinstance(kind, GraphQLObjectType) and isinstance(getattr(origin(kind), "__read__", None), Entity)
    }


def origin(kind: GraphQLObjectType) -> Any:
    definition = kind.extensions.get("strawberry-definition")
    return definition.origin if definition else None


def test_every_field_has_its_decision():
    """A field that is new has none until somebody has written it down."""
    there = {"Query": set(schema().query_type.fields)} | {
        name: set(kind.fields) for name, kind in types_with_rows().items()
    }
    assert {name: set(of) for name, of in decisions().items()} == there
    assert set(rows_seen_by()) == set(types_with_rows())


def test_every_other_type_only_bears_what_is_decided_elsewhere():
    """Connections, payloads and messages: what they hold is of a type with rows, or says how the call went."""
    plain = {"PageInfo", "UserError"}
    roots = {"Query", "Mutation", "Subscription"}
    messages = {named(field).name for field in schema().subscription_type.fields.values()}
    for name, kind in schema().type_map.items():
        if (
            not isinstance(kind, GraphQLObjectType)
            or name.startswith("__")
            or name in roots | plain | set(types_with_rows())
        ):
            continue
        assert (
            name in messages
            or _of_a_report(name)
            or name.endswith(("Connection", "Edge", "Payload", "Result"))
        ), name
        for field in kind.fields.values():
            target = named(field).name
            assert (
                is_leaf_type(named(field))
                or target in plain | set(types_with_rows())
                or _of_a_report(target)
                or target.endswith(("Edge", "Result"))
            ), name


def _of_a_report(name: str) -> bool:
    """What a monthly report says is of the unit whose it is, which `monthlyReport` asks to be seen."""
    return name == "MonthlyReport" or name.startswith("Report")


def test_every_subscription_has_its_decision():
    """Carried out in test_subscription_access."""
    assert set(subscriptions()) == set(schema().subscription_type.fields)


def test_every_mutation_has_its_decision():
    assert set(mutations()) == set(schema().mutation_type.fields)


def test_the_rights_of_the_roles_are_as_documented():
    written = {
        Right[row["right"]]: {role for role in Role if row[role.value] == "x"} for row in table("Rights")
    }
    assert written == {right: {role for role in Role if right in RIGHTS[role]} for right in Right}
