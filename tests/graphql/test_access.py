"""R12 at every mutation: whoever may not see a thing is told that there is none, whoever may not do it that they may not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from graphql import get_named_type, is_leaf_type

from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.client import NOBODY, Client, as_, document, gid, is_bulk, problems, schema
from tests.graphql.access_document import mutations
from tests.graphql.world import ANONYMOUS, VALID, World
from tests.refusals import unchanged

CAPTURE = {Role.CONTRIBUTOR, Role.MANAGER}
MANAGE = {Role.MANAGER}
PEOPLE = {Role.ADMIN}
TREE = {Role.PROGRAMME}
CLOSURES = {Role.MANAGER, Role.PROGRAMME}
ISSUES = {Role.MANAGER, Role.PROGRAMME}
NO_POINT = {"painPointId": ids.encode("PainPoint", uuid4())}


@dataclass(frozen=True)
class Rule:
    """`at` names what must be seen; `told` is what somebody with one of `roles` is refused for, so that nothing is done.

    `public`: everybody sees it. `headquarters`: by a role held there alone.
    """

    roles: frozenset[Role] | set[Role]
    at: str
    told: tuple[str, str]
    given: dict[str, Any]
    regional: bool = False
    rows: str | None = None
    public: bool = False
    headquarters: bool = False

    def into(self, valid: dict[str, Any]) -> dict[str, Any]:
        """The valid input, or its first row, with what is refused for."""
        if self.rows is None:
            return valid | self.given
        return valid | {self.rows: [valid[self.rows][0] | self.given]}


def _late(roles: set[Role], at: str, **more: Any) -> Rule:
    """What may be done is refused as STALE."""
    return Rule(roles, at, ("STALE", "expectedVersion"), {"expectedVersion": 999}, **more)


RULES: dict[str, Rule] = {
    "createUnit": Rule(TREE, "parentId", ("WRONG_KIND", "kind"), {"kind": "UP3"}),
    "moveUnit": _late(TREE, "unitId"),
    "closeUnit": _late(TREE, "unitId"),
    "setWorkingWeek": _late(TREE, "unitId"),
    "setSpecialDays": Rule(
        CLOSURES, "unitId", ("REQUIRED", "name"), {"name": ""}, regional=True, rows="rows"
    ),
    "removeSpecialDays": Rule(
        CLOSURES, "unitId", ("NOT_FOUND", "0"), {"days": ["2031-01-01"]}, regional=True
    ),
    "importSpecialDays": Rule(
        CLOSURES, "unitId", ("UNREADABLE_CALENDAR", "ics"), {"ics": "nonsense"}, regional=True
    ),
    "updateSlaPolicy": _late(TREE, "slaPolicyId", public=True),
    "pausePainPoint": _late(MANAGE, "painPointId"),
    "resumePainPoint": _late(MANAGE, "painPointId"),
    "createPerson": Rule(PEOPLE, "unitId", ("INVALID_KIND", "role"), {"role": "PROGRAMME"}),
    "grantRole": Rule(PEOPLE, "unitId", ("INVALID_KIND", "role"), {"role": "PROGRAMME"}),
    "captureJourney": Rule(CAPTURE, "unitId", ("REQUIRED", "title"), {"title": ""}),
    "submitJourney": _late(CAPTURE, "journeyId"),
    "acceptJourney": _late(MANAGE, "journeyId"),
    "returnJourney": _late(MANAGE, "journeyId"),
    "archiveJourney": _late(MANAGE, "journeyId"),
    "closePainPoint": _late(MANAGE, "painPointId", regional=True),
    "dismissPainPoint": _late(MANAGE, "painPointId"),
    "createTask": Rule(MANAGE, "unitId", ("REQUIRED", "title"), {"title": "", "painPointId": None}),
    "createTasks": Rule(
        MANAGE, "unitId", ("REQUIRED", "title"), {"title": "", "painPointId": None}, rows="tasks"
    ),
    "updateTask": _late(MANAGE, "taskId"),
    "updateTasks": _late(MANAGE, "taskId", rows="tasks"),
    "importPeople": Rule(
        PEOPLE, "unitId", ("INVALID_KIND", "role"), {"role": "PROGRAMME", "ranger": False}, rows="rows"
    ),
    "reportProgress": _late(CAPTURE, "taskId"),
    "submitTask": _late(CAPTURE, "taskId"),
    "verifyTask": _late(MANAGE, "taskId"),
    "returnTask": _late(MANAGE, "taskId"),
    "blockTask": _late(CAPTURE, "taskId"),
    "unblockTask": _late(CAPTURE, "taskId"),
    "cancelTask": _late(MANAGE, "taskId"),
    "rolloutInitiative": Rule(TREE, "unitId", ("REQUIRED", "title"), {"title": ""}),
    "extendRollout": _late(TREE, "rolloutId"),
    "cancelRollout": _late(TREE, "rolloutId"),
    "createRecurrence": Rule(TREE, "unitId", ("REQUIRED", "title"), {"title": ""}),
    "submitRatings": Rule(TREE, "unitId", ("REQUIRED", "staffName"), {"staffName": ""}, rows="ratings"),
    "updateRecurrence": _late(TREE, "recurrenceId"),
    "endRecurrence": _late(TREE, "recurrenceId"),
    "recomputeReport": Rule(
        CLOSURES, "unitId", ("NOT_ENDED", "month"), {"month": "2100-01-01"}, regional=True
    ),
    "publishReport": _late(CLOSURES, "reportId", regional=True),
    "updateIssue": _late(ISSUES, "issueId", headquarters=True),
    "addToIssue": Rule(
        ISSUES, "issueId", ("NOT_FOUND", "painPointId"), NO_POINT, rows="painPoints", headquarters=True
    ),
    "removeFromIssue": Rule(
        ISSUES, "issueId", ("NOT_FOUND", "painPointId"), NO_POINT, rows="painPoints", headquarters=True
    ),
    "closeIssue": _late(ISSUES, "issueId", headquarters=True),
    "reopenIssue": _late(ISSUES, "issueId", headquarters=True),
    "assignIssue": Rule(TREE, "issueId", ("REQUIRED", "title"), {"title": ""}, headquarters=True),
}
# These have tests of their own below: no version stands in the way of doing them.
OWN = {
    "signOut",
    "changePassword",
    "setLanguage",
    "updateNotificationPreferences",
    "registerWebhook",
    "createCalendarFeed",
}
WEBHOOKS = {"rotateWebhookSecret", "removeWebhook", "testWebhook"}
ACCOUNT = OWN | {
    "endSession",
    "createApiToken",
    "revokeApiToken",
    "invitePerson",
    "resendDelivery",
    "revokeCalendarFeed",
}
ACCOUNT |= WEBHOOKS
APART = (
    ANONYMOUS
    | ACCOUNT
    | {"assignPainPoint", "assignPainPoints", "revokeRole", "markNoticesRead", "importUnits", "handOver"}
    | {"assignPainPoint", "assignPainPoints", "revokeRole", "markNoticesRead", "importUnits"}
    | {"updateReminderRules", "snoozeReminders", "acknowledgeEscalation"}
    | {"createIssue"}
    | {"setKpiTargets"}
    | {"createIssue", "importStoreReviews", "tagStoreReviews", "createReviewCause", "updateReviewCause"}
)
# Of the whole country, and nothing of it named.
NATIONAL = {"importStoreReviews", "createReviewCause"}


def test_every_mutation_has_its_rule_as_documented():
    assert set(schema().mutation_type.fields) == set(RULES) | APART
    for mutation, rule in RULES.items():
        written = mutations()[mutation]
        roles, _, place = written["who may"].partition(" at ")
        places = {
            "": (False, False),
            "the region or headquarters": (True, False),
            "headquarters": (False, True),
        }
        assert ({Role(role) for role in roles.split()}, written["at the unit of"], places[place]) == (
            rule.roles,
            rule.at,
            (rule.regional, rule.headquarters),
        ), mutation


@dataclass(frozen=True)
class Seat:
    """A role held somewhere, and whether what happens at the world's unit is seen from there."""

    role: Role
    unit: Unit
    sees: bool

    def __str__(self) -> str:
        return f"{self.role} at {self.unit.code}"


