from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.unit import Unit


class Person(Table, db=DB, tablename="person"):
    id = UUID(primary_key=True, default=new_id)
    email = Text()
    name = Text()
    language = Text(default="id")
    password_hash = Text(secret=True)
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


class Session(Table, db=DB, tablename="session"):
    """A sign-in. Only the token's SHA-256 is kept."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    token_hash = Text(secret=True)
    created_at = Timestamptz()
    expires_at = Timestamptz()
