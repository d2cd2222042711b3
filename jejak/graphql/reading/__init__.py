"""The one reading module: types are declared over their tables, and a selection becomes one SQL statement.

    declare.py    what a type says of its fields: column, expression, one, many, page, held
    statement.py  the statement under construction: parameters, aliases, the viewer's scope
    selection.py  what a query asks of a type: fragments, aliases, @skip and @include
    compile.py    from a selection to SQL
    paging.py     from a page's arguments to keyset SQL, and cursors
    connection.py a page as SQL: its rows once, and around them what is asked of the connection
    row_answers.py what the answers to the rows of a bulk input hold, by one statement for all
    schema.py     binds the declarations to the executable schema

Nothing outside this package knows how a field gets its value.
"""

from jejak.graphql.reading.declare import (
    answers,
    column,
    entity,
    everyone,
    expression,
    held,
    many,
    one,
    own,
    page,
    within,
)
from jejak.graphql.reading.paging import Connection, Key
from jejak.graphql.reading.schema import bind
from jejak.graphql.reading.statement import Field, Statement

__all__ = [
    "Connection", "Field", "Key", "Statement", "answers", "bind", "column", "entity", "everyone", "expression",
    "held", "many", "one", "own", "page", "within",
]  # fmt: skip
