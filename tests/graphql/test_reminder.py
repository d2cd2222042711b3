"""R6 through the API: rules, what is planned, what was said."""

from datetime import timedelta

import pytest

from jejak.domain import reminder
from jejak.domain.vocabulary import Role, TaskStatus, UnitKind
from tests import factories as f
from tests.client import as_, gid
from tests.graphql.world import VALID
from tests.moments import MONDAY, go_to
from tests.refusals import unchanged

RULES = """query ($unit: ID!) { reminderRules(unitId: $unit) { unit { id } origin { id } overridden version
    rungs { offsetDays audience } versions { version inherits createdBy { id } rungs { offsetDays } } } }"""
DUE = MONDAY + timedelta(days=4)
LATE = MONDAY + timedelta(days=9)


async def test_the_rules_in_force_say_where_they_come_from_and_what_they_were(world):
    # given a region that had rules of its own twice
    keeper, given = await as_(world.programme), VALID["updateReminderRules"](world)[1]
    await keeper.done("updateReminderRules", **given)
    await keeper.done("updateReminderRules", **given | {"expectedVersion": 2, "rungs": given["rungs"][:1]})
    # when
    below = (await (await as_(world.owner)).data(RULES, unit=gid(world.here)))["reminderRules"]
    above = (await keeper.data(RULES, unit=gid(world.here)))["reminderRules"]
    beside = (await keeper.data(RULES, unit=gid(world.elsewhere)))["reminderRules"]
    # then who works below a region sees its rules, and not the region
    assert below["unit"] == {"id": gid(world.here)}
    assert (below["origin"], above["origin"]) == (None, {"id": gid(world.region)})
    assert (below["overridden"], below["version"], below["rungs"]) == (True, 3, given["rungs"][:1])
    assert [(one["version"], one["createdBy"], len(one["rungs"])) for one in below["versions"]] == [
        (3, {"id": gid(world.programme)}, 1),
        (2, {"id": gid(world.programme)}, 2),
    ]
    assert (beside["overridden"], beside["version"], len(beside["rungs"])) == (False, 1, 9)
    # and where it gives them up, it has those of the programme
    await keeper.done("updateReminderRules", **given | {"expectedVersion": 3, "rungs": [], "inherit": True})
    after = (await keeper.data(RULES, unit=gid(world.here)))["reminderRules"]
    assert {**after, "unit": None} == {**beside, "unit": None}


async def test_stale_rules_are_refused_with_those_in_force(world):
    keeper, given = await as_(world.programme), VALID["updateReminderRules"](world)[1]
    await keeper.done("updateReminderRules", **given)
    shows = "unit { reminderRules { version overridden } } errors { code path }"
    async with unchanged():
        payload = await keeper.do("updateReminderRules", shows, **given)
    assert payload["unit"] == {"reminderRules": {"version": 2, "overridden": True}}
    assert [error["code"] for error in payload["errors"]] == ["STALE"]


async def a_late_task(**of_task):
    go_to(MONDAY)
    up3 = await f.a_unit(UnitKind.UP3)
    ulp = await f.a_unit(UnitKind.ULP, up3, name="ULP Rungkut")
    owner = await f.a_person(Role.CONTRIBUTOR, ulp, name="Sri Wahyuni")
    manager = await f.a_person(Role.MANAGER, up3)
    by = await f.viewer_for(manager)
    return (
        await f.a_task(ulp, owner=owner, viewer=by, due_on=DUE, title="Pelatihan", **of_task),
        manager,
        owner,
    )


PLANNED = """query ($id: ID!) { task(id: $id) { snoozedUntil escalation { level at acknowledgedBy { id } }
    reminders { remindOn offsetDays audience outcome settledAt } } }"""


async def test_a_task_shows_what_is_planned_what_was_said_and_how_far_up():
    # given
    given, manager, owner = await a_late_task()
    go_to(LATE)
    await reminder.run()
    # when
    found = (await (await as_(owner)).data(PLANNED, id=gid(given)))["task"]
    # then
    outcomes = {(one["offsetDays"], one["audience"]): one["outcome"] for one in found["reminders"]}
    assert outcomes == {
        (-3, "OWNER"): "FOLDED", (-1, "OWNER"): "FOLDED", (0, "OWNER"): "FOLDED", (1, "OWNER"): "SENT",
        (3, "UNIT"): "FOLDED", (3, "UP3"): "SENT", (7, "REGION"): None, (14, "HEADQUARTERS"): None,
    }  # fmt: skip
    assert found["reminders"][0]["remindOn"] == str(MONDAY + timedelta(days=1))
    assert found["reminders"] == sorted(found["reminders"], key=lambda one: one["remindOn"])
    assert found["escalation"]["level"] == "UP3"
    assert found["escalation"]["acknowledgedBy"] is None
    # and once it is over it is escalated no more
    await f.bring(
        given, TaskStatus.CANCELLED, owner=await f.viewer_for(owner), manager=await f.viewer_for(manager)
    )
    assert (await (await as_(owner)).data(PLANNED, id=gid(given)))["task"]["escalation"] is None


NOTICES = "{ notices(first: 9) { nodes { kind text dueOn audience offsetDays unit { id } task { id } vacantUnit { id } } } }"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "ID",
            "Tugas “Pelatihan” milik Sri Wahyuni di ULP Rungkut terlambat 5 hari (jatuh tempo 2027-03-05).",
        ),
        ("EN", "Task “Pelatihan” of Sri Wahyuni at ULP Rungkut is late by 5 days (due on 2027-03-05)."),
    ],
)
async def test_an_escalation_says_whose_task_is_how_late(language, text):
    given, manager, _ = await a_late_task()
    go_to(LATE)
    await reminder.run()
    await (await as_(manager)).done("setLanguage", language=language)
    # when it is read, days later
    go_to(LATE + timedelta(days=5))
    (notice,) = (await (await as_(manager)).data(NOTICES))["notices"]["nodes"]
    # then it speaks of the day on which it was said
    assert notice["text"] == text
    assert (notice["kind"], notice["audience"], notice["offsetDays"]) == ("ESCALATED", "UP3", 3)
    assert (notice["task"], notice["vacantUnit"]) == ({"id": gid(given)}, None)


async def test_a_unit_without_a_manager_is_named_to_headquarters():
    keeper = await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ"))
    given, _, _ = await a_late_task()
    go_to(LATE)
    await reminder.run()
    (notice,) = (await (await as_(keeper)).data(NOTICES))["notices"]["nodes"]
    assert notice["text"].startswith("ULP Rungkut belum memiliki manajer")
    assert (notice["kind"], notice["task"], notice["dueOn"], notice["audience"]) == (
        "NO_MANAGER",
        None,
        None,
        None,
    )
    assert notice["vacantUnit"] == {"id": gid(await f.Unit.objects().get(f.Unit.id == given.unit_id))}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (
            TaskStatus.BLOCKED,
            "Tugas “Pelatihan” milik Sri Wahyuni di ULP Rungkut terhambat dan perlu bantuan.",
        ),
        (TaskStatus.SUBMITTED, "Tugas “Pelatihan” milik Sri Wahyuni di ULP Rungkut menunggu verifikasi."),
    ],
)
async def test_what_waits_for_somebody_is_said_in_words(status, text):
    _, manager, _ = await a_late_task(status=status)
    await reminder.run()
    nodes = (await (await as_(manager)).data(NOTICES))["notices"]["nodes"]
    assert [node["text"] for node in nodes] == [text]
