"""R9: assessments, and what was published of them, from files of earlier waves."""

from datetime import date
from decimal import Decimal

import pytest

from jejak.domain import assessment_file, assessment_import, assessment_rules, db, wave_result
from jejak.domain.access import SYSTEM
from jejak.domain.assessment_import import ImportAssessments
from jejak.domain.bulk import Unread
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.assessment import Assessment, AssessmentScore
from jejak.domain.vocabulary import ErrorPolicy, Role, RowOutcome, UnitKind
from jejak.domain.wave_result import ImportWaveResults
from tests import factories as f
from tests import shopping as s
from tests.domain.unit_files import as_csv, as_xlsx
from tests.refusals import events_of, refused, unchanged

HEADER = ("Kode ULP", "Tanggal", *s.ITEMS[:-1], "Catatan")
FILES = [(as_csv, "nilai.csv"), (as_xlsx, "nilai.xlsx")]


def a_line(code: str, day: str, *scores: object, note: str = "") -> tuple[object, ...]:
    return (code, day, *[str(one) for one in scores], *[""] * (11 - len(scores)), note)


@pytest.mark.parametrize(("write", "name"), FILES)
async def test_a_file_is_read_as_people_write_it(write, name):
    lines = [
        a_line("batu", "31/01/2025", 100, "87,5", "NA", "tb", "-", "40.25%", note="Terlambat"),
        a_line("KPJ", "2025-02-01", "", 0),
    ]
    numbers, rows = assessment_file.read(write(lines, HEADER), name, s.ITEMS)
    assert numbers == [2, 3]
    first, second = rows
    assert not isinstance(first, Unread)
    assert not isinstance(second, Unread)
    assert (first.unit_code, first.visited_on, first.note) == ("batu", date(2025, 1, 31), "Terlambat")
    assert {one.item_code: one.score for one in first.scores} == {
        "A1": Decimal(100), "A2": Decimal("87.5"), "A3": None, "A4": None, "A5": None, "B": Decimal("40.25"),
    }  # fmt: skip
    assert [one.item_code for one in first.scores if one.not_applicable] == ["A3", "A4", "A5"]
    assert [(one.item_code, one.score) for one in second.scores] == [("A2", Decimal(0))]


@pytest.mark.parametrize(("write", "name"), FILES)
async def test_a_dry_run_lists_every_problem_by_its_row_and_writes_nothing(write, name):
    # given
    wave, ulp, visited = await s.a_wave(), await f.a_unit(), await f.a_unit()
    await s.an_assessment(wave, visited, s.evenly(50))
    up3 = await f.a_unit(UnitKind.UP3)
    lines = [
        a_line(ulp.code, "2025-01-31", 50),
        a_line(ulp.code, "2025-01-31", 60),
        a_line("NOWHERE", "2025-01-31", 50),
        a_line(up3.code, "2025-01-31", 50),
        a_line(visited.code, "2025-01-31", 50),
        a_line((await f.a_unit()).code, "2999-01-31", 50),
        a_line((await f.a_unit()).code, "31 Januari", 101, "baik", "1.234"),
        a_line((await f.a_unit()).code, "2025-01-31"),
    ]
    _, rows = assessment_file.read(write(lines, HEADER), name, s.ITEMS)
    wanted = ImportAssessments(wave.id, rows, dry_run=True)
    # when
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await assessment_import.load(SYSTEM, wanted)
        done = await assessment_import.load(
            SYSTEM, ImportAssessments(wave.id, rows, ErrorPolicy.REJECT_FAILED_ROWS, dry_run=True)
        )
    # then
    assert [(problem.code, problem.path[1:]) for problem in caught.value.problems] == [
        (Code.TAKEN, (1, "unit_code")),
        (Code.NOT_FOUND, (2, "unit_code")),
        (Code.INVALID_KIND, (3, "unit_code")),
        (Code.TAKEN, (4, "unit_code")),
        (Code.FUTURE_DATE, (5, "visited_on")),
        (Code.INVALID_DATE, (6, "visited_on")),
        (Code.INVALID_SCORE, (6, "A1")),
        (Code.INVALID_SCORE, (6, "A2")),
        (Code.INVALID_SCORE, (6, "A3")),
        (Code.REQUIRED, (7, "scores")),
    ]
    assert {n: one.outcome for n, one in done.made.items()} == {0: RowOutcome.CREATED}


