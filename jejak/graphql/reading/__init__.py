"""The one reading module: types are declared over their tables, and a selection becomes one SQL statement.

    declare.py    what a type says of its fields: column, expression, one, many, page, held
    request.py    what a request brings, and values that a statement is written without knowing
    statement.py  the statement under construction: parameters, questions, aliases, the viewer's scope
    selection.py  what a query asks of a type: fragments, aliases, @skip and @include
    arguments.py  a field's arguments, from the document and from variables
    compile.py    from a selection to SQL
    as_json.py    SQL for an object, a row, rows
    global_ids.py what `node` and `nodes` are given
    paging.py     from a page's arguments to keyset SQL, and cursors
    connection.py a page as SQL: its rows once, and around them what is asked of the connection
    plan.py       statements that are kept, with the questions by whose answers they are found again
    operation.py  a whole query as one statement, whose JSON is sent as it comes
    explain.py    what a query asks of the database, to look at
    cost.py       what one request asks for, and the most that it may
    row_answers.py what the answers to the rows of a bulk input hold, by one statement for all
    schema.py     binds the declarations to the executable schema

Nothing outside this package knows how a field gets its value. How it all goes together: README.md beside this.
"""

from jejak.graphql.reading.declare import (
    answers,
    column,
    entity,
    everyone,
    expression,
    held,
    many,
    named,
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
    "held", "many", "named", "one", "own", "page", "within",
]  # fmt: skip
