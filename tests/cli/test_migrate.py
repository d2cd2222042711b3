"""`jejak migrate`: once, again, and twice at once."""

import re

from jejak.domain.migrations.run import known
from tests.cli.process import until


def test_migrating_twice_at_once_and_once_more_makes_one_database_and_one_administrator(shell, blank_url):
    # Given a blank database
    assert (
        f"missing: {', '.join(known())}; run: jejak migrate"
        in shell.run("doctor", DATABASE_URL=blank_url).out
    )
    # When two migrate it at once
    with (
        shell.started("migrate", DATABASE_URL=blank_url) as one,
        shell.started("migrate", DATABASE_URL=blank_url) as other,
    ):
        until(lambda: one.ended and other.ended, "both have ended")
        both = [one.stop(), other.stop()]
    # Then each part was done by one of them, and both end well
    assert [(ended.code, ended.err) for ended in both] == [(0, "")] * 2
    said = both[0].out + both[1].out
    done = re.findall(r"^(migrated|loaded) +(\S+)$", said, re.MULTILINE)
    migrated = [("migrated", name) for name in known()]
    assert sorted(done) == [
        ("loaded", "assessment"),
        ("loaded", "organisation"),
        ("loaded", "programme"),
        *migrated,
    ]
    assert said.count("  password  ") == 1
    assert said.count("The database is up to date.") == 2
    # And a third finds nothing to do, and says no password
    assert shell.well("migrate", DATABASE_URL=blank_url) == "The database is up to date.\n"
