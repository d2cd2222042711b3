"""Finding: the words of journeys, pain points and tasks, kept by triggers wherever they are written; history's names."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from jejak.domain import db

ID = "0004-search"
VERSION = "1.38.0"
DESCRIPTION = "search"

DDL = r"""
-- Words of a-z and 0-9 only, whatever the locale of the database: the same as `search.fold` and its words.
create function search_words(value text) returns text language sql immutable parallel safe as $$
    select regexp_replace(
        regexp_replace(
            lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f''`\u2018\u2019\u02bc]', '', 'g') collate "C"),
            '(?<=[0-9])[.](?=[0-9]{3}(?![0-9]))', '', 'g'),
        '[^a-z0-9]+' collate "C", ' ', 'g')
$$;
-- Twice: by stem, and as written. The title weighs more than the rest.
create function search_vector(title text, body text) returns tsvector language sql immutable parallel safe as $$
    select setweight(to_tsvector('indonesian', search_words(title)) || to_tsvector('simple', search_words(title)), 'A')
        || setweight(to_tsvector('indonesian', search_words(body)) || to_tsvector('simple', search_words(body)), 'B')
$$;
-- Any of the words, by its stem.
create function search_stems(words text) returns tsquery language sql immutable parallel safe as $$
    select array_to_string(tsvector_to_array(to_tsvector('indonesian', words)), ' | ')::tsquery
$$;

create table search_entry (
    id uuid primary key,
    kind text not null check (kind in ('JOURNEY', 'PAIN_POINT', 'TASK')),
    unit_id uuid not null references unit,
    created_at timestamptz not null,
    words tsvector not null
);
create index search_entry_words on search_entry using gin (words);
-- None on unit_id, on purpose: with one, plans look the words up anew for every unit of the viewer's.

create function search_enter(entry_id uuid, kind text, unit_id uuid, created_at timestamptz, words tsvector)
returns void language sql as $$
    insert into search_entry (id, kind, unit_id, created_at, words) values ($1, $2, $3, $4, $5)
    on conflict (id) do update set unit_id = excluded.unit_id, words = excluded.words
$$;
create function search_enter_journeys(ids uuid[]) returns void language sql as $$
    select search_enter(j.id, 'JOURNEY', j.unit_id, j.created_at, search_vector(j.title, concat_ws(' ', j.narrative, (
        select string_agg(concat_ws(' ', s.name, s.customer_did, s.customer_said), ' ' order by s.position)
        from stage s where s.journey_id = j.id))))
    from journey j where j.id = any(ids)
$$;

create function search_forget() returns trigger language plpgsql as $$
begin
    delete from search_entry where id = old.id;
    return null;
end $$;
create function search_on_journey() returns trigger language plpgsql as $$
begin
    perform search_enter_journeys(array[new.id]);
    return null;
end $$;
create function search_on_stage() returns trigger language plpgsql as $$
begin
    perform search_enter_journeys(array(select distinct journey_id from changed));
    return null;
end $$;
create function search_on_pain_point() returns trigger language plpgsql as $$
begin
    perform search_enter(new.id, 'PAIN_POINT', new.unit_id, new.created_at, search_vector(new.description, ''));
    return null;
end $$;
create function search_on_task() returns trigger language plpgsql as $$
begin
    perform search_enter(new.id, 'TASK', new.unit_id, new.created_at, search_vector(new.title, new.description));
    return null;
end $$;

create trigger search_journey after insert or update of title, narrative, unit_id on journey
    for each row execute function search_on_journey();
create trigger search_journey_gone after delete on journey for each row execute function search_forget();
create trigger search_stage_new after insert on stage
    referencing new table as changed for each statement execute function search_on_stage();
create trigger search_stage_changed after update on stage
    referencing new table as changed for each statement execute function search_on_stage();
create trigger search_stage_gone after delete on stage
    referencing old table as changed for each statement execute function search_on_stage();
create trigger search_pain_point after insert or update of description, unit_id on pain_point
    for each row execute function search_on_pain_point();
create trigger search_pain_point_gone after delete on pain_point for each row execute function search_forget();
create trigger search_task after insert or update of title, description, unit_id on task
    for each row execute function search_on_task();
create trigger search_task_gone after delete on task for each row execute function search_forget();

-- What events hold under the names of columns, under the API's names.
create function camel_case(name text) returns text language sql immutable parallel safe as $$
    select string_agg(case when nth = 1 then part else initcap(part) end, '' order by nth)
    from unnest(string_to_array(name, '_')) with ordinality as split (part, nth)
$$;
create function camel_keys(value jsonb) returns jsonb language plpgsql immutable parallel safe as $$
begin
    return case jsonb_typeof(value)
        when 'object' then (
            select coalesce(jsonb_object_agg(camel_case(e.key), camel_keys(e.value)), '{}') from jsonb_each(value) e)
        when 'array' then (
            select coalesce(jsonb_agg(camel_keys(e.value) order by e.nth), '[]')
            from jsonb_array_elements(value) with ordinality as e (value, nth))
        else value end;
end $$;

select search_enter_journeys(array(select id from journey));
select search_enter(id, 'PAIN_POINT', unit_id, created_at, search_vector(description, '')) from pain_point;
select search_enter(id, 'TASK', unit_id, created_at, search_vector(title, description)) from task;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="jejak", description=DESCRIPTION)

    async def create() -> None:
        await db.execute(DDL)

    manager.add_raw(create)
    return manager
