"""What may change in the schema between two versions: `released.graphql` is that of the last one, and says of which.

Every breaking change has its line in CHANGELOG.md, above the released version's heading, under "### Breaking in the API":
`- ` and graphql-core's words for it, and what to do instead. Deprecations name the day from which they may go.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    is_enum_type,
    is_specified_directive,
)

import jejak

ROOT = Path(__file__).parents[2]
RELEASED, CURRENT, CHANGELOG = ROOT / "released.graphql", ROOT / "schema.graphql", ROOT / "CHANGELOG.md"
HEADING = "### Breaking in the API"
GRACE = timedelta(days=90)
_VERSION = re.compile(r"## (\d+\.\d+\.\d+) - (unreleased|\d{4}-\d{2}-\d{2})")
_REASON = re.compile(r"(\d{4}-\d{2}-\d{2}): .+")


@dataclass(frozen=True)
class Coming:
    """What the changelog says of the version to come: its day, where it is known, and its lines on breaking changes."""

    day: date | None
    lines: tuple[str, ...]


def version_of(released: str) -> str:
    """From the first line of `released.graphql`."""
    return released.splitlines()[0].removeprefix("# ")


def coming(changelog: str, released_version: str) -> Coming:
    """Everything above the heading of the released version."""
    day, lines, inside = None, [], False
    for line in changelog.splitlines():
        heading = _VERSION.fullmatch(line)
        if heading and heading[1] == released_version:
            break
        if heading:
            day = None if heading[2] == "unreleased" else date.fromisoformat(heading[2])
        inside = line == HEADING or (inside and not line.startswith("#"))
        if inside and line.startswith("- "):
            lines.append(line)
    return Coming(day, tuple(lines))


def breaking(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    return [change.description for change in find_breaking_changes(old, new)]


def deprecations(schema: GraphQLSchema) -> dict[str, str]:
    """The reason of everything that is deprecated, by its coordinate."""
    found = {}
    for coordinate, thing in _things(schema):
        if thing.deprecation_reason is not None:
            found[coordinate] = thing.deprecation_reason
    return found


def _things(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Whatever can be deprecated."""
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        parts = kind.values if is_enum_type(kind) else getattr(kind, "fields", {})
        for name, part in parts.items():
            yield f"{kind.name}.{name}", part
            for argument, declared in getattr(part, "args", {}).items():
                yield f"{kind.name}.{name}({argument}:)", declared
    for directive in schema.directives:
        if not is_specified_directive(directive):
            for argument, declared in directive.args.items():
                yield f"@{directive.name}({argument}:)", declared


def problems(released: str, current: str, changelog: str) -> list[str]:
    """What has to be put right, as lines for whoever does it; none where all is declared."""
    old, new = build_schema(released), build_schema(current)
    declared = coming(changelog, version_of(released))
    changes = breaking(old, new)
    undeclared = [change for change in changes if not any(_declares(line, change) for line in declared.lines)]
    found = [
        f'missing in CHANGELOG.md under "{HEADING}" of the coming version: - {each}' for each in undeclared
    ]
    found += [
        f"in CHANGELOG.md, but not so in the schema: {line}"
        for line in declared.lines
        if not any(_declares(line, change) for change in changes)
    ]
    return [*found, *_wrong_deprecations(old, new, declared.day)]


def _declares(line: str, change: str) -> bool:
    return line.startswith(f"- {change}")


def _wrong_deprecations(old: GraphQLSchema, new: GraphQLSchema, day: date | None) -> Iterator[str]:
    before, there = deprecations(old), {coordinate for coordinate, _ in _things(new)}
    for coordinate, reason in deprecations(new).items():
        ends = _end(reason)
        if ends is None:
            yield f'{coordinate}: a deprecation says from when it may go, as "2027-03-01: use x", not "{reason}"'
        elif coordinate not in before and day is not None and ends < day + GRACE:
            yield f"{coordinate}: deprecated on {day}, it stays until {day + GRACE} at least"
    for coordinate, reason in before.items():
        ends = _end(reason)
        if coordinate not in there and ends is not None and day is not None and day < ends:
            yield f"{coordinate}: removed on {day}, but it was promised until {ends}"


def _end(reason: str) -> date | None:
    match = _REASON.fullmatch(reason)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def main() -> None:
    current = CURRENT.read_text(encoding="utf-8")
    if "--release" in sys.argv:
        RELEASED.write_text(f"# {jejak.__version__}\n{current}", encoding="utf-8")
        return
    released = RELEASED.read_text(encoding="utf-8")
    old, new = build_schema(released), build_schema(current)
    print(f"Since {version_of(released)}, breaking:")  # noqa: T201
    print("\n".join(f"- {change}" for change in breaking(old, new)) or "  nothing")  # noqa: T201
    print("and what a client that is not careful may stumble over:")  # noqa: T201
    dangerous = [change.description for change in find_dangerous_changes(old, new)]
    print("\n".join(f"- {change}" for change in dangerous) or "  nothing")  # noqa: T201


if __name__ == "__main__":
    main()
