"""Mystery shopping through the API: from a plan over an assessment to a fix, and what comes out of a wave."""

from datetime import timedelta

from jejak.domain import clock
from jejak.domain.tables.assessment import PlannedVisit
from jejak.domain.vocabulary import Role, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests import shopping as s
from tests.client import as_, gid
from tests.graphql.test_paging import pages
from tests.refusals import events_of, unchanged


async def test_a_finding_becomes_a_pain_point_whose_state_follows_its_task():
    # given a wave, a visit of a ULP in JATIM by somebody of BALI
    ulp = await f.a_unit()
    programme = await as_(await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ")))
    shopper = await f.a_person(Role.CONTRIBUTOR, await f.reference_unit("BALI"))
    today = clock.today(ulp.timezone)
    template = (
        await programme.data("{ assessmentTemplates { id code weight dimensions { code weight } } }")
    )["assessmentTemplates"][0]
    assert (template["code"], template["weight"]) == ("MS-YANTEK", 100)
    assert [(one["code"], one["weight"]) for one in template["dimensions"]] == [
        ("A", 5), ("B", 10), ("C", 15), ("D", 25), ("E", 45),
    ]  # fmt: skip
    made = await programme.done(
        "createWave",
        "wave { id }",
        templateId=template["id"],
        name="Gelombang 1",
        year=today.year,
        number=1,
        startsOn=(today - timedelta(days=10)).isoformat(),
        endsOn=(today + timedelta(days=10)).isoformat(),
    )
    wave = made["wave"]["id"]
    row = {"unitCode": ulp.code, "assessorId": gid(shopper), "dueOn": today.isoformat()}
    planned = await programme.done(
        "planVisits", "results { outcome plannedVisit { id unit { id } } }", waveId=wave, visits=[row]
    )
    visit = planned["results"][0]["plannedVisit"]["id"]
    # when the shopper, who does not see the unit, looks for what to do and records it
    client = await as_(shopper)
    found = await client.data(
        "{ plannedVisits(first: 5) { nodes { id unitCode unitName unit { id } assessment { id } } } }"
    )
    assert found["plannedVisits"]["nodes"] == [
        {"id": visit, "unitCode": ulp.code, "unitName": ulp.name, "unit": None, "assessment": None}
    ]
    reported = clock.now() - timedelta(hours=3)
    scores = [{"itemCode": item, "score": "80"} for item in s.ITEMS if item not in {"B", "E4"}]
    scores += [
        {"itemCode": "B", "score": "0", "note": "Datang terlambat", "evidence": [{"note": "Foto jam"}]},
        {"itemCode": "E4", "notApplicable": True},
    ]
    recorded = await client.done(
        "recordAssessment",
        "assessment { id status score version inSla: insideSla responseMinutes dimensions { code score weight } unit { id } }",
        plannedVisitId=visit,
        visitedOn=today.isoformat(),
        reportedAt=reported.isoformat(),
        arrivedAt=(reported + timedelta(minutes=34)).isoformat(),
        scores=scores,
        submit=True,
        clientMutationId="visit-1",
    )
    assessment = recorded["assessment"]
    # then it is scored by the items that apply: 85 of 95 at 80
    assert assessment["score"] == "71.58"
    assert (assessment["inSla"], assessment["responseMinutes"], assessment["unit"]) == (False, 34, None)
    assert [(one["code"], one["score"], one["weight"]) for one in assessment["dimensions"]] == [
        ("A", "80.00", 5), ("B", "0.00", 10), ("C", "80.00", 15), ("D", "80.00", 25), ("E", "80.00", 40),
    ]  # fmt: skip
    # when the unit's manager makes pain points of two findings
    manager_person = await f.a_person(Role.MANAGER, ulp)
    manager = await as_(manager_person)
    finding = {
        "assessmentId": assessment["id"],
        "description": "Petugas datang terlambat",
        "severity": 4,
        "reach": 3,
    }
    shown = """painPoint { id state category parameter priority sla { dueAt } stage { name position emotion targetMinutes
        actualMinutes customerSaid } journey { id status assessment { id } stages { touchpoint } }
        finding { item { code } score evidence { note } assessment { id } } }"""
    first = (
        await manager.done(
            "createPainPointFromFinding", shown, **finding, itemCode="B", clientMutationId="finding-1"
        )
    )["painPoint"]
    second = (
        await manager.done(
            "createPainPointFromFinding", shown, **finding, itemCode="D", category="COMPETENCE"
        )
    )["painPoint"]
    # then both lie in one journey, each in its item's stage
    assert first["stage"] == {
        "name": "Kedatangan petugas ke rumah pelanggan",
        "position": 2,
        "emotion": -2,
        "targetMinutes": 30,
        "actualMinutes": 34,
        "customerSaid": "Datang terlambat",
    }
    assert (second["stage"]["position"], second["stage"]["emotion"], second["category"]) == (
        4,
        1,
        "COMPETENCE",
    )
    assert first["journey"] == second["journey"]
    assert first["journey"]["status"] == "ACCEPTED"
    assert [one["touchpoint"] for one in first["journey"]["stages"]] == ["PLN_MOBILE"] + ["FIELD_VISIT"] * 4
    assert (first["state"], first["category"], first["parameter"], first["priority"]) == (
        "OPEN", "SPEED", "EFFECTIVENESS", 12,
    )  # fmt: skip
    assert first["sla"]["dueAt"] is not None
    assert first["finding"] == {
        "item": {"code": "B"},
        "score": "0.00",
        "evidence": [{"note": "Foto jam"}],
        "assessment": {"id": assessment["id"]},
    }
    # and both ways lead to each other
    back = await manager.data(
        "query ($id: ID!) { assessment(id: $id) { findings { id } scores { item { code } painPoint { id } } } }",
        id=assessment["id"],
    )
    assert {one["id"] for one in back["assessment"]["findings"]} == {first["id"], second["id"]}
    assert {
        one["item"]["code"]: one["painPoint"]["id"]
        for one in back["assessment"]["scores"]
        if one["painPoint"] is not None
    } == {"B": first["id"], "D": second["id"]}
    # when it is given a task that is done
    ranger = await f.a_person(Role.CONTRIBUTOR, ulp, ranger=True)
    task = {
        "initiativeId": ids.encode("Initiative", f.initiative_id("9.3")),
        "title": "Atur ulang jadwal regu",
        "dueOn": f.in_working_days(ulp, 5).isoformat(),
    }
    assigned = await manager.done(
        "assignPainPoint", "painPoint { state } tasks { id version }", painPointId=first["id"], tasks=[task]
    )
    assert assigned["painPoint"]["state"] == "ASSIGNED"
    (given,) = assigned["tasks"]
    owner = await as_(ranger)
    submitted = await owner.done(
        "submitTask",
        "task { id version }",
        taskId=given["id"],
        expectedVersion=given["version"],
        evidence=[{"note": "Jadwal baru"}],
    )
    await manager.done("verifyTask", taskId=given["id"], expectedVersion=submitted["task"]["version"])
    # then its state follows
    states = await manager.data(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on PainPoint { state } } }",
        ids=[first["id"], second["id"]],
    )
    assert [one["state"] for one in states["nodes"]] == ["RESOLVED", "OPEN"]
    # and a finding is one pain point at the most, and only of what has a score
    for item, code in (("B", "TAKEN"), ("E4", "NOT_FOUND"), ("X", "NOT_FOUND")):
        async with unchanged():
            refusals = await manager.refusals("createPainPointFromFinding", **finding, itemCode=item)
        assert refusals == [(code, ["itemCode"])]
    # and a retry is the first
    again = await manager.done(
        "createPainPointFromFinding", shown, **finding, itemCode="B", clientMutationId="finding-1"
    )
    assert again["painPoint"]["id"] == first["id"]


