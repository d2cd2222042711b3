"""R6: which channels a person chooses, and how often at most each may speak in a day."""

from dataclasses import dataclass
from uuid import UUID

from jejak.domain import access, change, clock, db, delivery, event
from jejak.domain.access import Allowed, Viewer
from jejak.domain.checks import Checks
from jejak.domain.delivery_rules import CEILING, MOST_CEILING
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.person import Person
from jejak.domain.vocabulary import Channel, Language


@dataclass(frozen=True, slots=True)
class Choice:
    """What is None stays as it is."""

    channel: Channel
    enabled: bool | None = None
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class UpdateNotificationPreferences:
    preferences: list[Choice]


async def update(viewer: Viewer, wanted: UpdateNotificationPreferences) -> UUID:
    """A channel that is switched on begins with what is said from now on; of one that is switched off nothing more goes
    out. Refuses FORBIDDEN to API tokens.
    """
    by = access.account(viewer)
    with Checks() as checks:
        checks.at_most(len(wanted.preferences), len(Channel), "preferences")
        for n, choice in enumerate(wanted.preferences):
            checks.at("preferences", n).between(choice.ceiling, 1, MOST_CEILING, "ceiling")
    async with db.transaction():
        await change.find(Person, viewer.person)
        for choice in wanted.preferences:
            await _choose(by, viewer.person, choice)
    return viewer.person


async def unsubscribe(delivery_id: UUID) -> Language | None:
    """Switches e-mail off for whom the delivery was for: whoever holds a mail of theirs may say so. Their language;
    None where there is no such delivery.
    """
    async with db.transaction():
        row = await db.fetchrow(
            """
            select p.id, p.language from delivery d join person p on p.id = d.person_id
            where d.id = $1 and d.channel = 'EMAIL' for no key update of p
            """,
            delivery_id,
        )
        if row is None:
            return None
        # Not by the person: whoever it was has not signed in.
        await _choose(access.SERVICE, row["id"], Choice(Channel.EMAIL, enabled=False))
        return Language(row["language"])


async def _choose(by: Allowed, person_id: UUID, choice: Choice) -> None:
    """In the open transaction, which holds the person."""
    now = clock.now()
    row = await db.fetchrow(
        "select enabled, ceiling from channel_choice where person_id = $1 and channel = $2",
        person_id,
        choice.channel,
    )
    before = (
        {"enabled": row["enabled"], "ceiling": row["ceiling"]}
        if row
        else {"enabled": True, "ceiling": CEILING}
    )
    after = {
        "enabled": before["enabled"] if choice.enabled is None else choice.enabled,
        "ceiling": before["ceiling"] if choice.ceiling is None else choice.ceiling,
    }
    if after == before:
        return
    # `since` is kept as long as the channel is on: nothing is lost by another ceiling.
    await db.execute(
        """
        insert into channel_choice (id, person_id, channel, enabled, ceiling, since)
        values ($1, $2, $3, $4, $5, case when $6 then '-infinity'::timestamptz else $7 end)
        on conflict (person_id, channel) do update set enabled = $4, ceiling = $5,
            since = case when $4 and not channel_choice.enabled then $7 else channel_choice.since end
        """,
        db.new_id(),
        person_id,
        choice.channel,
        after["enabled"],
        after["ceiling"],
        before["enabled"],
        now,
    )
    if not after["enabled"]:
        await delivery.withdraw_all(person_id, choice.channel)
    changed = [name for name in after if after[name] != before[name]]
    await event.append(
        by,
        EventKind.PERSON_CHANNEL_CHOSEN,
        ("person", person_id),
        None,
        before={"channel": choice.channel} | {name: before[name] for name in changed},
        after={"channel": choice.channel} | {name: after[name] for name in changed},
    )
