"""R9: the formula, as SQL. Score = sum(weight * score) / sum(weight) over the items that apply; null where none does."""

# What a person sees of an exact figure. Numeric division carries 16 digits or more; the inner rounding keeps a true
# half from being seen as just below it.
SHOWN = "round(round({value}, 10), 2)"
# Of rows `s` of scores and `i` of the items by which they are weighted.
_EXACT = "sum(i.weight * s.score) / sum(i.weight)"


def shown(value: str) -> str:
    """SQL: two decimals, rounded once."""
    return SHOWN.format(value=value)


def of_assessment(assessment: str, dimension: str | None = None) -> str:
    """SQL: the score of one assessment (an alias) by its own template, as shown; of one dimension (an alias) of it."""
    of = "" if dimension is None else f"and i.dimension_id = {dimension}.id"
    return f"""(
        select {shown(_EXACT)} from assessment_score s join assessment_item i on i.id = s.item_id
        where s.assessment_id = {assessment}.id and s.score is not null {of})"""


def by_unit(wave: str, template: str, also: str = "true") -> str:
    """SQL: for each unit that was assessed in a wave its exact score by the items of a template, and that of each of
    the template's dimensions; `dimension` is the code, null for the whole. Takes expressions of keys.

    Items are matched by code, so that it may be another template than the wave's own: what has no match is left out.
    `also`: which assessments, a condition over `a`.
    """
    return f"""
        select a.unit_id, d.code as dimension, {_EXACT} as score
        from assessment a join assessment_score s on s.assessment_id = a.id
        join assessment_item own on own.id = s.item_id
        join assessment_item i on i.template_id = {template} and i.code = own.code
        join assessment_dimension d on d.id = i.dimension_id
        where a.wave_id = {wave} and a.status = 'SUBMITTED' and s.score is not null and {also}
        group by grouping sets ((a.unit_id), (a.unit_id, d.code))"""


def figures(wave: str, template: str, path: str, also: str = "true") -> str:
    """SQL for a row: `score`, the mean over the units that were assessed at and below a path, and how many these are."""
    return f"""(
        select {shown("avg(f.score)")} as score, count(*) as assessed
        from ({by_unit(wave, template, also)}) f join unit at on at.id = f.unit_id
        where f.dimension is null and at.path ^@ {path})"""


def dimensions(wave: str, template: str, path: str, also: str = "true") -> str:
    """SQL for a row for each dimension of the template, in the same way."""
    return f"""(
        select d.position, d.code, d.title_id, d.title_en,
            (select sum(i.weight) from assessment_item i where i.dimension_id = d.id) as weight,
            {shown("avg(f.score)")} as score, count(f.score) as assessed
        from assessment_dimension d left join (
            select f.* from ({by_unit(wave, template, also)}) f join unit at on at.id = f.unit_id where at.path ^@ {path}
        ) f on f.dimension = d.code
        where d.template_id = {template} group by d.id)"""


def ranking(wave: str, template: str, chosen: str, also: str = "true", tree: str = "unit") -> str:
    """SQL for a row for each of the `chosen` units (a condition over `place`) with a score, the best first; equals share
    a rank. One pass over the scores, however many units there are. `tree`: units with other paths than they have now.
    """
    return f"""(
        with scored as materialized (
            select at.path, f.score from ({by_unit(wave, template, also)}) f join {tree} at on at.id = f.unit_id
            where f.dimension is null
        )
        select rank() over (order by {shown("avg(scored.score)")} desc) as rank, place.id as unit_id, place.code,
            place.name, place.kind, place.parent_id, {shown("avg(scored.score)")} as score, count(*) as assessed
        from {tree} place join scored on scored.path ^@ place.path where {chosen}
        group by place.id, place.code, place.name, place.kind, place.parent_id)"""


def unmatched(template: str, other: str) -> str:
    """SQL for the items of a template of whose code the other has none."""
    return f"""(
        select i.code, i.title_id, i.title_en, i.weight, d.position as dimension, i.position
        from assessment_item i join assessment_dimension d on d.id = i.dimension_id
        where i.template_id = {template} and not exists (
            select from assessment_item its where its.template_id = {other} and its.code = i.code))"""
