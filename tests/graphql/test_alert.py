"""R10 in the API: alerts as people read them, and rules as headquarters keeps them."""

from datetime import timedelta

import pytest

from jejak.domain import alert, clock
from jejak.domain.vocabulary import Language, Role, UnitKind
from jejak.graphql import ids
from tests import factories as f
from tests.alerts import a_bare_alert, answers, low_csat, only
from tests.client import as_, gid
from tests.refusals import unchanged

EVIDENCE = "{ value n low high hits reached fromOn toOn compared comparedN }"
ALERT = f"""id state text severity service openedAt closedAt closedBecause rule {{ kind title }} unit {{ code }}
    atOpening {EVIDENCE} latest {EVIDENCE} history(first: 9) {{ nodes {{ kind actor {{ name }} after }} }}"""


async def test_an_alert_says_what_it_rests_on_from_its_opening_to_its_end():
    # given
    ulp = await f.a_unit(name="ULP Kota")
    await only(kinds=[UnitKind.ULP])
    await low_csat(ulp)
    await alert.run()
    boss = await as_(await f.a_person(Role.MANAGER, ulp))
    query = f"{{ alerts(first: 5) {{ totalCount nodes {{ {ALERT} }} }} }}"
    (opened,) = (await boss.data(query))["alerts"]["nodes"]
    # then
    today = clock.today(ulp.timezone)
    figures = {
        "value": "50.00",
        "n": 40,
        "low": "35.20",
        "high": "64.80",
        "hits": None,
        "reached": None,
        "fromOn": (today - timedelta(days=28)).isoformat(),
        "toOn": (today - timedelta(days=1)).isoformat(),
        "compared": "80.00",
        "comparedN": None,
    }
    assert opened["atOpening"] == opened["latest"] == figures
    assert (opened["state"], opened["unit"]["code"], opened["rule"]["title"]) == ("OPEN", ulp.code, "Aturan")
    assert (
        opened["text"]
        == "CSAT di ULP Kota: 50,00 (selang 95 %: 35,20 sampai 64,80, n = 40); batas bawah 80,00."
    )
    assert [entry["kind"] for entry in opened["history"]["nodes"]] == ["ALERT_OPENED"]
    # when it is taken on, and closes
    await boss.done("acknowledgeAlert", alertId=opened["id"], note="Kami periksa")
    await answers(ulp, csat_5=160)
    await alert.run()
    other = await as_(await f.a_person(Role.VIEWER, ulp, language=Language.EN))
    (closed,) = (await other.data(query))["alerts"]["nodes"]
    assert (closed["state"], closed["closedBecause"]) == ("CLOSED", "RECOVERED")
    assert closed["atOpening"] == figures
    assert closed["text"] == "CSAT at ULP Kota: 90.00 (95 % interval 85.06 to 93.43, n = 200); floor 80.00."
    entries = closed["history"]["nodes"]
    assert [(entry["kind"], entry["actor"] is None) for entry in entries] == [
        ("ALERT_OPENED", True),
        ("ALERT_ACKNOWLEDGED", False),
        ("ALERT_CLOSED", True),
    ]
    assert entries[2]["after"]["closedBecause"] == "RECOVERED"


async def test_alerts_are_found_by_all_that_they_are(world):
    # given
    now = clock.now()
    taken = {"acknowledged_at": now, "acknowledged_by": world.manager.id}
    closed = {"closed_at": now, "closed_because": "RECOVERED"}
    below = await a_bare_alert(world.below, world.warning_rule, severity="CRITICAL", service="SPKLU", **taken)
    gone = await a_bare_alert(world.here, world.warning_rule, severity="INFO", service=None, **closed)
    far = await a_bare_alert(world.elsewhere, world.warning_rule, opened_at=now - timedelta(days=2))
    names = {gid(world.warning): "here", gid(below): "below", gid(gone): "gone", gid(far): "far"}
    client = await as_(await f.a_person(Role.VIEWER, world.hq))

    async def found(arguments: str, field: str = "alerts") -> set[str]:
        data = await client.data(f"{{ {field}(first: 9, {arguments}) {{ totalCount nodes {{ id }} }} }}")
        assert data[field]["totalCount"] == len(data[field]["nodes"])
        return [names[one["id"]] for one in data[field]["nodes"]]

    rule = ids.encode("AlertRule", world.warning_rule.id)
    for condition, wanted in {
        f'unitId: "{gid(world.here)}"': {"here", "below", "gone"},
        f'unitId: "{gid(world.region)}", states: [OPEN, ACKNOWLEDGED]': {"here", "below"},
        "states: [ACKNOWLEDGED]": {"below"},
        "states: [CLOSED]": {"gone"},
        "severities: [CRITICAL, INFO]": {"below", "gone"},
        "services: [SPKLU]": {"below"},
        "kinds: [METRIC_FLOOR]": {"here", "below", "gone", "far"},
        "kinds: [OVERDUE_SHARE]": set(),
        f'ruleId: "{rule}"': {"here", "below", "gone", "far"},
        f'openedTo: "{(now - timedelta(days=1)).isoformat()}"': {"far"},
        f'openedFrom: "{(now - timedelta(days=1)).isoformat()}", states: [OPEN]': {"here"},
    }.items():
        assert set(await found(f"filter: {{ {condition} }}")) == wanted, condition
    assert await found("order: WORST_FIRST") == ["below", "here", "far", "gone"]
    # A unit's are its whole subtree's
    data = await client.data(
        f'{{ unit(id: "{gid(world.here)}") {{ alerts(first: 9) {{ nodes {{ id }} }} }} }}'
    )
    assert {names[one["id"]] for one in data["unit"]["alerts"]["nodes"]} == {"here", "below", "gone"}


