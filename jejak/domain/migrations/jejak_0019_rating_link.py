"""How customers are asked: links for everybody, requests to one customer, the keys that sign both, and who is not to be asked."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0019-rating-link"
VERSION = "1.38.0"
DESCRIPTION = "rating links"

DDL = """
-- Number 0 makes customers' hashes, and stays; what is signed names the number of the key that signed it.
create table signing_key (
    id uuid primary key,
    number smallint not null unique check (number between 0 and 255),
    secret bytea not null check (octet_length(secret) = 32),
    created_at timestamptz not null
);
-- Of two random UUIDs, which hold 244 random bits.
insert into signing_key (id, number, secret, created_at)
select gen_random_uuid(), number, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), now()
from generate_series(0, 1) number;

create table rating_link (
    id uuid primary key,
    unit_id uuid not null references unit,
    name text not null,
    service text not null,
    feature text not null,
    channel text not null,
    token text not null,
    answered integer not null check (answered >= 0),
    created_by uuid not null references person,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index rating_link_unit on rating_link (unit_id, id);
create index rating_link_newest on rating_link (created_at, id);

-- Nothing of the customer but the hash; gone soon after its end.
create table rating_request (
    id uuid primary key,
    unit_id uuid not null references unit,
    service text not null,
    feature text not null,
    channel text not null,
    staff_id uuid references staff,
    subject_hash text,
    key_number smallint not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    answered_at timestamptz
);
create index rating_request_unit on rating_request (unit_id);
create index rating_request_staff on rating_request (staff_id) where staff_id is not null;
create index rating_request_subject on rating_request (subject_hash) where subject_hash is not null;
create index rating_request_end on rating_request (expires_at);

create table rating_opt_out (
    subject_hash text primary key,
    created_at timestamptz not null
);

-- What is to be forgotten one day.
create index rating_personal on rating (received_at)
    where (comment is not null or subject_hash is not null or source = 'link' and external_id ^@ 'request:');
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
