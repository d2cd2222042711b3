"""SQL for JSON: an object, a row, rows.

Rows become objects by `row_to_json`, which looks at the types once for a row and writes no blanks; `json_build_object`,
which looks at each value's, where a key is longer than any name in PostgreSQL may be.
"""

from collections.abc import Sequence

Pairs = Sequence[tuple[str, str]]
# Keys are GraphQL names, which hold nothing that would need quoting, and no letter of more than a byte.
_LONGEST_NAME = 63
# PostgreSQL takes at most 100 arguments, and so 50 pairs, in one call.
_MOST_PAIRS = 50
_MOST_COLUMNS = 1_600


def json_object(pairs: Pairs) -> str:
    """One object."""
    rendered = [f"'{key}', {value}" for key, value in pairs]
    if len(rendered) <= _MOST_PAIRS:
        return f"json_build_object({', '.join(rendered)})"
    chunks = [rendered[start : start + _MOST_PAIRS] for start in range(0, len(rendered), _MOST_PAIRS)]
    return "(" + " || ".join(f"jsonb_build_object({', '.join(chunk)})" for chunk in chunks) + ")::json"


def json_of_row(pairs: Pairs) -> str:
    """An object of the row at hand."""
    columns = _columns(pairs)
    return json_object(pairs) if columns is None else f"(select row_to_json(r) from (select {columns}) r)"


def json_row(pairs: Pairs, source: str) -> str:
    """The only row of `source`, which stands after a `from`; null where there is none."""
    columns = _columns(pairs)
    if columns is None:
        return f"(select {json_object(pairs)} from {source})"
    return f"(select row_to_json(r) from (select {columns} from {source}) r)"


def json_rows(pairs: Pairs, source: str, order: str) -> str:
    """All rows of `source` as an array, in order."""
    columns = _columns(pairs)
    if columns is None:
        return f"(select coalesce(json_agg({json_object(pairs)} order by {order}), '[]'::json) from {source})"
    rows = f"select {columns} from {source} order by {order}"
    return f"(select coalesce(json_agg(r), '[]'::json) from ({rows}) r)"


def _columns(pairs: Pairs) -> str | None:
    if len(pairs) > _MOST_COLUMNS or any(len(key) > _LONGEST_NAME for key, _ in pairs):
        return None
    return ", ".join(f'{value} as "{key}"' for key, value in pairs)
