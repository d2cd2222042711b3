"""No client is broken unawares: what changes since the last release is written down, and deprecated before it goes."""

import pytest
from graphql import build_schema

from tests.contracts.schema_changes import (
    CHANGELOG,
    CURRENT,
    HEADING,
    RELEASED,
    breaking,
    coming,
    problems,
    version_of,
)


def test_every_breaking_change_since_the_last_release_is_declared():
    """Paste the lines that this shows into CHANGELOG.md, each with what to do instead."""
    texts = [path.read_text(encoding="utf-8") for path in (RELEASED, CURRENT, CHANGELOG)]
    assert problems(*texts) == []


def test_the_released_schema_is_of_a_version_that_was():
    released = version_of(RELEASED.read_text(encoding="utf-8"))
    assert f"## {released} - " in CHANGELOG.read_text(encoding="utf-8")


OLD = """# 1.4.0
type Query { unit(id: ID!, code: String): Unit, units: [Unit!]!, level: Level }
type Unit { id: ID!, name: String!, path: String @deprecated(reason: "2026-06-01: use id") }
enum Level { HIGH LOW }
input Filter { text: String }
"""
CHANGELOG_OF = """# Changelog

## 1.5.0 - {day}

- Something new.

{breaking}
### Fixed

- Something.

## 1.4.0 - 2026-01-01

{heading}

- Field Query.other was removed. That was then.
"""


def changelog(*lines: str, day: str = "unreleased") -> str:
    section = "\n".join([HEADING, "", *lines, ""]) if lines else ""
    return CHANGELOG_OF.format(day=day, breaking=section, heading=HEADING)


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        ("units: [Unit!]!, ", "", "Field Query.units was removed."),
        ("name: String!", "name: String", "Field Unit.name changed type from String! to String."),
        (", code: String", "", "Argument Query.unit(code:) was removed."),
        ("id: ID!, code: String)", "id: ID!, code: String!)", "Argument Query.unit(code:) has changed type from String to String!."),
        ("HIGH LOW", "HIGH", "Enum value Level.LOW was removed."),
        ("text: String", "text: String, more: Int!", "A required field Filter.more was added."),
        ("input Filter { text: String }", "", "Filter was removed."),
    ],
)  # fmt: skip
def test_a_breaking_change_needs_its_line(was, now, change):
    new = OLD.replace(was, now)
    assert new != OLD
    # when
    (problem,) = problems(OLD, new, changelog())
    # then what it shows is what has to be pasted
    line = problem[problem.index("- ") :]
    assert change in line
    assert problems(OLD, new, changelog(f"{line} Use something else.")) == []
    assert len(problems(OLD, new, changelog(line.replace("- ", "- Another ")))) == 2
    assert problems(OLD, new, changelog(line, "- Field Query.never was removed.")) == [
        "in CHANGELOG.md, but not so in the schema: - Field Query.never was removed."
    ]


def test_a_line_for_a_change_that_is_not_there_fails():
    assert problems(OLD, OLD, changelog("- Field Query.units was removed.")) == [
        "in CHANGELOG.md, but not so in the schema: - Field Query.units was removed."
    ]


def test_what_is_only_added_needs_no_line():
    new = OLD.replace("name: String!", "name: String!, code: String").replace("HIGH LOW", "HIGH LOW MIDDLE")
    assert problems(OLD, new, changelog()) == []


def test_lines_of_versions_that_were_released_are_history():
    assert coming(changelog(), "1.4.0").lines == ()
    released = OLD.replace("# 1.4.0", "# 1.5.0")
    assert problems(released, released, changelog("- Field Query.units was removed.")) == []


def test_a_removal_is_declared_even_if_it_was_deprecated_and_never_comes_before_its_day():
    new = OLD.replace(', path: String @deprecated(reason: "2026-06-01: use id")', "")
    line = f"- {breaking_of(new)}"
    assert len(problems(OLD, new, changelog())) == 1
    assert problems(OLD, new, changelog(line, day="2026-06-01")) == []
    assert problems(OLD, new, changelog(line, day="2026-05-31")) == [
        "Unit.path: removed on 2026-05-31, but it was promised until 2026-06-01"
    ]


def breaking_of(new: str) -> str:
    (change,) = breaking(build_schema(OLD), build_schema(new))
    return change


@pytest.mark.parametrize("reason", ["use id", "2027-13-01: use id", "soon: use id", "2027-03-01", ""])
@pytest.mark.parametrize(
    ("was", "place"),
    [
        ("name: String!", "Unit.name"),
        ("LOW", "Level.LOW"),
        ("text: String", "Filter.text"),
        ("code: String", "Query.unit(code:)"),
    ],
)
def test_a_deprecation_says_from_when_it_may_go(was, place, reason):
    new = OLD.replace(was, f'{was} @deprecated(reason: "{reason}")', 1)
    (problem,) = problems(OLD, new, changelog())
    assert problem.startswith(f"{place}: a deprecation says from when it may go")


def test_a_deprecation_leaves_three_months():
    new = OLD.replace("name: String!", 'name: String! @deprecated(reason: "2026-05-01: use id")')
    assert problems(OLD, new, changelog()) == []
    assert problems(OLD, new, changelog(day="2026-01-31")) == []
    assert problems(OLD, new, changelog(day="2026-02-01")) == [
        "Unit.name: deprecated on 2026-02-01, it stays until 2026-05-02 at least"
    ]