async def test_what_a_wave_comes_to_is_shown_for_every_unit_that_is_seen():
    # given three ULPs in two regions
    jatim, bali = await f.reference_unit("JATIM"), await f.reference_unit("BALI")
    up3 = await f.a_unit(UnitKind.UP3, jatim)
    here = [await f.a_unit(UnitKind.ULP, up3) for _ in range(2)]
    there = await f.a_unit(UnitKind.ULP, await f.a_unit(UnitKind.UP3, bali))
    wave = await s.a_wave()
    await s.imported(
        wave, [(here[0], s.evenly(40)), (here[1], s.evenly(60) | {"B": None}), (there, s.evenly(90))]
    )
    draft = await f.a_unit(UnitKind.ULP, up3)
    await s.an_assessment(wave, draft, s.evenly(1), submit=False)
    query = """query ($w: ID!, $u: ID!) { wave(id: $w) {
        results(unitId: $u) { score assessed planned dimensions { code score assessed }
        ranking(first: 9) { totalCount nodes { rank code score assessed itself } }
        worst: ranking(kinds: [ULP], first: 1, order: WORST_FIRST) { nodes { code score } }
        league { rank code score itself } } } }"""
    # when
    keeper = await as_(await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ")))
    hq = await keeper.data(query, w=gid(wave), u=gid(await f.reference_unit("HQ")))
    viewer = await as_(await f.a_person(Role.VIEWER, jatim))
    region = await viewer.data(query, w=gid(wave), u=gid(jatim))
    unseen = await viewer.data(query, w=gid(wave), u=gid(bali))
    # then headquarters' is the mean over units, and a draft counts nowhere
    assert hq["wave"]["results"]["score"] == "63.33"
    assert (hq["wave"]["results"]["assessed"], hq["wave"]["results"]["planned"]) == (3, 1)
    assert hq["wave"]["results"]["dimensions"][1] == {"code": "B", "score": "65.00", "assessed": 2}
    assert hq["wave"]["results"]["ranking"] == {
        "totalCount": 2,
        "nodes": [
            {"rank": 1, "code": "BALI", "score": "90.00", "assessed": 1, "itself": False},
            {"rank": 2, "code": "JATIM", "score": "50.00", "assessed": 2, "itself": False},
        ],
    }
    assert hq["wave"]["results"]["worst"]["nodes"] == [{"code": here[0].code, "score": "40.00"}]
    # and a region sees its own, of the others their place alone
    results = region["wave"]["results"]
    assert (results["score"], results["planned"]) == ("50.00", None)
    assert results["league"] == [
        {"rank": 1, "code": "BALI", "score": "90.00", "itself": False},
        {"rank": 2, "code": "JATIM", "score": "50.00", "itself": True},
    ]
    assert unseen["wave"] == {"results": None}


async def test_two_waves_with_other_weights_are_compared_by_either():
    # given last year's, with an item that is gone and one that came
    old = await s.a_template({"A": {"A1": 3, "OLD": 1}, "B": {"B": 6}})
    new = await s.a_template({"A": {"A1": 1, "B": 1}, "N": {"NEW": 2}})
    ulp = await f.a_unit()
    last, this = await s.a_wave(old), await s.a_wave(new)
    await s.imported(last, [(ulp, {"A1": 100, "OLD": 20, "B": 50})])
    await s.imported(this, [(ulp, {"A1": 60, "B": 80, "NEW": 0})])
    client = await as_(await f.a_person(Role.VIEWER, ulp))
    # when
    found = await client.data(
        """query ($w: ID!, $o: ID!, $u: ID!) { wave(id: $w) {
            results(unitId: $u, byTemplateOfId: $o) { score template { id } }
            comparison(withId: $o, unitId: $u) {
                own { score } ownByOther { score dimensions { code score } } other { score } otherByOwn { score dimensions { code score } }
                onlyHere { code } onlyThere { code } } } }""",
        w=gid(this),
        o=gid(last),
        u=gid(ulp),
    )
    # then
    assert found["wave"]["results"] == {"score": "73.33", "template": {"id": gid(old)}}
    assert found["wave"]["comparison"] == {
        "own": {"score": "35.00"},  # (60 + 80 + 2*0) / 4
        "ownByOther": {  # (3*60 + 6*80) / 9
            "score": "73.33",
            "dimensions": [{"code": "A", "score": "60.00"}, {"code": "B", "score": "80.00"}],
        },
        "other": {"score": "62.00"},  # (300 + 20 + 300) / 10
        "otherByOwn": {  # (100 + 50) / 2
            "score": "75.00",
            "dimensions": [{"code": "A", "score": "75.00"}, {"code": "N", "score": None}],
        },
        "onlyHere": [{"code": "NEW"}],
        "onlyThere": [{"code": "OLD"}],
    }


async def test_a_unit_does_not_learn_of_a_visit_before_it_is_assessed():
    # given
    ulp = await f.a_unit()
    wave = await s.a_wave()
    shopper = await f.a_person(Role.CONTRIBUTOR, await f.reference_unit("BALI"))
    visit = await s.a_visit(wave, ulp, shopper)
    draft = await s.an_assessment(wave, ulp, {"A1": 50}, shopper, submit=False)
    query = """query ($ids: [ID!]!, $unit: ID!) { nodes(ids: $ids) { id }
        plannedVisits(first: 5) { totalCount } assessments(first: 5) { totalCount }
        unit(id: $unit) { assessments(first: 5) { totalCount } history(first: 50) { nodes { kind } } } }"""
    keys = [gid(visit), gid(draft)]
    manager = await as_(await f.a_person(Role.MANAGER, ulp))
    # then
    unseen = await manager.data(query, ids=keys, unit=gid(ulp))
    assert unseen["nodes"] == [None, None]
    assert unseen["plannedVisits"]["totalCount"] == unseen["assessments"]["totalCount"] == 0
    assert unseen["unit"]["assessments"]["totalCount"] == 0
    mine = await (await as_(shopper)).data(query, ids=keys, unit=gid(ulp))
    assert [one["id"] for one in mine["nodes"]] == keys
    assert (mine["plannedVisits"]["totalCount"], mine["assessments"]["totalCount"], mine["unit"]) == (
        1,
        1,
        None,
    )
    assert await PlannedVisit.count() == 1
    assert await events_of(draft.id) == ["assessment.recorded"]


async def test_lists_of_mystery_shopping_are_walked_in_every_order_and_filtered():
    # given assessments that tie in their scores, by two assessors
    wave, up3 = await s.a_wave(), await f.a_unit(UnitKind.UP3)
    shoppers = [await f.a_person(Role.CONTRIBUTOR, await f.reference_unit("BALI")) for _ in range(2)]
    made = []
    for n, score in enumerate((40, 20, 40, None, 20)):
        ulp = await f.a_unit(UnitKind.ULP, up3)
        made.append(await s.an_assessment(wave, ulp, s.evenly(score), shoppers[n % 2], submit=n != 4))
    keeper = await as_(await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ")))
    # then each is met once, in both directions
    newest = [gid(one) for one in reversed(made)]
    worst = [gid(made[n]) for n in (1, 4, 0, 2, 3)]
    orders = {("assessments", "NEWEST_FIRST"): newest, ("assessments", "WORST_FIRST"): worst}
    for (listed, order), expected in orders.items():
        for backwards in (False, True):
            found = await pages(keeper, listed, order, 2, backwards=backwards)
            walked = [one["id"] for page in (found[::-1] if backwards else found) for one in page["nodes"]]
            assert walked == expected
    for order in ("DUE_FIRST", "NEWEST_FIRST"):
        visits = [
            one["id"] for page in await pages(keeper, "plannedVisits", order, 2) for one in page["nodes"]
        ]
        assert len(set(visits)) == len(visits) == 5
    # and found by what they are
    query = """query ($f: AssessmentFilter, $v: PlannedVisitFilter, $w: WaveFilter) { assessments(first: 9, filter: $f) { nodes { id } }
        plannedVisits(first: 9, filter: $v) { totalCount } waves(first: 1, filter: $w) { nodes { id } pageInfo { hasNextPage } } }"""
    for filled, expected in [
        ({"scoreBelow": 40}, {1, 4}),
        ({"scoreBelow": 41, "statuses": ["SUBMITTED"]}, {0, 1, 2}),
        ({"assessorId": gid(shoppers[1])}, {1, 3}),
        ({"unitId": gid(up3), "waveId": gid(wave)}, {0, 1, 2, 3, 4}),
        ({"sources": ["IMPORTED"]}, set()),
        ({"visitedFrom": "2999-01-01"}, set()),
    ]:
        found = await keeper.data(query, f=filled)
        assert {one["id"] for one in found["assessments"]["nodes"]} == {gid(made[n]) for n in expected}
    for filled, count in [
        ({"assessed": True}, 4),
        ({"assessed": False}, 1),
        ({"mine": True}, 0),
        ({"waveId": gid(wave)}, 5),
    ]:
        assert (await keeper.data(query, v=filled))["plannedVisits"]["totalCount"] == count
    mine = await (await as_(shoppers[0])).data(query, v={"mine": True}, f={"statuses": ["DRAFT"]})
    assert (mine["plannedVisits"]["totalCount"], mine["assessments"]["nodes"]) == (3, [{"id": gid(made[4])}])
    for filled, there in [
        ({"year": wave.year}, True),
        ({"year": 2001}, False),
        ({"closed": True}, False),
        ({"text": wave.name}, True),
    ]:
        assert (await keeper.data(query, w=filled))["waves"]["nodes"] == (
            [{"id": gid(wave)}] if there else []
        )


async def test_the_history_of_a_wave_tells_the_scores_of_units_to_whoever_sees_them_all():
    wave, keeper = await s.a_wave(), await as_(await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ")))
    rows = [{"unitCode": "BALI", "score": "75.04"}]
    await keeper.done("importWaveResults", waveId=gid(wave), rows=rows)
    query = "query ($id: ID!) { wave(id: $id) { history(first: 20) { nodes { after } } } }"

    async def told(client) -> str:
        return str((await client.data(query, id=gid(wave)))["wave"]["history"])

    assert "75.04" in await told(keeper)
    elsewhere = await told(await as_(await f.a_person(Role.VIEWER, await f.a_unit())))
    assert "75.04" not in elsewhere
    assert "BALI" not in elsewhere
