"""R8: a customer opens a link and answers, once; wants not to be asked again; has their answer made nameless."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

from asyncpg import Record

from jejak.domain import clock, db, rating, subject
from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.rating import Answer, NewRating
from jejak.domain.signing import Keyring, Purpose, Token
from jejak.domain.vocabulary import RatingAspect, RatingChannel, Service, StaffKind

# In small letters, as no code of a system is: none can bring in answers in our name.
SOURCE = "link"
FORM_LIVES = timedelta(hours=12)
_AGENT_MET = frozenset(
    {RatingChannel.CALL, RatingChannel.LIVE_CHAT, RatingChannel.SOCIAL_MEDIA, RatingChannel.OFFICE}
)
ASPECTS = {
    StaffKind.OFFICER: (RatingAspect.POLITE_UNIFORMED, RatingAspect.GOOD_WORK, RatingAspect.ON_TIME),
    StaffKind.AGENT: (RatingAspect.POLITE, RatingAspect.SOLVES, RatingAspect.FAST),
}


class State(Enum):
    OPEN = auto()
    ANSWERED = auto()  # by the customer whom it was for
    OPTED_OUT = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link asks about. `personal`: it is for one customer. `receipt`: by which what was answered is erased."""

    token: Token
    state: State
    unit_id: UUID
    unit_name: str
    service: Service
    channel: RatingChannel
    feature: str
    staff_kind: StaffKind | None
    staff_name: str | None
    staff_id: UUID | None
    subject_hash: str | None
    receipt: str | None = None

    @property
    def personal(self) -> bool:
        return self.token.purpose is Purpose.REQUEST

    @property
    def known_customer(self) -> bool:
        """Whether we can tell that it is them the next time."""
        return self.subject_hash is not None

    @property
    def aspects(self) -> tuple[RatingAspect, ...]:
        """What can be said of whom the customer met, if they met anybody."""
        return ASPECTS[self.staff_kind] if self.staff_kind else ()


_LINK = """
    select r.unit_id, u.name as unit_name, r.service, r.channel, r.feature, r.expires_at, coalesce(r.revoked_at, u.closed_at) as revoked_at, null as answered_at,
        null::uuid as staff_id, null as staff_name, null as staff_kind, null as subject_hash, false as opted_out
    from rating_link r join unit u on u.id = r.unit_id where r.id = $1
"""
_REQUEST = """
    select r.unit_id, u.name as unit_name, r.service, r.channel, r.feature, r.expires_at, null as revoked_at, r.answered_at,
        r.staff_id, s.name as staff_name, s.kind as staff_kind, r.subject_hash,
        exists (select from rating_opt_out o where o.subject_hash = r.subject_hash) as opted_out
    from rating_request r join unit u on u.id = r.unit_id left join staff s on s.id = r.staff_id where r.id = $1
"""


async def look(keys: Keyring, written: str) -> Opened:
    """What stands behind an address. Refuses NOT_FOUND, for a made-up one without asking the database, and GONE for one
    that is forgotten.
    """
    token = keys.read(written, Purpose.LINK, Purpose.REQUEST)
    if token is None:
        raise Refused(Code.NOT_FOUND)
    return await _found(keys, token)


async def _found(keys: Keyring, token: Token, locking: str = "") -> Opened:
    row = await db.fetchrow((_LINK if token.purpose is Purpose.LINK else _REQUEST) + locking, token.key)
    if row is None:
        raise Refused(Code.GONE)
    state, receipt = _state(row), None
    if state is State.ANSWERED:
        receipt = await _receipt(keys, _named(token))
    channel = RatingChannel(row["channel"])
    kind = StaffKind(row["staff_kind"]) if row["staff_kind"] else _met(channel)
    return Opened(
        token,
        state,
        UUID(str(row["unit_id"])),
        row["unit_name"],
        Service(row["service"]),
        channel,
        row["feature"],
        kind,
        row["staff_name"],
        row["staff_id"] and UUID(str(row["staff_id"])),
        row["subject_hash"],
        receipt,
    )


def _state(row: Record) -> State:
    # Answered, also where it has ended since: whoever answered may still take it back.
    if row["answered_at"] is not None:
        return State.ANSWERED
    if row["revoked_at"] is not None or row["expires_at"] <= clock.now():
        return State.ENDED
    return State.OPTED_OUT if row["opted_out"] else State.OPEN


def _met(channel: RatingChannel) -> StaffKind | None:
    """Whom a customer meets in a channel, where nobody is named; in the app nobody."""
    if channel is RatingChannel.FIELD:
        return StaffKind.OFFICER
    return StaffKind.AGENT if channel in _AGENT_MET else None