async def places(world: World) -> AsyncIterator[tuple[Role, Unit]]:
    """Every role at the unit itself, above, below, beside it and in another region."""
    units = [
        world.here,
        world.region,
        world.hq,
        world.below,
        world.sibling,
        world.elsewhere,
        await f.reference_unit("BALI"),
    ]
    for unit in units:
        for role in Role:
            if role is not Role.PROGRAMME or unit.kind == UnitKind.HQ:
                yield role, unit


async def seats(world: World, of: Unit) -> AsyncIterator[tuple[Seat, Client]]:
    async for role, unit in places(world):
        yield Seat(role, unit, sees=of.path.startswith(unit.path)), await as_(await f.a_person(role, unit))


def expected(rule: Rule, seat: Seat) -> tuple[str, str]:
    if not seat.sees and not rule.public:
        return "NOT_FOUND", rule.at
    regional = seat.unit.kind in {UnitKind.HQ, UnitKind.UID, UnitKind.UIW}
    may = seat.role in rule.roles and (regional or not rule.regional)
    if rule.headquarters:
        may = may and seat.unit.kind == UnitKind.HQ
    return rule.told if may else ("FORBIDDEN", rule.at)


def selection(mutation: str) -> str:
    """Everything that a payload may show, as far as it names its id and version."""
    if is_bulk(mutation):
        return f"results {{ {_shown(answers_of(mutation))} }}"
    return _shown(schema().mutation_type.fields[mutation].type.of_type)


