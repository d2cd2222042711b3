"""`jejak explain-query`: the statement of a query as the API issues it, and PostgreSQL's plan."""

import re

import orjson
import pytest
from click.testing import CliRunner

from jejak.cli import main
from jejak.domain import clock, db
from jejak.domain.vocabulary import Role, UnitKind
from tests.factories import a_person, a_unit

UNIT = "query One($code: String!, $first: Int) { unit(code: $code) { name tasks(first: $first) { nodes { title } } } }"
STEPS = "{ steps { number title initiatives { code } } }"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "unit.graphql").write_text(UNIT)
    (tmp_path / "steps.graphql").write_text(STEPS)
    return tmp_path


def run(*words, code=0, given=None):
    result = CliRunner().invoke(main, ["explain-query", *map(str, words)], input=given)
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.usefixtures("database")
async def test_what_is_printed_answers_the_query(shell, folder):
    # Given the printed statement
    sql = shell.well("explain-query", folder / "steps.graphql", "--sql")
    assert max(map(len, sql.splitlines())) <= 100
    # When PostgreSQL is given just that
    data, still = await db.fetchrow(sql, "no token", "nobody", clock.now())
    # Then it is the answer, but to nobody
    assert [step["number"] for step in orjson.loads(data)["steps"]] == list(range(1, 11))
    assert still is False


async def test_it_tells_parameters_answers_rows_and_the_plan(shell, database_url, folder):
    said = shell.well(
        *(
            "explain-query",
            folder / "unit.graphql",
            "--variables",
            '{"code": "JATIM", "first": 7}',
            "--language",
            "en",
        ),
        DATABASE_URL=database_url,
    )
    assert re.search(r"parameters\n(  \$\d .+\n)*  \$1  'JATIM'\n", said)
    assert re.search(r"  sees every unit +yes\n", said)
    assert re.search(r"  \$first +7\n", said)
    assert re.search(r"rows, at most +8\n", said)
    assert "Index Scan using unit" in said
    assert "actual time" not in said


async def test_analyze_runs_it_and_says_how_long_that_took(shell, database_url, folder):
    said = shell.well("explain-query", folder / "steps.graphql", "--analyze", DATABASE_URL=database_url)
    assert "actual time" in said
    assert "Execution Time" in said
    assert "Buffers" in said


async def test_on_behalf_of_a_person_their_units_alone_are_read(shell, database, folder):
    unit = await a_unit(UnitKind.UP3, code="MLG")
    person = await a_person(Role.VIEWER, unit)
    said = shell.well(
        *("explain-query", folder / "unit.graphql", "--variables", '{"code": "MLG", "first": 1}'),
        *("--as", person.email),
        DATABASE_URL=database,
    )
    assert re.search(r"  sees every unit +no\n", said)
    assert f"array['{unit.path}']" in said
    assert "seen.path ^@ any" in said


async def test_nobody_of_that_name_is_said_in_one_line(shell, database_url, folder):
    said = shell.refused(
        "explain-query", folder / "steps.graphql", "--as", "x@pln.example", DATABASE_URL=database_url
    )
    assert "nobody here has the e-mail x@pln.example" in said


def test_nothing_of_a_token_is_shown_since_there_is_none(folder):
    assert "token_hash = $" in run(folder / "steps.graphql", "--sql")


def test_variables_come_from_a_file_too(folder):
    (folder / "given.json").write_text('{"code": "X", "first": 7}')
    assert "limit 8" in run(folder / "unit.graphql", "--sql", "--variables", f"@{folder / 'given.json'}")


def test_an_operation_of_several_has_to_be_named():
    both = "query A { steps { number } } query B { programme { code } }"
    assert "choose by --operation: A, B" in run("-", "--sql", given=both, code=1)
    assert "from programme" in run("-", "--sql", "--operation", "B", given=both)
    assert "has no operation C; it has: A, B" in run("-", "--sql", "--operation", "C", given=both, code=1)


def test_the_ordinary_executors_statements_are_one_a_field():
    said = run("-", "--sql", "--ordinary", given="{ csrfToken a: steps { number } b: programme { code } }")
    assert re.findall(r"(?m)^-- (.*)$", said) == ["a", "b"]
    assert len(re.findall(r"(?m)^select", said)) == 2


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            "{ nonsense\n more }",
            "<stdin>:1:3: Cannot query field 'nonsense' on type 'Query'. Did you mean 'nodes'?\n<stdin>:2:2: ",
        ),
        ("query {", "<stdin>:1:8: Syntax Error: Expected Name, found <EOF>."),
        ("{ csrfToken }", "not compiled, FIELD: no table holds `csrfToken`; ask"),
        ("{ __schema { types { name } } }", "not compiled, FIELD: no table holds `__schema`; ask"),
        ("mutation { signOut(input: {}) { errors { code } } }", "not compiled, OPERATION: only queries are"),
        ("{ tasks(first: 1000) { nodes { title } } }", "it would be refused: INVALID_PAGE (first): "),
        (UNIT, "it would be refused: Variable '$code' has invalid value: Expected a value of non-null"),
    ],
)
def test_what_is_not_compiled_says_why_and_ends_with_1(document, said):
    assert run("-", "--sql", given=document, code=1).startswith(f"Error: {said}")


@pytest.mark.parametrize("given", ["{", "[]", "@absent.json"])
def test_variables_that_are_none_are_a_wrong_use(folder, given):
    assert "Invalid value for --variables" in run(folder / "unit.graphql", "--variables", given, code=2)


def test_where_nothing_is_it_says_what_to_do(shell, folder):
    assert shell.refused("explain-query", folder / "steps.graphql").endswith(
        "does not exist yet; run: jejak up\n"
    )


def test_beside_a_running_up(shell, an_up, folder):
    said = shell.well("explain-query", folder / "steps.graphql", "--data", an_up.prepared.data)
    assert "Scan on step" in said or "Scan using step" in said
