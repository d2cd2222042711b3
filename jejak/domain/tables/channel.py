from piccolo.columns import UUID, Boolean, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Person


class ChannelChoice(Table, db=DB, tablename="channel_choice"):
    """What a person has chosen for a channel; no row: as `notification_preference` says. `since`: not before then."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    channel = Text()
    enabled = Boolean()
    ceiling = SmallInt()
    since = Timestamptz()


class WebhookEndpoint(Table, db=DB, tablename="webhook_endpoint"):
    """Where a person's digests are posted. The secret is kept as it is, to sign by; of a removed one none is."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    url = Text()
    secret = Text(secret=True)
    previous_secret = Text(secret=True, null=True, default=None)
    previous_until = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    rotated_at = Timestamptz(null=True, default=None)
    removed_at = Timestamptz(null=True, default=None)


class ChannelState(Table, db=DB, tablename="channel_state"):
    """How a channel is as a whole: e-mail, or one webhook. `until`: when a paused one is looked for again.

    `able_at`: when somebody last could send by it; `began_at`: what was said before is not sent.
    """

    id = UUID(primary_key=True, default=new_id)
    channel = Text()
    endpoint_id = ForeignKey(WebhookEndpoint, null=True)
    state = Text()
    failures = Integer(default=0)
    since = Timestamptz()
    until = Timestamptz(null=True, default=None)
    reason = Text(default="")
    able_at = Timestamptz(null=True, default=None)
    began_at = Timestamptz()
