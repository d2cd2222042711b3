"""What people type to find journeys, pain points and tasks, and the words that it looks for.

The table `search_entry` holds the words of each of them twice, kept by triggers: by their Indonesian stem, and as they
are written, so that English words, codes and exact phrases are found too. PostgreSQL's stemmer loses the first
letter of many roots behind me- and pe- (`menunggu` gives `unggu`, `tunggu` gives `tunggu`), so a question looks for
the forms in which a root is written, each by its own stem.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from jejak.domain.checks import storable
from jejak.domain.errors import Code, Refused

MOST_TEXT = 200
MOST_TERMS = 12
_VOWELS = "aeiou"
# The marks that NFKD parts from their letters, and apostrophes, which some write and others do not: Jum'at, Jumat.
_DROPPED = re.compile("[\u0300-\u036f'`\u2018\u2019\u02bc]")
# In 2.200 VA, which some write 2200.
_THOUSANDS = re.compile("(?<=[0-9])[.](?=[0-9]{3}(?![0-9]))")
_CHUNK = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_WORD = re.compile(r"[a-z0-9]+")
# Words that stand everywhere and find nothing; looked for only where nothing else is.
_EMPTY = frozenset(
    [
        "yang",
        "di",
        "ke",
        "dari",
        "dan",
        "untuk",
        "dengan",
        "pada",
        "itu",
        "ini",
        "oleh",
        "adalah",
        "para",
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "to",
        "and",
        "for",
    ]
)
# Stripped before the letters that the stemmer loses: behind any of these it keeps them.
_PREFIXES = ("diper", "memper", "di", "ter", "ber", "ke", "se", "per")
_SUFFIXES = ("kannya", "annya", "kan", "nya", "an", "i")
_SHORTEST_ROOT = 4


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to find: a phrase of `words` as they are written, or a single word in any of its `forms`."""

    words: tuple[str, ...]
    forms: tuple[str, ...] = ()
    unwanted: bool = False
    begun: bool = False  # still being typed: any word that starts with it is meant


@dataclass(frozen=True, slots=True)
class Wanted:
    """SQL expressions of type tsquery: what an entry has to satisfy, and what of it is shown as found."""

    matches: str
    marks: str


def terms(text: str) -> list[list[Term]]:
    """Alternatives, each of terms that all have to hold. Empty where there is nothing to look for.

    As search engines have it: words, "an exact phrase", -unwanted, `or` (`atau`) between alternatives.
    """
    folded = fold(text)
    last = len(folded)
    found: list[list[Term]] = [[]]
    for chunk in _CHUNK.finditer(folded):
        minus, phrase, word = chunk.groups()
        if word in {"or", "atau"}:
            found.append([])
            continue
        unwanted = minus == "-" or (word or "").startswith("-")
        words = tuple(_WORD.findall(word if phrase is None else phrase))
        if not words:
            continue
        single = phrase is None and not unwanted and len(words) == 1
        begun = phrase is None and not unwanted and chunk.end() == last and len(words[-1]) > 1
        begun = begun and folded.endswith(words[-1])
        found[-1].append(Term(words, forms(words[0]) if single else (), unwanted, begun))
    ways = [_telling(way)[:MOST_TERMS] for way in found[:MOST_TERMS]]
    return [way for way in ways if not all(term.unwanted for term in way)]


def _telling(way: list[Term]) -> list[Term]:
    telling = [term for term in way if not (term.forms and term.words[0] in _EMPTY)]
    return telling if any(not term.unwanted for term in telling) else way


def wanted(text: str, param: Callable[[str], str]) -> Wanted | None:
    """The SQL for `text`; None where it names nothing to look for. Refuses TOO_LONG, INVALID_TEXT.

    `param` gives the placeholder of a text.
    """
    if len(text) > MOST_TEXT:
        raise Refused(Code.TOO_LONG, "text", most=MOST_TEXT)
    if not storable(text):
        raise Refused(Code.INVALID_TEXT, "text")
    ways = terms(text)
    if not ways:
        return None
    matches = " || ".join(f"({' && '.join(_matches(term, param) for term in way)})" for way in ways)
    marks = " || ".join(_marks(term, param) for way in ways for term in way if not term.unwanted)
    return Wanted(f"({matches})", f"({marks})")


def fold(text: str) -> str:
    """Without accents and case. The function `search_words` of the database does the same."""
    return _THOUSANDS.sub("", _DROPPED.sub("", unicodedata.normalize("NFKD", text)).lower())


