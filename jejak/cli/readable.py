"""SQL laid out for people. Nothing but white space between its words is changed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_WIDTH = 100
_STEP = 2
# Texts and quoted names are one word each, whatever they hold.
_WORD = re.compile(r"""\s*(E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[()\[\],]|[^\s'"()\[\],]+)""")
_CLOSED_BY = {"(": ")", "[": "]"}
_CLAUSES = {"select", "where", "having", "limit", "union"}
_CASES = {"when", "else"}
_BEFORE_JOIN = {"left", "cross", "inner", "right", "full", "outer"}
_PAIRS = {"json_build_object", "jsonb_build_object"}


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    spaced: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """What stands between brackets, with them. `pairs`: it holds names and values in turn."""

    opened: _Word
    inside: "Sequence[_Part]"
    closed: _Word
    pairs: bool


_Part: TypeAlias = _Word | _Group


def readable(sql: str) -> str:
    """One statement, whose brackets match, in lines of at most 100 characters where its words allow."""
    words = iter([_Word(found[1], found.start(1) > found.start()) for found in _WORD.finditer(sql)])
    return "\n".join(_laid_out(_parts(words, ""), 0))


def _parts(words: Iterator[_Word], until: str) -> list[_Part]:
    parts: list[_Part] = []
    for word in words:
        if word.text in _CLOSED_BY:
            before = parts[-1] if parts else None
            pairs = isinstance(before, _Word) and before.text in _PAIRS
            inside = _parts(words, _CLOSED_BY[word.text])
            closed = inside.pop()
            assert isinstance(closed, _Word)  # noqa: S101 -- what ended the loop inside
            parts.append(_Group(word, inside, closed, pairs))
            continue
        parts.append(word)
        if word.text == until:
            break
    return parts


def _flat(parts: Sequence[_Part]) -> str:
    return "".join(_piece(part) for part in parts).strip()


def _piece(part: _Part) -> str:
    if isinstance(part, _Word):
        return f" {part.text}" if part.spaced else part.text
    return _piece(part.opened) + _flat(part.inside) + _piece(part.closed).strip()


def _laid_out(parts: Sequence[_Part], indent: int, *, pairs: bool = False) -> Iterator[str]:
    query = _is_query(parts)
    for n, line in enumerate(_lines(parts, pairs=pairs)):
        goes_on = n and (_text(line[0]) in _CASES or (query and not _begins_clause(line)))
        yield from _line(line, indent + (_STEP if goes_on else 0))


def _line(parts: Sequence[_Part], indent: int) -> Iterator[str]:
    """A line, or, where it would be too long, several: its longest group is opened."""
    flat = _flat(parts)
    groups = [n for n, part in enumerate(parts) if isinstance(part, _Group) and part.inside]
    if indent + len(flat) <= _WIDTH or not groups:
        yield " " * indent + flat
        return
    n = max(groups, key=lambda n: len(_piece(parts[n])))
    group = parts[n]
    assert isinstance(group, _Group)  # noqa: S101 -- so they were chosen
    yield from _line([*parts[:n], group.opened], indent)
    yield from _laid_out(group.inside, indent + _STEP, pairs=group.pairs)
    yield from _line([group.closed, *parts[n + 1 :]], indent)


def _lines(parts: Sequence[_Part], *, pairs: bool) -> Iterator[list[_Part]]:
    """Where it may break: before a clause and a condition, after a comma (of pairs after each second one)."""
    query, commas, between = _is_query(parts), 0, False
    line: list[_Part] = []
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        text = _text(part)
        condition = text == "or" or (text == "and" and not between)
        clause = query and _is_clause(text, _text(line[-1]) if line else "", following)
        if line and (clause or condition or text in _CASES or _is_by(text, following)):
            yield line
            line = []
        between = text == "between" or (between and text != "and")
        line.append(part)
        if text == ",":
            commas += 1
            if not pairs or commas % 2 == 0:
                yield line
                line = []
    if line:
        yield line


def _text(part: _Part | None) -> str:
    return part.text.lower() if isinstance(part, _Word) else ""


def _is_query(parts: Sequence[_Part]) -> bool:
    return bool(parts) and _text(parts[0]) in {"select", "with"}


def _is_clause(text: str, before: str, following: _Part | None) -> bool:
    match text:
        case "from":
            return before != "distinct"
        case "join":
            return before not in _BEFORE_JOIN
        case "left" | "cross":
            return _text(following) in {"join", "outer"}
        case _:
            return text in _CLAUSES


def _is_by(text: str, following: _Part | None) -> bool:
    return text in {"order", "group"} and _text(following) == "by"


def _begins_clause(line: Sequence[_Part]) -> bool:
    following = line[1] if len(line) > 1 else None
    return _is_clause(_text(line[0]), "", following) or _is_by(_text(line[0]), following)
