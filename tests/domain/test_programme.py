"""Reference data: CX100 and the regions."""

import asyncio
import tomllib
from importlib.resources import files

import pytest

from jejak.domain import db, programme, relay
from jejak.domain.tables.programme import Initiative, Measure, ReferenceLoad, Step
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import UnitKind
from tests.refusals import dump, unchanged


async def test_the_programme_and_the_organisation_are_those_of_the_files():
    content = tomllib.loads(files("jejak.domain.reference").joinpath("programme.toml").read_text())
    steps = await Step.objects().order_by(Step.number)
    assert [(s.number, s.title_id, s.weight) for s in steps] == [
        (s["number"], s["title_id"], s["weight"]) for s in content["step"]
    ]
    initiatives = {i.code: i for i in await Initiative.objects()}
    wanted = {i["code"]: i for s in content["step"] for i in s["initiative"]}
    assert set(initiatives) == set(wanted)
    for code, given in wanted.items():
        kept = initiatives[code]
        assert (kept.title_en, kept.weight, kept.scope, kept.evidence_required) == (
            given["title_en"],
            given["weight"],
            given["scope"],
            given["evidence_required"],
        )
    assert await Measure.count() == sum(len(s["measures"]) for s in content["step"])


async def test_there_are_ten_steps_twenty_nine_initiatives_and_twenty_two_regions():
    assert await Step.count() == 10
    assert await Initiative.count() == 29
    kinds = [row.kind for row in await Unit.objects()]
    assert kinds.count(UnitKind.HQ) == 1
    assert len(kinds) == 23
    scopes = {kind for row in await Initiative.objects() for kind in row.scope}
    assert scopes <= set(UnitKind)


async def test_loading_again_changes_nothing():
    async with unchanged():
        assert await programme.load() == []
        assert await asyncio.gather(*(programme.load() for _ in range(4))) == [[]] * 4


async def test_a_newer_file_is_loaded_once_and_keeps_ids_and_what_headquarters_changed():
    before = {row["code"]: row["id"] for row in await db.fetch("select code, id from initiative")}
    await db.execute("update reference_load set version = 0")
    await db.execute("update unit set name = 'Nama baru' where code = 'BALI'")
    await db.execute("update initiative set title_id = 'lama' where code = '1.1'")
    assert await programme.load() == ["organisation", "programme", "assessment"]
    assert {row["code"]: row["id"] for row in await db.fetch("select code, id from initiative")} == before
    assert (await Unit.objects().get(Unit.code == "BALI")).name == "Nama baru"
    assert (await Initiative.objects().get(Initiative.code == "1.1")).title_id != "lama"
    async with unchanged():
        assert await programme.load() == []


async def test_a_missing_region_comes_back_and_is_computed():
    await db.execute("delete from unit where code = 'PPB'")
    await db.execute("update reference_load set version = 0 where name = 'organisation'")
    await programme.load()
    assert (await Unit.objects().get(Unit.code == "PPB")).path == "HQ/PPB/"
    await relay.drain()
    assert (
        await db.fetchval(
            "select count(*) from completion c join unit u on u.id = c.unit_id where u.code = 'PPB'"
        )
        > 0
    )


async def test_a_new_programme_concerns_every_unit():
    await db.execute("update reference_load set version = 0 where name = 'programme'")
    await programme.load()
    await relay.drain()
    assert await db.fetchval("select count(distinct unit_id) from completion") == 23


async def test_an_older_package_leaves_newer_data_alone():
    await db.execute("update reference_load set version = 99, digest = 'x'")
    async with unchanged():
        assert await programme.load() == []


async def test_a_file_changed_without_a_new_version_is_an_error():
    await db.execute("update reference_load set digest = 'x' where name = 'programme'")
    before = await dump()
    with pytest.raises(RuntimeError, match="without a new version"):
        await programme.load()
    assert await dump() == before


async def test_loading_that_dies_half_way_is_done_by_the_next(monkeypatch):
    await db.execute("update reference_load set version = 0")
    real = programme._upsert

    async def dies(table, **values):
        if table == "initiative":
            raise ConnectionError("killed")
        await real(table, **values)

    async with unchanged():
        monkeypatch.setattr(programme, "_upsert", dies)
        with pytest.raises(ConnectionError):
            await programme.load()
    monkeypatch.setattr(programme, "_upsert", real)
    assert await programme.load() == ["organisation", "programme", "assessment"]
    assert {row.version for row in await ReferenceLoad.objects()} == {1}
