from piccolo.columns import UUID, Array, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.unit import Unit


class Person(Table, db=DB, tablename="person"):
    """`password_hash` is None for who has not set a password: they cannot sign in by one.

    `vouched_at`: the units at and below which somebody stands for it that the password is theirs; None: everywhere.
    """

    id = UUID(primary_key=True, default=new_id)
    email = Text()
    name = Text()
    language = Text(default="id")
    password_hash = Text(secret=True, null=True, default=None)
    vouched_at = Array(base_column=UUID(), null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()


class Membership(Table, db=DB, tablename="membership"):
    """A role at a unit, reaching down its whole subtree; revoked ones stay as history."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    unit_id = ForeignKey(Unit, null=False)
    role = Text()
    ranger = Boolean(default=False)
    granted_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)
