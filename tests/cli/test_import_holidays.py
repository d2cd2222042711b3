"""`jejak import-holidays FILE.ics`: all of its days, or none and every reason why."""

from datetime import date

from jejak.domain.tables.calendar import SpecialDay
from tests.graphql.world import an_ics
from tests.refusals import unchanged

DAY = date(2027, 3, 8)


async def test_a_good_file_is_loaded_and_may_be_loaded_as_something_else(shell, database, database_url):
    (shell.folder / "libur.ics").write_text(an_ics(DAY, "Nyepi"), encoding="utf-8")
    async with unchanged():
        tried = shell.well("import-holidays", "libur.ics", "--dry-run", DATABASE_URL=database_url)
    said = shell.well("import-holidays", "libur.ics", DATABASE_URL=database_url)
    assert tried == said == "1 days created, 0 changed, 0 unchanged\n"
    assert [(row.day, row.kind, row.name) for row in await SpecialDay.objects()] == [
        (DAY, "HOLIDAY", "Nyepi")
    ]
    changed = shell.well("import-holidays", "libur.ics", "--joint-leave", DATABASE_URL=database_url)
    assert changed == "0 days created, 1 changed, 0 unchanged\n"


async def test_a_file_with_problems_names_them_all_and_writes_nothing(shell, database, database_url):
    weekly = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20270309\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR"
    (shell.folder / "libur.ics").write_text(an_ics(DAY).replace("END:VCALENDAR", weekly), encoding="utf-8")
    async with unchanged():
        ended = shell.run("import-holidays", "libur.ics", DATABASE_URL=database_url)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "event 2 summary: This is required.",
        "event 2: An event may recur only every year on the same day; write its days one by one.",
        "Error: 2 problem(s) in libur.ics; nothing was written",
    ]