WRONG = {
    "threshold": [("101", "threshold"), ("-1", "threshold"), ("80.001", "threshold")],
    "clearAt": [("79.99", "clearAt"), ("101", "clearAt")],
    "kinds": [([], "kinds")],
    "titleEn": [("", "titleEn"), ("x" * 201, "titleEn")],
    "leastN": [(0, "leastN"), (1_000_001, "leastN")],
    "metric": [(None, "metric")],
    "period": [(None, "period")],
    "audience": [("OWNER", "audience")],
    "byService": [(True, "service")],
}
FLOOR = {
    "kind": "METRIC_FLOOR",
    "titleId": "CSAT",
    "titleEn": "CSAT",
    "kinds": ["ULP"],
    "threshold": "80",
    "metric": "CSAT",
    "service": "SPKLU",
    "period": "WEEK",
}
SHARE = {**FLOOR, "kind": "OVERDUE_SHARE", "metric": None, "service": None, "period": None}


async def test_a_rule_that_makes_no_sense_is_refused_at_its_place():
    client = await as_(await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ")))
    async with unchanged():
        for name, cases in WRONG.items():
            for value, place in cases:
                refusals = await client.refusals("createAlertRule", **FLOOR | {name: value})
                assert [path for _, path in refusals] == [[place]], (name, value)
        for given, place in (
            (SHARE | {"clearAt": "80.01"}, "clearAt"),
            (SHARE | {"metric": "CSAT"}, "metric"),
            (SHARE | {"byService": True}, "byService"),
            (SHARE | {"service": "SPKLU"}, "service"),
            (FLOOR | {"kind": "METRIC_DROP", "clearAt": "80"}, "clearAt"),
            (SHARE | {"kind": "REVIEW_SPIKE"}, "kinds"),
        ):
            assert [path for _, path in await client.refusals("createAlertRule", **given)] == [[place]]


async def test_what_is_left_out_stays_and_a_clear_at_that_was_the_threshold_follows_it():
    client = await as_(await f.a_person(Role.PROGRAMME, await f.reference_unit("HQ")))
    shows = "alertRule { id version threshold clearAt enabled titleId }"
    made = (await client.done("createAlertRule", shows, **FLOOR))["alertRule"]
    assert (made["threshold"], made["clearAt"]) == ("80.00", "80.00")
    about = {"alertRuleId": made["id"]}
    changed = await client.done("updateAlertRule", shows, **about, expectedVersion=1, threshold="85")
    assert changed["alertRule"] == made | {"version": 2, "threshold": "85.00", "clearAt": "85.00"}
    changed = await client.done("updateAlertRule", shows, **about, expectedVersion=2, clearAt="90")
    assert changed["alertRule"] == made | {"version": 3, "threshold": "85.00", "clearAt": "90.00"}
    async with unchanged():
        assert await client.refusals("updateAlertRule", **about, expectedVersion=3, threshold="91") == [
            ("OUT_OF_RANGE", ["clearAt"])
        ]
        # The same again changes nothing
        await client.done("updateAlertRule", **about, expectedVersion=3, clearAt="90.00")
    data = await client.data(
        f'{{ node(id: "{made["id"]}") {{ ... on AlertRule {{ history(first: 9) {{ nodes {{ kind before after }} }} }} }} }}'
    )
    assert [(entry["kind"], entry["after"]) for entry in data["node"]["history"]["nodes"]][1:] == [
        ("ALERT_RULE_UPDATED", {"threshold": "85", "clearAt": "85"}),
        ("ALERT_RULE_UPDATED", {"clearAt": "90"}),
    ]


@pytest.mark.parametrize(("days", "code"), [(-1, "PAST_DATE"), (4_100, "OUT_OF_RANGE")])
async def test_the_programmes_end_lies_ahead_and_may_be_taken_back(world, days, code):
    client = await as_(world.programme)
    about = {"programmeId": gid(world.course)}
    day = clock.today("Asia/Jakarta")
    async with unchanged():
        given = {"endsOn": (day + timedelta(days=days)).isoformat(), "expectedVersion": 1}
        assert await client.refusals("setProgrammeEnd", **about, **given) == [(code, ["endsOn"])]
    shows = "programme { endsOn version }"
    made = await client.done("setProgrammeEnd", shows, **about, expectedVersion=1, endsOn=day.isoformat())
    assert made["programme"] == {"endsOn": day.isoformat(), "version": 2}
    made = await client.done("setProgrammeEnd", shows, **about, expectedVersion=2)
    assert made["programme"] == {"endsOn": None, "version": 3}
