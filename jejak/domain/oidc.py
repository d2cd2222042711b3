"""Sign-ins under way at an identity provider: what was sent along, to be compared with what comes back.

Each is good once, for ten minutes, and in the browser that began it.
"""

from dataclasses import dataclass
from datetime import timedelta

from jejak.domain import clock, db, secret
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.sign_in import ProviderSignIn

LIFETIME = timedelta(minutes=10)
MOST = 100


@dataclass(frozen=True, slots=True)
class Begun:
    """`browser` is for a cookie, `state` and `nonce` for the provider, `verifier` stays here."""

    state: str
    browser: str
    nonce: str
    verifier: str
    return_to: str


async def begin(return_to: str, browser: str | None = None) -> Begun:
    """`return_to`: where the person goes on afterwards, a path of this site. `browser`: what it was given before, by
    another of its tabs.
    """
    browser = browser if browser and len(browser) <= MOST else secret.bare()
    begun = Begun(secret.bare(), browser, secret.bare(), secret.bare(), return_to)
    await ProviderSignIn(
        state_hash=secret.digest(begun.state),
        browser_hash=secret.digest(begun.browser),
        nonce=begun.nonce,
        verifier=begun.verifier,
        return_to=return_to,
        expires_at=clock.now() + LIFETIME,
    ).save()
    return begun


async def finish(state: str, browser: str) -> Begun:
    """Takes it: there is no second time. Refuses SIGN_IN_EXPIRED for one that is unknown, late or another browser's."""
    row = await db.fetchrow(
        """
        delete from provider_sign_in where state_hash = $1 and browser_hash = $2 and expires_at > $3
        returning nonce, verifier, return_to
        """,
        secret.digest(state),
        secret.digest(browser),
        clock.now(),
    )
    if row is None:
        raise Refused(Code.SIGN_IN_EXPIRED)
    return Begun(state, browser, row["nonce"], row["verifier"], row["return_to"])
