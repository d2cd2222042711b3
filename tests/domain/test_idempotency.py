"""`clientMutationId`: any create can be retried."""

import asyncio
from dataclasses import replace

import pytest

from jejak.domain import db, journey_capture, person, sign_in, task_creation, unit
from jejak.domain.errors import Code
from jejak.domain.person import CreatePerson
from jejak.domain.sign_in import ChangePassword
from jejak.domain.tables.event import ClientMutation, Event
from jejak.domain.tables.journey import Journey, PainPoint, Stage
from jejak.domain.task_creation import AssignPainPoint, CreateTask
from jejak.domain.unit import CreateUnit
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests.factories import (
    PASSWORD,
    a_capture,
    a_new_task,
    a_pain_point,
    a_person,
    a_unit,
    a_viewer,
    reference_unit,
    viewer_for,
)
from tests.refusals import refused, unchanged


async def the_creates():
    """Every create there is: the domain function, its viewer, its input and the same with another body."""
    root, ulp = await reference_unit("HQ"), await a_unit()
    manager, owner = await a_viewer(Role.MANAGER, ulp), await a_person(Role.CONTRIBUTOR, ulp)
    point = await a_pain_point(ulp)
    new = a_new_task(ulp, owner_id=owner.id)
    someone = CreatePerson(
        "new@pln.example", "Budi", Language.ID, root.id, Role.VIEWER, "correct horse battery"
    )
    programme, admin = await a_viewer(Role.PROGRAMME, root), await a_viewer(Role.ADMIN, root)
    region = CreateUnit(root.id, "NEW", "Baru", UnitKind.UID, "Asia/Jakarta")
    return {
        "journey": (journey_capture.capture, manager, a_capture(ulp), {"title": "Lain"}),
        "task": (task_creation.create, manager, CreateTask(new), {"pain_point_id": point.id}),
        "tasks": (
            task_creation.assign,
            manager,
            AssignPainPoint(point.id, [new, replace(new, title="Kedua")]),
            {"tasks": [new]},
        ),
        "unit": (unit.create, programme, region, {"name": "Lain"}),
        "person": (person.create, admin, someone, {"name": "Lain"}),
    }


CREATES = ("journey", "task", "tasks", "unit", "person")


def ids(made) -> list:
    return [each.id for each in made] if isinstance(made, list) else [made.id]


@pytest.mark.parametrize("name", CREATES)
async def test_the_same_id_again_returns_the_first_result_and_another_body_is_refused(name):
    create, viewer, wanted, other = (await the_creates())[name]
    wanted = replace(wanted, client_mutation_id="retry-1")
    first = await create(viewer, wanted)
    async with unchanged():
        assert ids(await create(viewer, wanted)) == ids(first)
    async with refused(Code.CLIENT_ID_REUSED, "client_mutation_id"):
        await create(viewer, replace(wanted, **other))


async def test_a_retry_tells_nothing_of_a_password_that_was_chosen_since():
    create, viewer, wanted, _ = (await the_creates())["person"]
    wanted = replace(wanted, client_mutation_id="retry-1", password=PASSWORD)
    made = await create(viewer, wanted)
    themself = await viewer_for(made)
    chosen = "ombak biru di pantai selatan 71"
    await sign_in.change_password(themself, ChangePassword(PASSWORD, chosen))
    async with unchanged():
        for guess in (PASSWORD, chosen, "pohon besar tumbuh miring 44"):
            assert (await create(viewer, replace(wanted, password=guess))).id == made.id


@pytest.mark.parametrize("name", CREATES)
async def test_concurrent_retries_make_one(name):
    create, viewer, wanted, _ = (await the_creates())[name]
    wanted = replace(wanted, client_mutation_id="retry-1")
    made = await asyncio.gather(*(create(viewer, wanted) for _ in range(8)))
    assert len({tuple(ids(each)) for each in made}) == 1
    assert await ClientMutation.count() == 1


async def test_fifty_concurrent_captures_of_one_phone_make_one_journey():
    ulp = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, ulp)
    wanted = a_capture(ulp, client_mutation_id="phone-1")
    made = await asyncio.gather(*(journey_capture.capture(viewer, wanted) for _ in range(50)))
    assert len({each.id for each in made}) == 1
    assert (await Journey.count(), await Stage.count(), await PainPoint.count()) == (1, 2, 1)
    assert await Event.count().where(Event.kind == "journey.captured") == 1


async def test_concurrent_captures_under_one_id_with_different_bodies_keep_one():
    ulp = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, ulp)
    wanted = [a_capture(ulp, title=f"Judul {n}", client_mutation_id="phone-1") for n in range(6)]
    made = await asyncio.gather(
        *(journey_capture.capture(viewer, each) for each in wanted), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in made) == ["Journey", *["Refused"] * 5]
    assert await Journey.count() == 1


async def test_an_id_belongs_to_its_person_and_its_mutation():
    ulp = await a_unit()
    one, other = await a_viewer(Role.MANAGER, ulp), await a_viewer(Role.MANAGER, ulp)
    owner = await a_person(Role.CONTRIBUTOR, ulp)
    wanted = a_capture(ulp, client_mutation_id="1")
    assert (await journey_capture.capture(one, wanted)).id != (
        await journey_capture.capture(other, wanted)
    ).id
    new = a_new_task(ulp, owner_id=owner.id)
    assert await task_creation.create(one, CreateTask(new, client_mutation_id="1"))


@pytest.mark.parametrize("client_id", ["", "x" * 101, "a\nb", "\0"])
async def test_a_malformed_id_is_refused(client_id):
    ulp = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, ulp)
    async with refused(Code.INVALID_ID, "client_mutation_id"):
        await journey_capture.capture(viewer, a_capture(ulp, client_mutation_id=client_id))


async def test_without_an_id_the_same_again_is_another():
    ulp = await a_unit()
    viewer = await a_viewer(Role.CONTRIBUTOR, ulp)
    first, second = (
        await journey_capture.capture(viewer, a_capture(ulp)),
        await journey_capture.capture(viewer, a_capture(ulp)),
    )
    assert first.id != second.id
    assert await db.fetchval("select count(*) from client_mutation") == 0


async def test_a_password_leaves_no_quick_hash_behind():
    # Given two people created alike but for their passwords
    create, viewer, wanted, _ = (await the_creates())["person"]
    digests = []
    for password in ("correct horse battery", "quite another password"):
        made = await create(viewer, replace(wanted, password=password, client_mutation_id="1"))
        digests.append(await db.fetchval("delete from client_mutation returning digest"))
        await db.execute("update person set email = id || '@pln.example' where id = $1", made.id)
    # Then what is kept of the requests does not tell the passwords apart: SHA-256 is no password hash
    assert digests[0] == digests[1]


async def test_a_person_created_again_under_the_same_id_with_another_password_is_refused():
    create, viewer, wanted, _ = (await the_creates())["person"]
    wanted = replace(wanted, client_mutation_id="1")
    await create(viewer, wanted)
    async with refused(Code.CLIENT_ID_REUSED, "client_mutation_id"):
        await create(viewer, replace(wanted, password="quite another password"))