def _shown(kind: Any) -> str:
    fields = {name: get_named_type(field.type) for name, field in kind.fields.items() if name != "errors"}
    asked = (name if is_leaf_type(target) else _named(name, target) for name, target in fields.items())
    return " ".join(asked) or "__typename"


def _named(name: str, target: Any) -> str:
    return f"{name} {{ {'id' if 'id' in target.fields else '__typename'} }}"


def answers_of(mutation: str) -> Any:
    """The type that says what the object is: of the payload, or of a row's result."""
    payload = schema().mutation_type.fields[mutation].type.of_type
    return get_named_type(payload.fields["results"].type) if is_bulk(mutation) else payload


def shows_an_object(payload: dict[str, Any]) -> bool:
    parts = [payload, *payload.get("results", [])]
    return any(value for part in parts for name, value in part.items() if name not in {"errors", "results"})


async def told(client: Client, mutation: str, given: dict[str, Any]) -> tuple[str, str, bool]:
    """Code and place of the refusal, and whether the payload shows an object all the same."""
    payload = await client.do(mutation, selection(mutation), **given)
    ((code, place),) = [(error["code"], error["path"][-1]) for error in problems(payload)]
    return code, place, shows_an_object(payload)


@pytest.mark.parametrize("mutation", RULES)
async def test_who_may_do_it_is_decided_by_role_and_place(world, mutation):
    # given
    rule = RULES[mutation]
    given = rule.into(VALID[mutation](world)[1])
    given = {name: value for name, value in given.items() if name != "clientMutationId"}
    if mutation == "grantRole":
        given |= {"personId": gid(await f.a_person(Role.VIEWER, world.below))}
    target = (
        world.below if mutation in {"moveUnit", "closeUnit", "setWorkingWeek", "grantRole"} else world.here
    )
    target = world.hq if mutation == "importSpecialDays" else target
    shows = any(
        name.removesuffix("Id") in answers_of(mutation).fields and name == rule.at
        for name in (given[rule.rows][0] if rule.rows else given)
    )
    shows = shows and rule.told[0] == "STALE"
    wrong = {}
    async for seat, client in seats(world, target):
        # when
        async with unchanged():
            answer = await told(client, mutation, given)
        # then the current object is shown to whom it may be shown, and to nobody else
        wanted = (*expected(rule, seat), shows and (seat.sees or rule.public))
        if answer != wanted:
            wrong[str(seat)] = answer, wanted
    assert wrong == {}


@pytest.mark.parametrize(
    ("mutation", "shown"),
    [
        ("changePassword", "person { id }"),
        ("setLanguage", "viewer { id }"),
        ("updateNotificationPreferences", "viewer { id }"),
        ("registerWebhook", "webhook { url }"),
        ("createCalendarFeed", "calendarFeed { lastUsedAt }"),
    ],
)
async def test_who_has_no_role_has_an_account_and_who_is_signed_out_none(world, mutation, shown):
    given = VALID[mutation](world)[1]
    async with unchanged():
        _, errors = await NOBODY.post(document(mutation), input=given)
    assert [error["extensions"]["code"] for error in errors] == ["UNAUTHENTICATED"]
    nowhere = await f.a_person(None)
    name, told = shown.split()[0], {"url": given.get("url"), "lastUsedAt": None, "id": gid(nowhere)}
    payload = await (await as_(nowhere)).done(mutation, shown, **given)
    assert payload[name] == {key: told[key] for key in payload[name]}


