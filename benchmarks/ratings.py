"""`make bench-ratings`: a dashboard over many ratings beside the same over few, and beside SQL over the answers themselves.

On servers of its own. The ratings are written by the database, in the order of time and over a year and 512 units; the
histograms are filled by the service's own function.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import click
import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import organisation, reader
from jejak import running
from jejak.api.app import create_app
from jejak.domain import clock, db, rating_tally
from jejak.graphql import ids
from jejak.settings import Limits, Settings

DAYS = 365
_AT_ONCE = 500_000
FEW = 10_000
# Nothing here is to survive a power failure.
_OF_THE_SERVER = (
    "fsync = off",
    "full_page_writes = off",
    "max_wal_size = '16GB'",
    "checkpoint_timeout = '1h'",
)

METRIC = "{ n value mean low high indicative change overlaps target distance before { n value low high } distribution { score count } }"
QUERY = f"""query ($unit: ID!, $from: Date!, $to: Date!, $grain: Grain!, $by: Breakdown!) {{
    ratingMetrics(unitId: $unit, from: $from, to: $to, grain: $grain, by: $by) {{
        startsOn service feature unit {{ code }} csat {METRIC} nps {METRIC} ces {METRIC} }} }}"""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`bare`: the `group by` of the same over the answers."""

    title: str
    unit: str
    days: int
    grain: str
    by: str
    bare: str


DASHBOARDS = (
    Dashboard("headquarters, a month, by service", "HQ", 1, "MONTH", "SERVICE", "r.service"),
    Dashboard("headquarters, a year by months", "HQ", DAYS, "MONTH", "NONE", "date_trunc('month', r.day)"),
    Dashboard("headquarters, a year by weeks", "HQ", DAYS, "WEEK", "NONE", "date_trunc('week', r.day)"),
    Dashboard("headquarters, a month, by region", "HQ", 1, "MONTH", "UNIT", "split_part(u.path, '/', 2)"),
    Dashboard("headquarters, a month, by feature", "HQ", 1, "MONTH", "FEATURE", "r.feature"),
    Dashboard("a region, a year by months", "JATIM", DAYS, "MONTH", "NONE", "date_trunc('month', r.day)"),
    Dashboard("a region, a month, by UP3", "JATIM", 1, "MONTH", "UNIT", "split_part(u.path, '/', 3)"),
    Dashboard("a ULP, a month by days", "ULP-000", 30, "DAY", "NONE", "r.day"),
    Dashboard("a ULP, a year by weeks", "ULP-000", DAYS, "WEEK", "NONE", "date_trunc('week', r.day)"),
)


@dataclass(slots=True)
class Measured:
    milliseconds: dict[str, float] = field(default_factory=dict)
    bare: dict[str, float] = field(default_factory=dict)
    drained: float = 0  # ratings a second
    cells: int = 0


@click.command()
@click.option("--ratings", default=10_000_000, show_default=True, help="How many there are to be.")
@click.option("--rounds", default=15, show_default=True, help="How often each dashboard is asked for.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=None, help="Where the servers' data lies meanwhile."
)
def main(ratings: int, rounds: int, folder: Path | None) -> None:
    """Prints medians; ends well whatever they are."""
    asyncio.run(_run(ratings, rounds, folder))


async def _run(ratings: int, rounds: int, folder: Path | None) -> None:
    console = Console(width=150)
    async with contextlib.AsyncExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="jejak-bench-", dir=folder))
        servers = await stack.enter_async_context(
            running.servers(Settings(), Path(place), alone=True, valkey=False)
        )
        await stack.enter_async_context(running.database(servers.database_url))
        for setting in _OF_THE_SERVER:
            await db.execute(f"alter system set {setting}")
        await db.execute("select pg_reload_conf()")
        await running.prepare("bench@pln.example")
        await organisation.build()
        token = (await reader.sign_up()).token
        app = create_app(Settings(limits=Limits(per_minute=10_000_000, burst=10_000_000)))
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://jejak.test",
                headers={"Authorization": f"Bearer {token}"},
            )
        )
        found = {}
        for number in (FEW, ratings):
            found[number] = await _measured(console, client, number, rounds)
    _show(console, found)


async def _measured(console: Console, client: httpx.AsyncClient, number: int, rounds: int) -> Measured:
    await db.execute("truncate rating, rating_pending, rating_tally, staff_tally, staff cascade")
    measured = Measured()
    first = clock.today("Asia/Jakarta").replace(day=1) - timedelta(days=DAYS)
    console.print(f"{number:,} ratings are written ...")
    begun = time.perf_counter()
    indexes = await db.fetch(_INDEXES)
    for index in indexes:
        await db.execute(f"drop index {index['indexname']}")
    for start in range(0, number, _AT_ONCE):
        async with db.transaction():
            # Foreign keys hold by construction, and are not what is measured.
            await db.execute("set local session_replication_role = replica")
            await organisation.patiently(_RATINGS, start, min(_AT_ONCE, number - start), number, first, DAYS)
    for index in indexes:
        await organisation.patiently(index["indexdef"])
    await organisation.patiently("vacuum analyze rating, rating_pending")
    console.print(f"... in {time.perf_counter() - begun:.0f} s, and counted ...")
    begun = time.perf_counter()
    await rating_tally.drain()
    measured.drained = number / (time.perf_counter() - begun)
    console.print(f"... in {time.perf_counter() - begun:.0f} s: {measured.drained:,.0f} a second")
    await organisation.patiently("vacuum analyze rating_tally")
    measured.cells = await db.fetchval("select count(*) from rating_tally")
    for size in ("rating", "rating_tally"):
        told = await db.fetchval("select pg_size_pretty(pg_total_relation_size($1::regclass))", size)
        console.print(f"{size}: {told}")
    for one in DASHBOARDS:
        last = first + timedelta(days=DAYS - 1)
        await _ask(console, client, one, last, rounds, measured)
    return measured


