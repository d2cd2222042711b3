"""What a file of people says."""

import pytest

from jejak.domain import person_file
from jejak.domain.bulk import Unread
from jejak.domain.errors import Code, Refused
from jejak.domain.person_import import PersonRow
from jejak.domain.vocabulary import Language, Role
from tests.domain.person_files import HEADER, PEOPLE
from tests.domain.unit_files import as_csv, as_xlsx

ROWS = [
    PersonRow("sri@pln.example", "Sri Wahyuni", Role.CONTRIBUTOR, Language.ID, None, "MLG", ranger=True),
    PersonRow("budi@pln.example", "Budi Santoso", Role.MANAGER, Language.EN, None, "MLG"),
    PersonRow("sri@pln.example", "Sri Wahyuni", Role.VIEWER, Language.ID, None, "JATIM"),
]


@pytest.mark.parametrize(("write", "name"), [(as_csv, "people.csv"), (as_xlsx, "people.xlsx")])
def test_it_gives_the_same_people_in_every_format(write, name):
    assert person_file.read(write(PEOPLE, HEADER), name) == ([2, 3, 4], ROWS)


def test_it_knows_its_columns_by_many_names_and_does_without_the_last_two():
    header = ("Surel", "NAMA", "Kode Unit", "peran")
    numbers, rows = person_file.read(as_csv([line[:4] for line in PEOPLE], header), "people.csv")
    assert numbers == [2, 3, 4]
    assert [(row.email, row.unit_code, row.role, row.ranger, row.language) for row in rows] == [
        (row.email, row.unit_code, row.role, False, Language.ID) for row in ROWS
    ]


def test_a_row_with_an_unknown_choice_says_which_there_are():
    wrong = ("a@pln.example", "A", "MLG", "BOSS", "maybe", "FR")
    numbers, rows = person_file.read(as_csv([("",) * 6, PEOPLE[0], wrong], HEADER), "people.csv")
    assert numbers == [3, 4]
    assert rows[0] == ROWS[0]
    assert isinstance(rows[1], Unread)
    assert [(problem.code, problem.path) for problem in rows[1].problems] == [
        (Code.INVALID_CHOICE, ("rows", 1, column)) for column in ("role", "language", "ranger")
    ]


def test_a_column_that_is_missing_or_there_twice_is_named():
    with pytest.raises(Refused) as refused:
        person_file.read(as_csv([], ("email", "surel", "name", "role")), "people.csv")
    assert [(problem.code, problem.path) for problem in refused.value.problems] == [
        (Code.TAKEN, ("rows", 1, "email")),
        (Code.REQUIRED, ("rows", 1, "unit_code")),
    ]
