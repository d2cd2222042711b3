"""Transactions, and tables that are what the migrations made."""

import asyncio

import pytest
from piccolo.columns import (
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    Numeric,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.column_types import JSON, JSONB
from piccolo.engine.exceptions import TransactionError

from jejak.domain import checks, db
from jejak.domain.migrations.piccolo_app import APP_CONFIG
from jejak.domain.migrations.run import migrate, missing
from jejak.domain.tables.search import TsVector
from tests.refusals import unchanged
from tests.sql import statements

FAMILIES = {
    UUID: "uuid",
    ForeignKey: "uuid",
    Text: "text",
    Integer: "integer",
    SmallInt: "smallint",
    BigInt: "bigint",
    BigSerial: "bigint",
    Boolean: "boolean",
    Date: "date",
    Timestamptz: "timestamp with time zone",
    DoublePrecision: "double precision",
    Numeric: "numeric",
    JSON: "json",
    JSONB: "jsonb",
    Array: "ARRAY",
    TsVector: "tsvector",
    Bytea: "bytea",
}


async def columns(table: str) -> dict[str, tuple[str, bool]]:
    rows = await db.fetch(
        "select column_name, data_type, is_nullable from information_schema.columns where table_schema = 'public' and table_name = $1",
        table,
    )
    return {row["column_name"]: (row["data_type"], row["is_nullable"] == "YES") for row in rows}


@pytest.mark.parametrize("table", APP_CONFIG.table_classes, ids=lambda table: table._meta.tablename)
async def test_a_table_is_what_the_migrations_made(table):
    declared = {
        column._meta.name: (FAMILIES[type(column)], column._meta.null) for column in table._meta.columns
    }
    assert declared == await columns(table._meta.tablename)


@pytest.mark.parametrize("table", APP_CONFIG.table_classes, ids=lambda table: table._meta.tablename)
async def test_a_foreign_key_refers_to_the_same_table_on_both_sides(table):
    rows = await db.fetch(
        """
        select a.attname as column, c.confrelid::regclass::text as target from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.conrelid = $1::regclass
        """,
        table._meta.tablename,
    )
    declared = {
        c._meta.name: c._foreign_key_meta.resolved_references._meta.tablename
        for c in table._meta.foreign_key_columns
    }
    made = {row["column"]: row["target"] for row in rows}
    # An event may be forgotten by the relay, never the other way round: that key is the database's alone.
    made.pop("event_id", None)
    assert declared == made


# Histograms, with a column for each answer there is: written and read by SQL alone.
TALLIES = {"rating_tally", "staff_tally"}


async def test_every_table_is_declared():
    rows = await db.fetch("select tablename from pg_tables where schemaname = 'public'")
    declared = {table._meta.tablename for table in APP_CONFIG.table_classes}
    assert {row["tablename"] for row in rows} - {"migration"} - TALLIES == declared


async def test_every_zone_that_a_unit_may_have_is_known_to_postgresql():
    known = {row["name"] for row in await db.fetch("select name from pg_timezone_names")}
    assert checks._ZONES - known == set()


async def test_migrating_again_does_nothing():
    assert await missing() == []
    async with unchanged():
        assert await migrate() == []


async def test_migrating_waits_for_another_process_that_does_for_as_long_as_that_takes(database):
    # Given statements that may take a moment only, and another process that is at it
    await db.close()
    await db.connect(database, command_timeout=0.2)
    async with db.connection() as other, other.transaction():
        await other.execute("select pg_advisory_xact_lock($1)", int(db.Lock.MIGRATIONS))
        migrating = asyncio.create_task(migrate())
        await asyncio.sleep(0.6)
        assert not migrating.done()
    # Then it is done when the other has done it
    assert await migrating == []
    # And nothing else has become as patient
    with pytest.raises(TimeoutError):
        await db.execute("select pg_sleep(1)")


async def test_transactions_do_not_nest():
    async with unchanged():
        with pytest.raises(TransactionError):
            await _nest()


async def _nest() -> None:
    async with db.transaction():
        await db.execute("update unit set name = 'changed'")
        async with db.transaction():
            pass


async def test_callbacks_run_after_the_commit_and_not_after_a_rollback():
    ran = []
    async with db.transaction():
        db.after_commit(lambda: ran.append("committed"))
        assert ran == []
    with pytest.raises(ZeroDivisionError):
        await _fail_after(lambda: db.after_commit(lambda: ran.append("rolled back")))
    assert ran == ["committed"]
    with pytest.raises(RuntimeError):
        db.after_commit(lambda: None)


async def _fail_after(act) -> None:
    async with db.transaction():
        act()
        raise ZeroDivisionError


async def test_statements_are_counted_without_bookkeeping():
    async with statements() as counted:
        await db.fetchval("select 1")
        async with db.transaction():
            await db.execute("select 2")
    assert counted.sql == ["select 1", "select 2"]
    assert "BEGIN;" in counted.all
    await db.fetchval("select 3")
    assert len(counted) == 2


async def test_a_connection_that_is_cut_inside_a_transaction_leaves_the_next_one_alone():
    """In the same task, as the worker's is that does without Valkey."""
    with pytest.raises(db.OUT_OF_REACH):
        async with db.transaction():
            await db.execute("select pg_terminate_backend(pg_backend_pid())")
    async with db.transaction():
        assert await db.fetchval("select 1") == 1
    assert await db.fetchval("select 1") == 1
