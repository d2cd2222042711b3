from piccolo.columns import UUID, Bytea, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person
from jejak.domain.tables.rating import Staff
from jejak.domain.tables.unit import Unit


class SigningKey(Table, db=DB, tablename="signing_key"):
    """Number 0 makes customers' hashes; the highest signs, and those below it still hold."""

    id = UUID(primary_key=True, default=new_id)
    number = SmallInt()
    secret = Bytea()
    created_at = Timestamptz()


class RatingLink(Table, db=DB, tablename="rating_link"):
    """A link for everybody, as in the bio of an account or on a poster. `answered`: how many answers came by it."""

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    name = Text()
    service = Text()
    feature = Text()
    channel = Text()
    token = Text()
    answered = Integer(default=0)
    created_by = ForeignKey(Person, null=False)
    created_at = Timestamptz()
    expires_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)


class RatingRequest(Table, db=DB, tablename="rating_request"):
    """A link for one customer after one contact, who may answer once. `key_number`: of the key that signed it."""

    id = UUID(primary_key=True, default=new_id)
    unit_id = ForeignKey(Unit, null=False)
    service = Text()
    feature = Text()
    channel = Text()
    staff_id = ForeignKey(Staff, null=True)
    subject_hash = Text(null=True, default=None)
    key_number = SmallInt()
    created_at = Timestamptz()
    expires_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)


class RatingOptOut(Table, db=DB, tablename="rating_opt_out"):
    """A customer who is not to be asked any more."""

    subject_hash = Text(primary_key=True)
    created_at = Timestamptz()