@pytest.mark.parametrize("mutation", [name for name in VALID if name not in ANONYMOUS | OWN])
async def test_who_is_signed_out_or_has_no_role_can_do_nothing(world, mutation):
    # given
    given = VALID[mutation](world)[1]
    nowhere = await as_(await f.a_person(None))
    async with unchanged():
        # when
        data, errors = await NOBODY.post(document(mutation), input=given)
        payload = await nowhere.do(mutation, selection(mutation), **given)
    # then
    assert data is None
    assert [(error["extensions"]["code"], error["path"]) for error in errors] == [
        ("UNAUTHENTICATED", [mutation])
    ]
    public = mutation in RULES and RULES[mutation].public
    told = "FORBIDDEN" if public or mutation in NATIONAL else "NOT_FOUND"
    assert {error["code"] for error in problems(payload)} == {told}
    assert shows_an_object(payload) == public


async def test_who_is_signed_out_cannot_sign_out(world):
    async with unchanged():
        _, errors = await NOBODY.post(document("signOut"), input={})
    assert [error["extensions"]["code"] for error in errors] == ["UNAUTHENTICATED"]


async def test_a_session_is_nobodys_but_its_own(world):
    given = VALID["endSession"](world)[1]
    async for seat, client in seats(world, world.here):
        async with unchanged():
            assert await client.refusals("endSession", **given) == [("NOT_FOUND", ["sessionId"])], str(seat)


@pytest.mark.parametrize("mutation", [*sorted(WEBHOOKS), "revokeCalendarFeed"])
async def test_webhooks_and_calendar_links_are_nobodys_but_their_own(world, mutation):
    given = VALID[mutation](world)[1]
    async for seat, client in seats(world, world.here):
        async with unchanged():
            payload = await client.do(mutation, selection(mutation), **given)
        told = [(error["code"], error["path"][1:]) for error in payload["errors"]]
        assert (told, shows_an_object(payload)) == ([("NOT_FOUND", [next(iter(given))])], False), str(seat)


async def test_a_delivery_is_seen_and_resent_by_whose_it_is_and_who_manages_people_at_headquarters(world):
    given = VALID["resendDelivery"](world)[1]
    query = """query ($id: ID!) {
        node(id: $id) { ... on Delivery { address webhook { id } person { id } attempts { said answer } } }
        deliveries(first: 9) { totalCount nodes { id } } }"""
    shown = {"address": "p***@pln.example", "webhook": None, "person": {"id": gid(world.owner)}}
    async for seat, client in seats(world, world.here):
        may = seat.role is Role.ADMIN and seat.unit.kind == UnitKind.HQ
        # when
        seen = await client.data(query, id=given["deliveryId"])
        # then
        attempts = [{"said": "550 No such user", "answer": None}]
        assert seen["node"] == (shown | {"attempts": attempts} if may else None), str(seat)
        assert seen["deliveries"]["totalCount"] == len(seen["deliveries"]["nodes"]) == int(may), str(seat)
        if not may:
            async with unchanged():
                refusals = await client.refusals("resendDelivery", **given)
            assert refusals == [("NOT_FOUND", ["deliveryId"])], str(seat)
    owner = await as_(world.owner)
    (attempt,) = (await owner.data(query, id=given["deliveryId"]))["node"]["attempts"]
    assert attempt["answer"] == "for the owner only"
    assert await owner.refusals("resendDelivery", **given) == []
    async for seat, client in seats(world, world.here):
        if seat.role is Role.ADMIN and seat.unit.kind == UnitKind.HQ:
            async with unchanged():  # resending again is no error, and no change
                assert await client.refusals("resendDelivery", **given) == [], str(seat)


async def test_a_programs_token_is_made_for_a_role_of_ones_own(world):
    given = VALID["createApiToken"](world)[1]
    async for seat, client in seats(world, world.here):
        async with unchanged():
            refusals = await client.refusals("createApiToken", **given)
        assert refusals == [("NOT_FOUND", ["membershipId"])], str(seat)


