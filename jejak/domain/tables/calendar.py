from piccolo.columns import JSONB, UUID, BigInt, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.unit import Calendar, Unit


class WorkingWeek(Table, db=DB, tablename="working_week"):
    """The hours of a usual week at a unit and below it, until a unit there has its own.

    `hours`: an object from ISO weekday to a list of pairs, as {"5": [["09:00", "11:30"], ["13:00", "17:00"]]}.
    """

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    hours = JSONB()
    version = Integer(default=1)
    updated_at = Timestamptz()


class SpecialDay(Table, db=DB, tablename="special_day"):
    """A day on which the week does not hold, at a unit and below it, until a unit there says otherwise of that day.

    `hours`: as a day of the week; an empty list where it is closed.
    """

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    day = Date()
    kind = Text()
    name = Text()
    hours = JSONB()
    version = Integer(default=1)
    updated_at = Timestamptz()


class WorkingDay(Table, db=DB, tablename="working_day"):
    """A working day of a calendar; `nth` counts them."""

    id = UUID(primary_key=True)
    calendar_id = ForeignKey(Calendar, null=False)
    day = Date()
    nth = Integer()


class OpenInterval(Table, db=DB, tablename="open_interval"):
    """An open interval, half-open; `seconds_before`: the working time of the calendar before it."""

    id = UUID(primary_key=True)
    calendar_id = ForeignKey(Calendar, null=False)
    opens = Timestamptz()
    closes = Timestamptz()
    seconds_before = BigInt()
