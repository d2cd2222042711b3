from piccolo.columns import UUID, Boolean, Date, DoublePrecision, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from jejak.domain.db import DB, new_id
from jejak.domain.tables.person import Membership, Person


class Session(Table, db=DB, tablename="session"):
    """A sign-in. `expires_at` is its end as things stand; a refresh moves it."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    browser = Boolean()
    address = Text()
    agent = Text()
    created_at = Timestamptz()
    used_at = Timestamptz()
    expires_at = Timestamptz()


class SessionToken(Table, db=DB, tablename="session_token"):
    """What a sign-in is shown by. Used refresh tokens stay as long as their session: presented again, they end it."""

    id = UUID(primary_key=True, default=new_id)
    session_id = ForeignKey(Session, null=False)
    kind = Text()
    token_hash = Text(secret=True)
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class ApiToken(Table, db=DB, tablename="api_token"):
    """For a program that acts by one membership of a person's; revoked ones stay as history."""

    id = UUID(primary_key=True, default=new_id)
    membership_id = ForeignKey(Membership, null=False)
    name = Text()
    token_hash = Text(secret=True)
    created_at = Timestamptz()
    expires_on = Date()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class Invitation(Table, db=DB, tablename="invitation"):
    """The one open invitation of a person to set their password."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    token_hash = Text(secret=True)
    invited_by = ForeignKey(Person, null=True)
    created_at = Timestamptz()
    expires_at = Timestamptz()


class Throttle(Table, db=DB, tablename="throttle"):
    """Failed attempts under a key, a hash: what was tried is not kept. `until`: nobody has to wait where it is null."""

    key = Text(primary_key=True)
    failures = DoublePrecision()
    at = Timestamptz()
    until = Timestamptz(null=True, default=None)
    succeeded_at = Timestamptz(null=True, default=None)


class ProviderSignIn(Table, db=DB, tablename="provider_sign_in"):
    """A sign-in that is under way at the identity provider."""

    id = UUID(primary_key=True, default=new_id)
    state_hash = Text(secret=True)
    browser_hash = Text(secret=True)
    nonce = Text(secret=True)
    verifier = Text(secret=True)
    return_to = Text()
    expires_at = Timestamptz()
