"""The tables of docs/access.md, as the tests read them."""

from functools import cache
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "access.md"


@cache
def table(heading: str) -> list[dict[str, str]]:
    """The rows of the table under `heading`, by the names of its columns."""
    text = DOCUMENT.read_text(encoding="utf-8")
    (section,) = [part for part in text.split("\n## ")[1:] if part.startswith(f"{heading}\n")]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(head, row, strict=True)) for row in rows]


@cache
def decisions() -> dict[str, dict[str, str]]:
    """Who sees a field: by type and field. A field that is decided twice fails."""
    found: dict[str, dict[str, str]] = {}
    for row in table("Fields"):
        for field in row["fields"].split():
            assert field not in found.setdefault(row["type"], {}), f"{row['type']}.{field} stands there twice"
            found[row["type"]][field] = row["seen by"]
    return found


@cache
def rows_seen_by() -> dict[str, str]:
    return {row["type"]: row["a row is seen by"] for row in table("Rows")}


def subscriptions() -> dict[str, str]:
    return {row["subscription"]: row["who is told"] for row in table("Subscriptions")}


def mutations() -> dict[str, dict[str, str]]:
    return {row["mutation"]: row for row in table("Mutations")}
