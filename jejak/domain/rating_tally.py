"""R8: histograms of what customers answered, so that no dashboard reads answers again.

An answer waits (`rating_pending`) until a worker counts it, in the transaction in which it stops waiting: however often
that dies or runs twice, it is counted once. It is counted at its unit and at each above, by day and by month; a
unit that moves takes its counts along (the trigger `rating_moved`).
"""

from time import monotonic

from jejak.domain import db
from jejak.domain.metric_rules import SCALES

COUNTS = tuple(column for scale in SCALES.values() for column in scale.columns)
AT_ONCE = 50_000
# Of a worker, which has other things to do: so long, and in parts of about a second.
_TURN_SECONDS = 4
_A_TURN = 10_000
_PATIENCE_SECONDS = 240


async def drain(at_once: int = AT_ONCE) -> int:
    """Counts all that waits, `at_once` in a transaction; how many there were."""
    counted = 0
    while True:
        with db.patient(_PATIENCE_SECONDS):
            batch = await _some(at_once)
        counted += batch
        if batch < at_once:
            return counted


async def keep_up() -> None:
    """Counts for some seconds of what waits; whoever comes next goes on, and whoever comes meanwhile leaves it to this."""
    until = monotonic() + _TURN_SECONDS
    while monotonic() < until:
        with db.patient(_PATIENCE_SECONDS):
            if await _some(_A_TURN, waiting=False) < _A_TURN:
                return


async def _some(most: int, *, waiting: bool = True) -> int:
    async with db.transaction():
        # The tree as it is after this is that by which a move that waits, or has ended, counts.
        if waiting:
            await db.lock(db.Lock.RATINGS)
        elif not await db.lock_if_free(db.Lock.RATINGS):
            return 0
        # A whole batch is grouped several times over, and this is done by one worker at a time.
        await db.execute("set local work_mem = '128MB'")
        return int(await db.fetchval(_COUNT, most, timeout=_PATIENCE_SECONDS))


def _each(template: str) -> str:
    return ", ".join(template.format(name=name) for name in COUNTS)


_COUNTED = ", ".join(
    # As an integer, whose sums are none of numeric.
    f"(count(*) filter (where {scale.name} = {score}))::integer as {column}"
    for scale in SCALES.values()
    for score, column in zip(scale.scores, scale.columns, strict=True)
)
_ADDED = _each("{name} = coalesce(kept.{name} + excluded.{name}, kept.{name}, excluded.{name})")
_CELL = "unit_id, monthly, by_feature, starts_on, service, channel, feature"

_SUMS = _each("sum({name})::integer as {name}")
_NAMES = _each("{name}")
_MONTH = "date_trunc('month', day::timestamp)::date"

_COUNT = f"""
with taken as (
    delete from rating_pending
    where rating_id in (select rating_id from rating_pending order by rating_id limit $1)
    returning rating_id
), answered as materialized (
    select r.unit_id, r.day, r.service, r.channel, r.feature, r.staff_id, {_COUNTED}
    from taken join rating r on r.id = taken.rating_id
    group by r.unit_id, r.day, r.service, r.channel, r.feature, r.staff_id
), above as materialized (
    select here.id as of_unit, up.id as unit_id, up.kind <> 'ULP' as has_below
    from unit here join unit up on up.code = any(string_to_array(rtrim(here.path, '/'), '/'))
    where here.id in (select unit_id from answered)
), daily as materialized (
    select above.unit_id, above.has_below, day, service, channel, feature, {_SUMS}
    from answered join above on above.of_unit = answered.unit_id group by 1, 2, 3, 4, 5, 6
), of_all as materialized (
    select unit_id, day, service, channel, {_SUMS} from daily where has_below group by 1, 2, 3, 4
), cell as (
    select unit_id, false as monthly, true as by_feature, day as starts_on, service, channel, feature, {_NAMES} from daily
    union all
    select unit_id, true, true, {_MONTH}, service, channel, feature, {_SUMS} from daily group by 1, 4, 5, 6, 7
    union all
    select unit_id, false, false, day, service, channel, '', {_NAMES} from of_all
    union all
    select unit_id, true, false, {_MONTH}, service, channel, '', {_SUMS} from of_all group by 1, 4, 5, 6
), in_cells as (
    insert into rating_tally as kept ({_CELL}, {_NAMES})
    select {_CELL}, {_each("nullif({name}, 0)")} from cell order by unit_id, monthly, by_feature, starts_on
    on conflict ({_CELL}) do update set {_ADDED}
), of_staff as (
    insert into staff_tally as kept (staff_id, starts_on, {_NAMES})
    select staff_id, day, {_each("nullif(sum({name}), 0)")} from answered
    where staff_id is not null group by 1, 2 order by 1, 2
    on conflict (staff_id, starts_on) do update set {_ADDED}
)
select count(*) from taken
"""
