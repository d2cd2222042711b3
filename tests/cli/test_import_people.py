"""`jejak import-people FILE`: everybody, or nobody and every reason why."""

import pytest

from jejak.domain.tables.person import Membership, Person
from jejak.domain.vocabulary import UnitKind
from tests.domain.person_files import HEADER, PEOPLE
from tests.domain.unit_files import as_csv, as_xlsx
from tests.factories import a_unit
from tests.refusals import unchanged

WRONG = [
    PEOPLE[0],
    ("", "", "", "", "", ""),
    ("nobody", "Siapa", "MLG", "VIEWER", "", ""),
    ("b@pln.example", "", "NOWHERE", "BOSS", "", ""),
    ("c@pln.example", "C", "NOWHERE", "VIEWER", "", ""),
    ("d@pln.example", "D", "MLG", "PROGRAMME", "", ""),
]


@pytest.fixture
async def _malang(database):

    await a_unit(UnitKind.UP3, code="MLG")


@pytest.mark.usefixtures("_malang")
@pytest.mark.parametrize(("write", "name"), [(as_csv, "people.csv"), (as_xlsx, "people.xlsx")])
async def test_a_good_file_is_loaded_and_again_changes_nothing(shell, database_url, write, name):
    (shell.folder / name).write_bytes(write(PEOPLE, HEADER))
    said = shell.well("import-people", name, DATABASE_URL=database_url)
    assert said == "2 people created, 1 roles given, 0 unchanged\n"
    sri = await Person.objects().get(Person.email == "sri@pln.example")
    assert await Membership.count().where(Membership.person_id == sri.id) == 2
    async with unchanged():
        again = shell.well("import-people", name, DATABASE_URL=database_url)
    assert again == "0 people created, 0 roles given, 3 unchanged\n"


@pytest.mark.usefixtures("_malang")
async def test_a_file_with_problems_names_them_all_and_writes_nothing(shell, database_url):
    (shell.folder / "people.csv").write_bytes(as_csv(WRONG, HEADER))
    async with unchanged():
        ended = shell.run("import-people", "people.csv", DATABASE_URL=database_url)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "row 4 email: This is not an e-mail address.",
        "row 5 role: Choose one of: VIEWER / CONTRIBUTOR / MANAGER / ADMIN / PROGRAMME.",
        "row 6 unit_code: Not found.",
        "row 7 role: The kind of this unit must be HQ.",
        "Error: 4 problem(s) in people.csv; nothing was written",
    ]