async def test_a_programs_token_is_revoked_and_seen_by_whose_it_is_and_who_manages_people_there(world):
    given = VALID["revokeApiToken"](world)[1]
    query = "query ($id: ID!, $role: ID!) { node(id: $id) { id } nodes(ids: [$role]) { ... on Membership { apiTokens { id } } } }"
    asked = {"id": gid(world.account.api_token), "role": gid(world.account.membership)}
    owner = await as_(world.manager)
    async for seat, client in seats(world, world.here):
        may = seat.sees and seat.role is Role.ADMIN
        # when
        seen = await client.data(query, **asked)
        # then
        assert seen["node"] == ({"id": asked["id"]} if may else None), str(seat)
        tokens = [{"id": asked["id"]}] if may else []
        assert seen["nodes"] == ([{"apiTokens": tokens}] if seat.sees else [None]), str(seat)
        if not may:
            async with unchanged():
                refusals = await client.refusals("revokeApiToken", **given)
            assert refusals == [("NOT_FOUND", ["apiTokenId"])], str(seat)
    assert (await owner.data(query, **asked))["node"] == {"id": asked["id"]}
    assert await owner.refusals("revokeApiToken", **given) == []
    async for seat, client in seats(world, world.here):
        if seat.sees and seat.role is Role.ADMIN:
            async with unchanged():  # revoking again is no error, and no change
                assert await client.refusals("revokeApiToken", **given) == [], str(seat)


async def test_a_person_is_invited_by_who_manages_people_wherever_they_hold_a_role(world):
    given = VALID["invitePerson"](world)[1]
    async for seat, client in seats(world, world.here):
        # the role at the unit itself is seen from there, and from above
        if seat.sees and seat.role is Role.ADMIN:
            assert await client.refusals("invitePerson", **given) == [], str(seat)
            continue
        async with unchanged():
            refusals = await client.refusals("invitePerson", **given)
        assert refusals == [("FORBIDDEN" if seat.sees else "NOT_FOUND", ["personId"])], str(seat)


@pytest.mark.parametrize("mutation", ["assignPainPoint", "assignPainPoints"])
async def test_a_pain_point_is_assigned_by_who_manages_its_unit_and_the_tasks(world, mutation):
    given = VALID["assignPainPoint"](world)[1]
    task = given["tasks"][0] | {"title": ""}
    given = {"painPointId": given["painPointId"], "tasks": [task]}
    given = {"assignments": [given]} if is_bulk(mutation) else given
    async for seat, client in seats(world, world.here):
        async with unchanged():
            payload = await client.do(mutation, selection(mutation), **given)
        payload = payload["results"][0] if is_bulk(mutation) else payload
        manages = seat.sees and seat.role is Role.MANAGER
        refused = "title" if manages else "painPointId"
        code = "REQUIRED" if manages else "FORBIDDEN" if seat.sees else "NOT_FOUND"
        told = [(error["code"], error["path"][-1]) for error in payload["errors"]]
        assert told == [(code, refused)], str(seat)
        assert bool(payload["painPoint"]) == seat.sees
        assert payload["tasks"] is None


async def test_tasks_are_handed_over_by_who_may_assign_them_and_roles_by_who_manages_people(world):
    given = VALID["handOver"](world)[1] | {"preview": True}
    for roles, right in ((False, Role.MANAGER), (True, Role.ADMIN)):
        async for seat, client in seats(world, world.here):
            async with unchanged():
                refusals = await client.refusals("handOver", **given | {"roles": roles})
            refused = ("FORBIDDEN", ["roles"] if roles else ["unitId"])
            wanted = [] if seat.role is right else [refused]
            assert refusals == (wanted if seat.sees else [("NOT_FOUND", ["fromId"])]), str(seat)


async def test_units_are_imported_by_who_keeps_the_tree_and_sees_their_place(world):
    given = VALID["importUnits"](world)[1] | {"dryRun": True}
    async for seat, client in seats(world, world.here):
        async with unchanged():
            refusals = await client.refusals("importUnits", **given)
        code = None if seat.sees and seat.role in TREE else "FORBIDDEN" if seat.sees else "NOT_FOUND"
        assert refusals == ([(code, ["rows", "0", "parentCode"])] if code else []), str(seat)


async def test_a_role_is_revoked_by_an_administrator_of_its_unit(world):
    given = VALID["revokeRole"](world)[1]
    await (await as_(world.admin)).done("revokeRole", **given)
    async for seat, client in seats(world, world.here):
        async with unchanged():  # revoking again is no error, and no change
            refusals = await client.refusals("revokeRole", **given)
        may = seat.role is Role.ADMIN
        assert refusals == (
            [("NOT_FOUND", ["membershipId"])]
            if not seat.sees
            else []
            if may
            else [("FORBIDDEN", ["membershipId"])]
        ), str(seat)


async def test_notices_are_read_by_nobody_but_whom_they_were_for(world):
    given = VALID["markNoticesRead"](world)[1]
    async for seat, client in seats(world, world.here):
        async with unchanged():
            assert await client.refusals("markNoticesRead", **given) == [("NOT_FOUND", ["noticeIds", "0"])], (
                str(seat)
            )
    assert await (await as_(world.owner)).refusals("markNoticesRead", **given) == []


