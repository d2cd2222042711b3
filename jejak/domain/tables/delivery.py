from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.channel import WebhookEndpoint
from jejak.domain.tables.notice import Notice
from jejak.domain.tables.person import Person
from jejak.domain.tables.unit import Unit


class Delivery(Table, db=DB, tablename="delivery"):
    """What one person is sent at once by one channel; its id is what the receiver knows it by, on every attempt.

    `target`: the person for e-mail, else the webhook. `day`: in the zone of `unit_id`, whose working time and zone are
    the person's. `claim`, `leased_until`: which worker is sending it, and until when it is theirs alone.
    """

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    channel = Text()
    endpoint_id = ForeignKey(WebhookEndpoint, null=True)
    target = UUID()
    unit_id = ForeignKey(Unit, null=True)
    day = Date()
    test = Boolean(default=False)
    state = Text()
    attempts = Integer(default=0)
    next_attempt_at = Timestamptz()
    claim = UUID(null=True, default=None)
    leased_until = Timestamptz(null=True, default=None)
    expires_at = Timestamptz()
    created_at = Timestamptz()
    settled_at = Timestamptz(null=True, default=None)


class DeliveryNotice(Table, db=DB, tablename="delivery_notice"):
    """The ledger of R6: a notice goes to a target in one delivery, ever."""

    id = UUID(primary_key=True, default=new_id)
    delivery_id = ForeignKey(Delivery, null=False)
    target = UUID()
    notice_id = ForeignKey(Notice, null=False)


class DeliveryAttempt(Table, db=DB, tablename="delivery_attempt"):
    """`said`: what happened, shortened; `answer`: what the receiver wrote, shortened."""

    id = UUID(primary_key=True, default=new_id)
    delivery_id = ForeignKey(Delivery, null=False)
    nth = Integer()
    at = Timestamptz()
    milliseconds = Integer()
    outcome = Text()
    said = Text()
    answer = Text()
