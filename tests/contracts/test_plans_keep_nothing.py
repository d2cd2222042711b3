"""A statement that is kept for others must hold nothing of the request that it was written for."""

import ast

import pytest

from jejak.graphql.reading.statement import Statement
from tests.contracts.test_shape import PACKAGE

# Where a request begins, and with it the moment that it is told of.
BEGINS = {"compiled.py", "reading/schema.py"}
TYPES = sorted(
    path
    for path in (PACKAGE / "graphql").rglob("*.py")
    if path.relative_to(PACKAGE / "graphql").as_posix() not in BEGINS
)


@pytest.mark.parametrize("path", TYPES, ids=lambda path: path.stem)
def test_no_type_reads_the_clock_while_it_becomes_sql(path):
    imported = {
        name.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert not imported & {"clock", "time"}


def test_a_statement_shows_nobody_its_request():
    shown = [name for name in dir(Statement) if not name.startswith("_")]
    assert not {"request", "viewer", "variables", "values"} & set(shown)
