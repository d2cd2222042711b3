"""Pain points with texts that are alike, by the trigrams that they share (PostgreSQL's pg_trgm). Only ever suggestions.

Similarity runs from 0 to 1. All that is told is looked at within one category, and as far as `sight` reaches.
"""

from collections.abc import Callable

from jejak.domain import pain_point_rules
from jejak.domain.access import Sight

# Below it PostgreSQL's index finds nothing: pg_trgm.similarity_threshold, as it comes.
THRESHOLD = 0.3
MOST_SHOWN = 20
_MOST_TEXTS = 5  # of an issue's pain points, beside its title
_MOST_SEEDS = 150
# Of the texts that the index finds alike so many are compared, whichever they are.
_MOST_COMPARED = 2_000

SeenAt = Callable[[str], Sight]
"""Which rows are seen, by the expression of their unit."""


def to_point(point: str, sight: SeenAt, first: str) -> str:
    """SQL, a table of `id` and `similarity`: other pain points like this one, dismissed ones left out. Takes an alias."""
    return f"""(
        select found.id, similarity(found.description, {point}.description) as similarity
        from (
            select other.id, other.description from pain_point other
            where other.category = {point}.category and other.description % {point}.description
                and other.id <> {point}.id and other.decision is distinct from 'DISMISSED' and {sight("other.unit_id")}
            limit {_MOST_COMPARED}
        ) found order by similarity desc, found.id limit {first})"""


def to_issue(issue: str, sight: SeenAt, first: str) -> str:
    """SQL, likewise: pain points without an issue that are like the issue's title or the worst of its pain points."""
    return f"""(
        select found.id, max(similarity(found.description, known.text)) as similarity
        from (
            select {issue}.title as text
            union
            (select mine.description from pain_point mine where mine.issue_id = {issue}.id and {sight("mine.unit_id")}
                order by {pain_point_rules.priority("mine")} desc, mine.id limit {_MOST_TEXTS})
        ) known cross join lateral (
            select other.id, other.description from pain_point other
            where other.category = {issue}.category and other.description % known.text
                and {_loose("other")} and {sight("other.unit_id")}
            limit {_MOST_COMPARED}
        ) found
        group by found.id order by similarity desc, found.id limit {first})"""


def groups(sight: SeenAt, where: str, first: str) -> str:
    """SQL, a table: of the worst pain points without an issue those that are alike, the group of the worst first.

    `category`, `ids` and `similarities` to the worst of the group, which stands first; `priorities`, their sum; `units`,
    how many they are of. Each is in one group, with at least another. `where`: over the alias `p`.
    """
    return f"""(
        with recursive worst as materialized (
            select p.id, p.unit_id, p.category, p.description, {pain_point_rules.priority("p")} as priority,
                row_number() over (order by {pain_point_rules.priority("p")} desc, p.id) as nth
            from pain_point p where {_loose("p")} and {sight("p.unit_id")} and {where}
            order by nth limit {_MOST_SEEDS}
        ), near as materialized (
            select one.nth as seed, other.nth as member, similarity(one.description, other.description) as similarity
            from worst one join worst other on other.category = one.category and other.nth > one.nth
            where similarity(one.description, other.description) >= {THRESHOLD}
        ), grown as (
            select 0::bigint as seed, '{{}}'::bigint[] as members, '{{}}'::bigint[] as taken
            union all
            select next.nth, next.members, grown.taken || next.nth || next.members
            from grown cross join lateral (
                select free.nth, array(
                    select near.member from near
                    where near.seed = free.nth and near.member <> all(grown.taken) order by near.member) as members
                from worst free where free.nth > grown.seed and free.nth <> all(grown.taken)
                order by free.nth limit 1) next
        )
        select row_number() over (order by sum(found.priority) desc, grown.seed) as nth, min(found.category) as category,
            array_agg(found.id order by found.similarity desc, found.nth) as ids,
            array_agg(found.similarity order by found.similarity desc, found.nth) as similarities,
            sum(found.priority) as priorities, count(distinct found.unit_id) as units
        from grown cross join lateral (
            select w.*, case when w.nth = grown.seed then 1.0 else (
                select near.similarity from near where near.seed = grown.seed and near.member = w.nth) end as similarity
            from worst w where w.nth = grown.seed or w.nth = any(grown.members)
        ) found
        where cardinality(grown.members) > 0
        group by grown.seed order by nth limit {first})"""


def _loose(point: str) -> str:
    """Of no issue, of an accepted journey, and not decided on; as the index has it."""
    return f"({point}.issue_id is null and {point}.decision is null and {point}.sla_started_at is not null)"
