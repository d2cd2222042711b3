"""SQL is laid out for people, and stays the same SQL."""

import pytest

from jejak.cli.readable import readable

LONG = "a_column_with_quite_a_long_name"


def test_what_is_short_stays_on_its_line():
    assert readable("select  a,\n b from t") == "select a,\n  b\nfrom t"
    assert readable("(select count(*) from t where a = any($1::text[]))") == (
        "(select count(*) from t where a = any($1::text[]))"
    )


def test_texts_are_left_alone_whatever_they_hold():
    sql = "select '( from it''s  a  [', E'+/\\n\\'(', \"a  (b\""
    assert readable(sql) == "select '( from it''s  a  [',\n  E'+/\\n\\'(',\n  \"a  (b\""


def test_clauses_and_conditions_begin_a_line_and_inner_queries_stand_further_in():
    sql = (
        f"select x from t left join u on u.id = t.id where t.n between 1 and 2 and (select {LONG}, {LONG}, {LONG} "
        f"from v where v.a is distinct from v.b or not v.c) order by t.n limit 3"
    )
    assert readable(sql).splitlines() == [
        "select x",
        "from t",
        "left join u on u.id = t.id",
        "where t.n between 1 and 2",
        "  and (",
        f"    select {LONG},",
        f"      {LONG},",
        f"      {LONG}",
        "    from v",
        "    where v.a is distinct from v.b",
        "      or not v.c",
        "  )",
        "order by t.n",
        "limit 3",
    ]


def test_a_names_value_stands_beside_it():
    sql = f"select json_build_object('one', {LONG}, 'two', {LONG}, 'three', {LONG})"
    assert readable(sql).splitlines() == [
        "select json_build_object(",
        f"  'one', {LONG},",
        f"  'two', {LONG},",
        f"  'three', {LONG}",
        ")",
    ]


@pytest.mark.parametrize(
    "sql", ["select extract(epoch from a) from t", "select a[1], (array_agg(b))[2]", "select f()"]
)
def test_nothing_but_white_space_is_changed(sql):
    assert readable(sql).split() == readable(readable(sql)).split()
    assert "".join(readable(sql).split()) == "".join(sql.split())