async def test_a_second_import_changes_what_has_changed():
    # given
    wave, one, other = await s.a_wave(), await f.a_unit(), await f.a_unit()

    async def load(*lines):
        _, rows = assessment_file.read(as_csv(list(lines), HEADER), "nilai.csv", s.ITEMS)
        done = await assessment_import.load(SYSTEM, ImportAssessments(wave.id, rows))
        return [made.outcome for made in done.made.values()]

    lines = [a_line(one.code, "2025-01-31", 50, "NA"), a_line(other.code, "2025-01-31", 70)]
    assert await load(*lines) == [RowOutcome.CREATED] * 2
    async with unchanged():
        assert await load(*lines) == [RowOutcome.UNCHANGED] * 2
    # when a score is another, and one is not known any more
    assert await load(lines[0], a_line(other.code, "2025-01-31", "", 80)) == [
        RowOutcome.UNCHANGED,
        RowOutcome.CHANGED,
    ]
    # then
    changed = await Assessment.objects().get(Assessment.unit_id == other.id)
    assert changed is not None
    scores = await AssessmentScore.objects().where(AssessmentScore.assessment_id == changed.id)
    assert [row.score for row in scores] == [Decimal(80)]
    assert await events_of(changed.id) == ["assessment.imported", "assessment.revised"]


async def test_what_was_published_stands_beside_what_is_computed():
    # given a wave of which the overall and a dimension were published, and another with assessments
    wave, keeper = await s.a_wave(), await s.a_keeper()
    lines = [("HQ", "56,66", ""), ("BALI", "75.04", ""), ("HQ", "15.3", "b")]
    header = ("unit", "nilai", "dimensi")
    _, rows = assessment_file.read_results(as_csv(lines, header), "hasil.csv")
    done = await wave_result.import_results(keeper, ImportWaveResults(wave.id, rows))
    assert [one.outcome for one in done.made.values()] == [RowOutcome.CREATED] * 3
    # then
    figures = assessment_rules.figures(f"'{wave.id}'::uuid", f"'{wave.template_id}'::uuid", "'HQ/'")
    row = await db.fetchrow(f"select * from {figures} f")
    assert row is not None
    assert (row["score"], row["assessed"]) == (None, 0)
    async with unchanged():
        again = await wave_result.import_results(keeper, ImportWaveResults(wave.id, rows))
    assert [one.outcome for one in again.made.values()] == [RowOutcome.UNCHANGED] * 3
    # and what is wrong is named by its row
    wrong = [("HQ", "1", ""), ("HQ", "2", ""), ("BALI", "x", ""), ("BALI", "1", "Z"), ("NOWHERE", "1", "")]
    _, rows = assessment_file.read_results(as_csv(wrong, header), "hasil.csv")
    async with unchanged():
        with pytest.raises(Refused) as caught:
            await wave_result.import_results(keeper, ImportWaveResults(wave.id, rows, dry_run=True))
    assert [(problem.code, problem.path[1:]) for problem in caught.value.problems] == [
        (Code.TAKEN, (1, "unit_code")),
        (Code.INVALID_SCORE, (2, "score")),
        (Code.NOT_FOUND, (3, "dimension_code")),
        (Code.NOT_FOUND, (4, "unit_code")),
    ]


async def test_only_who_keeps_the_rules_imports():
    wave = await s.a_wave()
    manager = await f.a_viewer(Role.MANAGER, await f.reference_unit("HQ"))
    _, rows = assessment_file.read(as_csv([a_line("HQ", "2025-01-31", 50)], HEADER), "nilai.csv", s.ITEMS)
    async with refused(Code.FORBIDDEN, "wave_id"):
        await assessment_import.import_assessments(manager, ImportAssessments(wave.id, rows))