def forms(word: str) -> tuple[str, ...]:
    """The word, and each root that it may have as it is written alone, behind di- and me-, and before -an."""
    found = [word]
    for root in _roots(word):
        found += [root, f"di{root}", _nasal(root), f"{root}an"]
    return tuple(dict.fromkeys(found))


def _roots(word: str) -> list[str]:
    bare = [word]
    if match := re.fullmatch(r"(?:me|pe)(ng|ny|m|n)([aeiou].*)", word):
        nasal, rest = match.groups()
        lost = {"ng": ("k", ""), "ny": ("s", "ny"), "m": ("p", "m"), "n": ("t", "n")}[nasal]
        bare += [first + rest for first in lost]
    bare += [word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix)]
    stems = [stem for long in bare for stem in (long, *_without_suffix(long))]
    return [stem for stem in dict.fromkeys(stems) if len(stem) >= _SHORTEST_ROOT and stem.isalpha()]


def _without_suffix(word: str) -> list[str]:
    return [word.removesuffix(suffix) for suffix in _SUFFIXES if word.endswith(suffix)][:1]


def _nasal(root: str) -> str:
    """The root behind me-, as it is written: tunggu, menunggu."""
    if root[0] in "tk" and root[1] in _VOWELS and len(root) > _SHORTEST_ROOT:
        return ("men" if root[0] == "t" else "meng") + root[1:]
    return f"me{root}"


def _matches(term: Term, param: Callable[[str], str]) -> str:
    if term.unwanted:
        return f"!!{_as_written(term, param)}"
    if not term.forms:
        return _as_written(term, param)
    return f"({_as_written(term, param)} || {_stemmed(term.forms, param)})"


def _as_written(term: Term, param: Callable[[str], str]) -> str:
    *before, last = term.words
    return f"to_tsquery('simple', {param(' <-> '.join([*before, f'{last}:*' if term.begun else last]))})"


def _stemmed(words: tuple[str, ...], param: Callable[[str], str]) -> str:
    return f"search_stems({param(' '.join(words))})"


def _marks(term: Term, param: Callable[[str], str]) -> str:
    # Texts are marked by their stems, so that the words of a phrase have to be named by theirs.
    stems = _stemmed(term.forms or term.words, param)
    return f"({_as_written(term, param)} || {stems})"


def found(wanted: Wanted | None) -> str:
    """SQL for what is found, for a `from`: the columns of `search_entry`, the `rank` of each (a larger one is a
    better match, 0 to 1,000,000) and its `marks`. Everybody's: the reader's scope is put around it.
    """
    if wanted is None:
        return "(select entry.*, 0 as rank, null::tsquery as marks from search_entry entry where false)"
    # Materialized, so that whatever the plan the question is made once and not for every row.
    return f"""(
        with asked as materialized (select {wanted.matches} as matches, {wanted.marks} as marks)
        select entry.*, (ts_rank(entry.words, asked.matches, 1) * 1000000)::integer as rank, asked.marks
        from asked join search_entry entry on entry.words @@ asked.matches)"""


def title(row: str) -> str:
    """SQL: what stands above a hit."""
    return f"""case {row}.kind
        when 'JOURNEY' then (select found.title from journey found where found.id = {row}.id)
        when 'TASK' then (select found.title from task found where found.id = {row}.id)
        else (select left(found.description, 100) from pain_point found where found.id = {row}.id) end"""


def excerpt(row: str) -> str:
    """SQL: the part of its text where the words stand, each between the marks « and », which then mean nothing else."""
    text = f"""case {row}.kind
        when 'JOURNEY' then (
            select concat_ws(E'\n', nullif(found.narrative, ''), (
                select string_agg(concat_ws(E'\n', s.name, nullif(s.customer_did, ''), nullif(s.customer_said, '')), E'\n'
                    order by s.position)
                from stage s where s.journey_id = found.id))
            from journey found where found.id = {row}.id)
        when 'TASK' then (
            select coalesce(nullif(found.description, ''), found.title) from task found where found.id = {row}.id)
        else (select found.description from pain_point found where found.id = {row}.id) end"""
    options = "StartSel=«, StopSel=», MinWords=12, MaxWords=30"
    return f"ts_headline('indonesian', translate({text}, '«»', '\"\"'), {row}.marks, '{options}')"
