from piccolo.columns import JSON, UUID, Array, BigInt, BigSerial, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit


class Event(Table, db=DB, tablename="event"):
    """R13: append-only. `nth` counts a subject's events; `id` tells how many there are in all, so it is never shown."""

    id = BigSerial(primary_key=True)
    nth = Integer()
    at = Timestamptz()
    actor_id = ForeignKey(Person, null=True)
    kind = Text()
    subject_type = Text()
    subject_id = UUID()
    unit_id = ForeignKey(Unit, null=True)
    before = JSON(null=True)
    after = JSON(null=True)


class PendingEvent(Table, db=DB, tablename="pending_event"):
    """What the relay has yet to carry on. Written with its event, deleted with the relay's work."""

    event_id = BigInt(primary_key=True)


class ClientMutation(Table, db=DB, tablename="client_mutation"):
    """`clientMutationId` -> first result, so that a create can be retried.

    `refused`: the problems of the rows that a bulk create left out.
    """

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    mutation = Text()
    client_id = Text()
    digest = Text()
    result_ids = Array(base_column=UUID())
    refused = JSON(null=True, default=None)
    created_at = Timestamptz()