async def test_reminders_are_put_off_by_nobody_but_the_tasks_owner(world):
    given = VALID["snoozeReminders"](world)[1]
    async for seat, client in seats(world, world.here):
        async with unchanged():
            answer = await told(client, "snoozeReminders", given)
        assert answer == ("FORBIDDEN" if seat.sees else "NOT_FOUND", "taskId", seat.sees), str(seat)
    assert await (await as_(world.owner)).refusals("snoozeReminders", **given) == []


async def test_an_escalation_is_acknowledged_by_nobody_but_whom_it_told(world):
    given = VALID["acknowledgeEscalation"](world)[1]
    async for seat, client in seats(world, world.here):
        async with unchanged():
            assert await told(client, "acknowledgeEscalation", given) == ("NOT_FOUND", "noticeId", False), (
                str(seat)
            )
    assert await (await as_(world.region_manager)).refusals("acknowledgeEscalation", **given) == []


@pytest.mark.parametrize("kind", ["HQ", "UID", "UP3"])
async def test_the_rules_of_reminding_are_kept_at_headquarters_and_a_regions_own_also_there(world, kind):
    unit = {"HQ": world.hq, "UID": world.region, "UP3": world.here}[kind]
    given = VALID["updateReminderRules"](world)[1] | {"unitId": gid(unit), "expectedVersion": 999}
    async for seat, client in seats(world, unit):
        async with unchanged():
            answer = await told(client, "updateReminderRules", given)
        manages = seat.role is Role.MANAGER and seat.unit.kind in {UnitKind.HQ, UnitKind.UID}
        may = seat.sees and (seat.role is Role.PROGRAMME or (manages and kind != "HQ"))
        refused = ("INVALID_KIND", "unitId") if kind == "UP3" else ("STALE", "expectedVersion")
        code = refused if may else ("FORBIDDEN" if seat.sees else "NOT_FOUND", "unitId")
        assert answer == (*code, seat.sees), str(seat)


async def test_what_an_input_names_beside_its_target_must_be_seen_too(world):
    """A move to, a task at, an after-picture of, a task for what is not seen: there is no such thing."""
    manager = await as_(world.manager)
    foreign_journey, foreign_point = await f.a_journey(world.elsewhere), await f.a_pain_point(world.elsewhere)
    capture, task = VALID["captureJourney"](world)[1], VALID["createTask"](world)[1]
    assign = VALID["assignPainPoint"](world)[1]
    async with unchanged():
        for mutation, given, place in [
            ("captureJourney", capture | {"recapturesId": gid(foreign_journey)}, ["recapturesId"]),
            (
                "captureJourney",
                capture | {"journeyId": gid(foreign_journey), "expectedVersion": 1},
                ["journeyId"],
            ),
            ("createTask", task | {"painPointId": gid(foreign_point)}, ["painPointId"]),
            ("createTask", task | {"unitId": gid(world.elsewhere)}, ["unitId"]),
            (
                "assignPainPoint",
                assign | {"tasks": [assign["tasks"][0] | {"unitId": gid(world.sibling)}]},
                ["tasks", "0", "unitId"],
            ),
        ]:
            assert await manager.refusals(mutation, **given) == [("NOT_FOUND", place)]


async def test_a_person_who_is_not_seen_answers_as_one_who_does_not_exist(world):
    """By the code alone one could else try out whose ids there are."""
    manager = await as_(world.manager)
    stranger, nobody = gid(await f.a_person(Role.CONTRIBUTOR, world.elsewhere)), ids.encode("Person", uuid4())
    task = {
        name: value for name, value in VALID["createTask"](world)[1].items() if name != "clientMutationId"
    }
    update = VALID["updateTask"](world)[1]
    async with unchanged():
        for mutation, given in (("createTask", task), ("updateTask", update)):
            answers = [
                await manager.refusals(mutation, **given | {"ownerId": who}) for who in (stranger, nobody)
            ]
            assert answers[0] == answers[1], mutation


async def test_who_lost_their_last_role_can_be_given_one_again(world):
    """Their e-mail is taken, so that they cannot be created anew either."""
    # given
    admin = await as_(world.admin)
    await admin.done("revokeRole", membershipId=gid(world.spare))
    given = {
        "personId": ids.encode("Person", world.spare.person_id),
        "unitId": gid(world.here),
        "role": "VIEWER",
    }
    # then
    assert await admin.refusals("grantRole", **given) == []
