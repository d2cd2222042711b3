"""What browsers keep: their session, and a sign-in under way; out of reach of scripts and of other sites."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar.datastructures import Cookie

from jejak.domain import clock
from jejak.settings import Settings


@dataclass(frozen=True, slots=True)
class Cookies:
    """`secure`: where browsers reach the service by https. The prefix has them refuse one that was set by anything
    but this very site over https.
    """

    secure: bool

    @classmethod
    def of(cls, settings: Settings) -> "Cookies":
        return cls(secure=(settings.public_url or "").startswith("https:"))

    @property
    def session(self) -> str:
        """The name of the session's cookie."""
        return self._name("jejak_session")

    @property
    def sign_in(self) -> str:
        """The name of the cookie that binds a sign-in at an identity provider to the browser that began it."""
        return self._name("jejak_sign_in")

    def kept(self, name: str, value: str, lifetime: timedelta) -> Cookie:
        return Cookie(
            name,
            value=value,
            max_age=int(lifetime.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            # Sent as well when another site, as the identity provider, leads a person here; never with what it sends
            # by itself.
            samesite="lax",
        )

    def kept_until(self, name: str, value: str, until: datetime) -> Cookie:
        return self.kept(name, value, until - clock.now())

    def taken_back(self, name: str) -> Cookie:
        return self.kept(name, "", timedelta())

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name


def csrf_token(session_token: str) -> str:
    """What only a page of this site can know of the session: it cannot be turned back into the session's own token."""
    return hmac.digest(session_token.encode(), b"jejak csrf token", hashlib.sha256).hex()


def csrf_matches(session_token: str, given: str) -> bool:
    return hmac.compare_digest(csrf_token(session_token).encode(), given.encode("utf-8", "surrogatepass"))