async def _ask(  # noqa: PLR0917 -- all of it is about one dashboard
    console: Console, client: httpx.AsyncClient, one: Dashboard, last: date, rounds: int, measured: Measured
) -> None:
    unit = await db.fetchrow("select id, path from unit where code = $1", one.unit)
    assert unit is not None  # noqa: S101 -- it has just been built
    began = last - timedelta(days=one.days - 1)
    asked = {
        "query": QUERY,
        "variables": {
            "unit": ids.encode("Unit", unit["id"]),
            "from": began.isoformat(),
            "to": last.isoformat(),
            "grain": one.grain,
            "by": one.by,
        },
    }
    seconds = []
    for _ in range(rounds + 2):
        begun = time.perf_counter()
        answer = await client.post("/graphql", json=asked)
        seconds.append(time.perf_counter() - begun)
        if '"errors"' in answer.text:
            raise RuntimeError(answer.text[:1_000])
    measured.milliseconds[one.title] = 1_000 * statistics.median(seconds[2:])
    if one.grain == "MONTH":
        began = began.replace(day=1)
    bare = []
    for _ in range(3):
        begun = time.perf_counter()
        await organisation.patiently(_BARE.format(group=one.bare), unit["path"], began, last)
        bare.append(time.perf_counter() - begun)
    measured.bare[one.title] = 1_000 * statistics.median(bare)
    console.print(
        f"{one.title}: {measured.milliseconds[one.title]:.1f} ms, bare {measured.bare[one.title]:.1f} ms"
    )


def _show(console: Console, found: dict[int, Measured]) -> None:
    few, many = (found[number] for number in (min(found), max(found)))
    table = Table(
        "dashboard", *(f"{number:,} ms" for number in sorted(found)), "ratio", "over the answers, ms"
    )
    for one in DASHBOARDS:
        title = one.title
        ratio = many.milliseconds[title] / few.milliseconds[title]
        table.add_row(
            title,
            f"{few.milliseconds[title]:.1f}",
            f"{many.milliseconds[title]:.1f}",
            f"{ratio:.2f}",
            f"{many.bare[title]:,.0f}",
        )
    console.print(table)
    for number in sorted(found):
        one = found[number]
        console.print(f"{number:,} ratings: {one.drained:,.0f} counted a second, {one.cells:,} cells")


_INDEXES = (
    "select indexname, indexdef from pg_indexes where tablename = 'rating' and indexname <> 'rating_pkey'"
)

# 21 features, of which each belongs to a service.
_RATINGS = """
with place as (
    select id, row_number() over (order by id) - 1 as nth, count(*) over () as units from unit where kind = 'ULP'
), made as (
    select n, $4::date + ((n * $5::bigint) / $3::bigint)::integer as day, (hashint8(n) & 2147483647)::bigint as a,
        (hashint8(n * 31 + 7) & 2147483647)::bigint as b
    from generate_series($1::bigint, $1::bigint + $2::bigint - 1) n
), written as (
    insert into rating (id, unit_id, service, feature, channel, csat, overall, ces, nps, aspects, answered_at, day,
        received_at, source, external_id)
    select uuidv7(), found.* from (select place.id, (array['PB_PD','COMPLAINT','SPKLU','PREPAID','POSTPAID','NON_TAGLIS','SWACAM'])[a % 7 + 1],
        'F' || a % 7 || '-' || b % 3, (array['PLN_MOBILE','CALL','LIVE_CHAT','SOCIAL_MEDIA','OFFICE','FIELD'])[b / 7 % 6 + 1],
        case when a % 3 > 0 then greatest(1, 5 - b / 43 % 11 / 3) end, case when b % 5 = 0 then 1 + a / 7 % 5 end,
        case when b % 2 = 0 then 1 + a / 11 % 7 end, case when a % 3 = 0 or b % 4 = 0 then b / 13 % 11 end, '{}'::text[],
        made.day + time '12:00' at time zone 'UTC', made.day, made.day + interval '1 day', 'BENCH', n::text
    from made join place on place.nth = (a / 7 + b) % (select max(units) from place)
    order by made.n) found
    returning id
), waiting as (
    insert into rating_pending (rating_id) select id from written returning 1
)
select count(*) from waiting
"""
_BARE = """
select count(*) from (
    select {group}, count(r.csat), count(*) filter (where r.csat >= 4), avg(r.csat), count(r.nps),
        count(*) filter (where r.nps >= 9), count(*) filter (where r.nps <= 6), avg(r.nps), count(r.ces),
        count(*) filter (where r.ces >= 5), avg(r.ces)
    from rating r join unit u on u.id = r.unit_id where u.path ^@ $1 and r.day between $2 and $3 group by 1
) found
"""


if __name__ == "__main__":
    main()
