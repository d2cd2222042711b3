from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person


class ReviewCause(Table, db=DB, tablename="review_cause"):
    """What bad reviews are about, in headquarters' words."""

    id = UUID(primary_key=True, default=new_id)
    code = Text(unique=True)
    title_id = Text()
    title_en = Text()
    active = Boolean(default=True)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class StoreReview(Table, db=DB, tablename="store_review"):
    """R8: a customer's review of the app, as the store exports it, without who wrote it.

    `external_id` is the store's, or made of what of a review stays the same where the export names none. `written_at`:
    when it was last changed by its author; it counts on that day. `created_at`: when it was brought in.
    """

    id = UUID(primary_key=True, default=new_id)
    store = Text()
    package = Text()
    external_id = Text()
    version_code = BigInt(null=True, default=None)
    version_name = Text()
    language = Text()
    device = Text()
    submitted_at = Timestamptz()
    written_at = Timestamptz()
    rating = SmallInt()
    title = Text()
    text = Text()
    replied_at = Timestamptz(null=True, default=None)
    reply = Text()
    link = Text(null=True, default=None)
    cause_id = ForeignKey(ReviewCause, null=True, default=None)
    tagged_by = ForeignKey(Person, null=True, default=None)
    tagged_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz()
