"""Search in the API: hits with the place where the words stand, from all that the viewer sees and from nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from jejak.domain.vocabulary import JourneyStatus, Role, UnitKind
from tests import factories as f
from tests.client import Client, as_, gid
from tests.graphql import rows
from tests.sql import statements

HIT = "kind title excerpt unit { id } journey { id } painPoint { id } task { id }"


async def search(client: Client, text: str, more: str = "", shows: str = HIT) -> Any:
    query = f"query ($text: String!) {{ search(text: $text, first: 100 {more}) {{ totalCount nodes {{ {shows} }} }} }}"
    found = (await client.data(query, text=text))["search"]
    assert found["totalCount"] == len(found["nodes"])
    return found["nodes"]


async def test_a_journey_is_found_by_its_stages_a_pain_point_and_a_task_by_their_texts():
    # given
    unit = await f.a_unit()
    manager = await f.a_person(Role.MANAGER, unit)
    by = await f.viewer_for(manager)
    stages = [
        f.a_stage(
            customer_said="Saya menunggu «dua jam» di loket",
            pain_points=[f.a_new_pain_point(description="Antrean loket tidak diatur")],
        )
    ]
    journey = await f.a_journey(
        unit, viewer=by, title="Bayar tagihan", narrative="", stages=stages, status=JourneyStatus.ACCEPTED
    )
    point = await f.a_pain_point(unit, journey=journey)
    task = await f.a_task(unit, viewer=by, title="Atur loket", description="Pasang mesin nomor antre")
    client = await as_(manager)
    # then
    assert await search(client, "ditunggu") == [
        {
            "kind": "JOURNEY",
            "title": "Bayar tagihan",
            # Marks that stand in the text itself do not look like marks
            "excerpt": 'Mengajukan pasang baru\nSaya «menunggu» "dua jam" di loket',
            "unit": {"id": gid(unit)},
            "journey": {"id": gid(journey)},
            "painPoint": None,
            "task": None,
        }
    ]
    hits = await search(client, "antre")
    assert [(hit["kind"], hit["title"], hit["excerpt"], hit["painPoint"], hit["task"]) for hit in hits] == [
        (
            "PAIN_POINT",
            "Antrean loket tidak diatur",
            "«Antrean» loket tidak diatur",
            {"id": gid(point)},
            None,
        ),
        ("TASK", "Atur loket", "Pasang mesin nomor «antre»", None, {"id": gid(task)}),
    ]
    assert [hit["kind"] for hit in await search(client, "loket", "kinds: [TASK, JOURNEY]")] == [
        "TASK",
        "JOURNEY",
    ]
    assert await search(client, "loket", "kinds: []") == []
    assert {hit["excerpt"] for hit in await search(client, "mengatur ")} == {
        "Antrean loket tidak «diatur»",
        "Pasang mesin nomor antre",  # found by its title
    }


async def a_shelf(titles: list[str]) -> Client:
    """A unit with a journey for each title, the later ones newer."""
    unit = await f.a_unit()
    who = await f.a_person(Role.VIEWER, unit)
    await rows.write(
        *(
            rows.journey(unit, who, title=title, created_at=rows.AT + timedelta(seconds=n))
            for n, title in enumerate(titles)
        )
    )
    return await as_(who)


async def test_the_best_comes_first_then_the_latest():
    """More often is better, in the title is better than in the text, exactly is better than in another form."""
    client = await a_shelf(["Listrik padam", "Padam padam", "Satu pemadaman", "Kabel padam"])
    titles = [hit["title"] for hit in await search(client, "padam ")]
    assert titles == ["Padam padam", "Kabel padam", "Listrik padam", "Satu pemadaman"]
    assert [hit["title"] for hit in await search(client, "listrik OR narasi")] == ["Listrik padam"]


async def test_a_word_in_the_title_is_worth_more_than_in_the_text():
    unit = await f.a_unit()
    who = await f.a_person(Role.VIEWER, unit)
    in_title = rows.journey(unit, who, title="Listrik padam", narrative="Semalam suntuk")
    in_text = rows.journey(unit, who, title="Semalam suntuk", narrative="Listrik padam")
    await rows.write(in_title, in_text)
    hits = await search(await as_(who), "padam")
    assert [hit["journey"]["id"] for hit in hits] == [gid(in_title), gid(in_text)]


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_pages_walk_every_hit_once_in_both_directions(size):
    # given: ties in rank, and in rank and time
    client = await a_shelf(["Padam", "Padam padam", "Padam", "Menyala", "Padam padam", "Padam"] * 2)
    whole = [hit["journey"]["id"] for hit in await search(client, "padam")]
    for count, place, end, more in (
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ):
        walked: list[str] = []
        at, goes_on = None, True
        while goes_on:
            # when
            query = f"""query ($size: Int, $at: String) {{ search(text: "padam", {count}: $size, {place}: $at) {{
                nodes {{ journey {{ id }} }} pageInfo {{ {end} {more} }} }} }}"""
            page = (await client.data(query, size=size, at=at))["search"]
            found = [hit["journey"]["id"] for hit in page["nodes"]]
            walked = walked + found if count == "first" else found + walked
            at, goes_on = page["pageInfo"][end], page["pageInfo"][more]
        # then
        assert walked == whole
    assert len(whole) == 10


async def test_nothing_of_other_units_is_told_by_hits_counts_cursors_or_order():
    # given: the same words here, below, beside and elsewhere
    region = await f.reference_unit("JATIM")
    here = await f.a_unit(UnitKind.UP3, region)
    below = await f.a_unit(UnitKind.ULP, here)
    beside = await f.a_unit(UnitKind.UP3, region)
    who = await f.a_person(Role.VIEWER, here)
    there = [rows.journey(unit, who, title=f"Padam {unit.code}") for unit in (here, below, beside, region)]
    await rows.write(*there)
    client = await as_(who)
    # then
    assert {hit["unit"]["id"] for hit in await search(client, "padam")} == {gid(here), gid(below)}
    assert {hit["unit"]["id"] for hit in await search(client, "padam", f'unitId: "{gid(below)}"')} == {
        gid(below)
    }
    assert await search(client, "padam", f'unitId: "{gid(beside)}"') == []
    assert await search(client, f"padam {beside.code}") == []
    above = await as_(await f.a_person(Role.VIEWER, region))
    assert len(await search(above, "padam")) == 4
    query = 'query ($at: String) { search(text: "padam", first: 9, after: $at) { totalCount nodes { unit { id } } } }'
    first = await above.data('query { search(text: "padam", first: 1) { pageInfo { endCursor } } }')
    page = (await client.data(query, at=first["search"]["pageInfo"]["endCursor"]))["search"]
    assert page["totalCount"] == 2
    assert {hit["unit"]["id"] for hit in page["nodes"]} <= {gid(here), gid(below)}


async def test_a_search_is_one_statement_and_counts_only_when_asked():
    client = await a_shelf(["Padam"] * 30)
    for shown, counts in (
        ("nodes { title excerpt journey { stages { name } } }", False),
        ("totalCount", True),
    ):
        async with statements() as counted:
            await client.data(f'{{ search(text: "padam", first: 20) {{ {shown} }} }}')
        assert len([sql for sql in counted.sql if "current_setting('jit')" not in sql]) == 2
        assert ("(select count(*)" in counted.sql[-1]) is counts


async def test_nothing_to_look_for_is_an_empty_page_and_what_is_no_text_is_refused():
    client = await a_shelf(["Padam"])
    for text in ("", "  ", "-padam", '"', "?!", "-", "😤"):
        assert await search(client, text) == []
    for text, code in (("x" * 201, "TOO_LONG"), ("a\x00", "INVALID_TEXT")):
        _, errors = await client.post(
            "query ($text: String!) { search(text: $text, first: 1) { totalCount } }", text=text
        )
        assert [(e["extensions"]["code"], e["extensions"]["input"]) for e in errors] == [(code, ["text"])]
    _, errors = await client.post('{ search(text: "padam", first: 101) { totalCount } }')
    assert [(e["extensions"]["code"], e["extensions"]["input"]) for e in errors] == [
        ("INVALID_PAGE", ["first"])
    ]
