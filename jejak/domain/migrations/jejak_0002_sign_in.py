"""Sign-in: sessions with rotating tokens, API tokens, invitations, the throttle, sign-ins at an identity provider.

Every sign-in until now ends: the tokens that it gave are of a kind that there is no more.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0002-sign-in"
VERSION = "1.38.0"
DESCRIPTION = "sign-in"

DDL = """
drop table session;
create table session (
    id uuid primary key,
    person_id uuid not null references person,
    browser boolean not null,
    address text not null,
    agent text not null,
    created_at timestamptz not null,
    used_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_person on session (person_id);
create index session_expires on session (expires_at);
create table session_token (
    id uuid primary key,
    session_id uuid not null references session on delete cascade,
    kind text not null check (kind in ('ACCESS', 'REFRESH', 'BROWSER')),
    token_hash text not null unique,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index session_token_session on session_token (session_id);

create table api_token (
    id uuid primary key,
    membership_id uuid not null references membership,
    name text not null,
    token_hash text not null unique,
    created_at timestamptz not null,
    expires_on date not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
);
create index api_token_membership on api_token (membership_id);

-- Who was invited has no password until they set one.
alter table person alter column password_hash drop not null;
create table invitation (
    id uuid primary key,
    person_id uuid not null unique references person,
    token_hash text not null unique,
    invited_by uuid references person,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create table throttle (
    key text primary key,
    failures double precision not null,
    at timestamptz not null,
    until timestamptz,
    succeeded_at timestamptz
);

create table provider_sign_in (
    id uuid primary key,
    state_hash text not null unique,
    browser_hash text not null,
    nonce text not null,
    verifier text not null,
    return_to text not null,
    expires_at timestamptz not null
);
create index provider_sign_in_expires on provider_sign_in (expires_at);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