def a_form(keys: Keyring, link: Opened) -> str:
    """For a page that is opened by a link for everybody: it can be sent once, within 12 hours, and by that link alone."""
    issued = int(clock.now().timestamp()).to_bytes(4)
    return keys.sign(Token(Purpose.FORM, db.new_id(), issued), bound_to=link.token.key.bytes)


async def answer(keys: Keyring, written: str, form: str, given: Answer) -> str:
    """Takes an answer and gives its receipt; sent again it is the same one. By a link for everybody with the `form` of the page.

    Refuses NOT_FOUND, GONE (ended, revoked or not to be asked), STALE (the form is none or too old: another one is
    to be sent), REQUIRED (nothing is answered), OUT_OF_RANGE, TOO_LONG, INVALID_TEXT, INVALID_CHOICE.
    """
    token = keys.read(written, Purpose.LINK, Purpose.REQUEST)
    if token is None:
        raise Refused(Code.NOT_FOUND)
    async with db.transaction():
        link = await _found(keys, token, " for update of r" if token.purpose is Purpose.REQUEST else "")
        if link.state is State.ANSWERED and link.receipt is not None:
            return link.receipt
        if link.state is not State.OPEN:
            raise Refused(Code.GONE)
        once = token if link.personal else _form(keys, form, token)
        with Checks() as checks:
            checked = rating.checked(checks, given)
            if not set(checked.aspects) <= set(link.aspects):
                checks.refuse(Code.INVALID_CHOICE, "aspects")
        new = NewRating(
            unit_id=link.unit_id,
            external_id=_named(once),
            service=link.service,
            channel=link.channel,
            answered_at=clock.now(),
            answer=checked,
            feature=link.feature,
            staff_id=link.staff_id,
            subject_hash=link.subject_hash,
        )
        if await rating.add([new], SOURCE):
            # Last, so that those who answer by the same link wait for each other no longer than they must.
            await db.execute(_ANSWERED[token.purpose], *_values(token))
        receipt = await _receipt(keys, _named(once))
    # Sent again after it was erased.
    if receipt is None:
        raise Refused(Code.GONE)
    return receipt


_ANSWERED = {
    Purpose.LINK: "update rating_link set answered = answered + 1 where id = $1",
    Purpose.REQUEST: "update rating_request set answered_at = $2 where id = $1",
}


def _values(token: Token) -> tuple[object, ...]:
    return (token.key,) if token.purpose is Purpose.LINK else (token.key, clock.now())


def _form(keys: Keyring, form: str, link: Token) -> Token:
    read = keys.read(form, Purpose.FORM, bound_to=link.key.bytes)
    age = clock.now().timestamp() - int.from_bytes(read.rest) if read else 0
    if read is None or age > FORM_LIVES.total_seconds():
        raise Refused(Code.STALE)
    return read


def _named(once: Token) -> str:
    """The answer's external id: of the request, or of the form, that is good for one."""
    return f"{'request' if once.purpose is Purpose.REQUEST else 'form'}:{once.key}"


async def _receipt(keys: Keyring, external_id: str) -> str | None:
    """By which whoever answered comes back to it; None where it is erased."""
    found = await db.fetchval(
        "select id from rating where source = $1 and external_id = $2", SOURCE, external_id
    )
    return None if found is None else keys.sign(Token(Purpose.RECEIPT, UUID(str(found))))


async def opt_out(keys: Keyring, written: str, *, out: bool) -> Opened:
    """Not to be asked again, or to be asked again after all, as far as it is known who that is. Refuses NOT_FOUND, GONE."""
    link = await look(keys, written)
    if link.subject_hash is not None:
        await db.execute(
            "insert into rating_opt_out (subject_hash, created_at) values ($1, $2) on conflict do nothing"
            if out
            else "delete from rating_opt_out where subject_hash = $1",
            link.subject_hash,
            *([clock.now()] if out else []),
        )
    return link


async def erase(keys: Keyring, receipt: str) -> None:
    """What the customer wrote, whom they met and by what they are known. Repeating it changes nothing. Refuses NOT_FOUND."""
    token = read_receipt(keys, receipt)
    await subject.erase_answer(token.key)


def read_receipt(keys: Keyring, receipt: str) -> Token:
    """Refuses NOT_FOUND, without asking the database."""
    token = keys.read(receipt, Purpose.RECEIPT)
    if token is None:
        raise Refused(Code.NOT_FOUND)
    return token
