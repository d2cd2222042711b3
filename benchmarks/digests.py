"""Making and sending digests to a local mail server that keeps nothing, beside bare statements and a bare client."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib

from benchmarks.measure import Result, compare
from jejak.channels import outbox
from jejak.domain import clock, db
from jejak.settings import Mail, Settings

_AT_ONCE = 50


async def build(number: int) -> None:
    """So many people with three notices each, of which nobody has been told outside."""
    await db.execute("truncate notice, delivery_notice, delivery_attempt, delivery, digest cascade")
    await db.execute(_PEOPLE, number, clock.now())
    await db.execute("vacuum analyze")


async def measure(rounds: int) -> list[Result]:
    async with _sink() as port:
        outbox.configure(
            Settings(mail=Mail("127.0.0.1", port, "Jejak <jejak@pln.example>", "jejak@pln.example"))
        )
        await outbox.make()
        await db.execute("update channel_state set began_at = began_at - interval '1 day'")

        async def ours() -> int:
            await outbox.make()
            while await outbox.send():
                pass
            return int(await db.fetchval("select count(*) from delivery where state = 'DELIVERED'"))

        async def bare() -> int:
            return await _bare(port)

        return [await compare("digests made and sent by e-mail", ours, bare, _again, rounds)]


@contextlib.asynccontextmanager
async def _sink() -> AsyncIterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    command = (
        sys.executable,
        "-m",
        "aiosmtpd",
        "-n",
        "-c",
        "aiosmtpd.handlers.Sink",
        "-l",
        f"127.0.0.1:{port}",
    )
    sink = await asyncio.create_subprocess_exec(*command)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            await asyncio.sleep(0.1)
        yield port
    finally:
        sink.terminate()
        await sink.wait()


async def _again() -> None:
    await db.execute("truncate delivery_notice, delivery_attempt, delivery cascade")


async def _bare(port: int) -> int:
    """One statement makes them, one reads fifty, and one records what became of each before the next is sent."""
    await db.execute(_MADE, clock.now())
    sent = 0
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        while rows := await db.fetch(_READ, _AT_ONCE):
            for row in rows:
                mail = EmailMessage()
                mail["From"], mail["To"], mail["Subject"] = "Jejak <jejak@pln.example>", row["email"], "Jejak"
                mail.set_content(row["lines"])
                mail.add_alternative(f"<pre>{row['lines']}</pre>", subtype="html")
                _, said = await client.send_message(mail)
                await db.execute(_SENT, row["id"], clock.now(), said)
                sent += 1
    return sent


_PEOPLE = """
with someone as (
    insert into person (id, email, name, language, version, created_at)
    select gen_random_uuid(), 'reader-' || n || '@pln.example', 'Reader ' || n, 'id', 1, $2 from generate_series(1, $1) n
    returning id
), numbered as (
    select id, row_number() over (order by id) as nth from someone
), place as (
    select id, row_number() over (order by id) - 1 as nth, count(*) over () as units from unit
), member as (
    insert into membership (id, person_id, unit_id, role, ranger, granted_at)
    select gen_random_uuid(), numbered.id, place.id, 'CONTRIBUTOR', false, $2
    from numbered join place on place.nth = numbered.nth % (select max(units) from place)
    returning person_id, unit_id
), bundled as (
    insert into digest (id, person_id, created_at) select gen_random_uuid(), person_id, $2 from member returning id, person_id
)
insert into notice (id, person_id, digest_id, unit_id, kind, task_id, due_on, created_at)
select gen_random_uuid(), member.person_id, bundled.id, member.unit_id, 'DUE_SOON', work.id, work.due_on, $2
from member join bundled using (person_id)
cross join lateral (select t.id, t.due_on from task t where t.unit_id = member.unit_id limit 3) work
"""
_MADE = """
with made as (
    insert into delivery (id, person_id, channel, target, unit_id, day, test, state, attempts, next_attempt_at, expires_at,
        created_at)
    select gen_random_uuid(), person_id, 'EMAIL', person_id, min(unit_id::text)::uuid, $1::date, false, 'PENDING', 0, $1, $1, $1
    from notice group by person_id returning id, target
)
insert into delivery_notice (id, delivery_id, target, notice_id)
select gen_random_uuid(), made.id, made.target, n.id from made join notice n on n.person_id = made.target
"""
_READ = """
select d.id, p.email, string_agg(t.title || ' ' || u.name || ' ' || n.due_on, E'\\n') as lines
from (select * from delivery where state = 'PENDING' order by next_attempt_at, id limit $1) d
join person p on p.id = d.person_id join delivery_notice dn on dn.delivery_id = d.id join notice n on n.id = dn.notice_id
join task t on t.id = n.task_id join unit u on u.id = t.unit_id group by d.id, p.email
"""
_SENT = """
with settled as (update delivery set state = 'DELIVERED', attempts = 1, settled_at = $2 where id = $1)
insert into delivery_attempt (id, delivery_id, nth, at, milliseconds, outcome, said, answer)
values (gen_random_uuid(), $1, 1, $2, 0, 'DELIVERED', $3, '')
"""
