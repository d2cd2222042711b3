"""Whom the tokens stood for that came of late."""

import time

from jejak.domain.access import Viewer
from jejak.domain.secret import digest

# How long nobody looks anew: when a session was last used is noted by looking.
SECONDS = 20
MOST = 10_000


class Callers:
    """Of one process. What is remembered may be over by now: it is for who asks again, in the statement that reads.

    `browser`: the token came in a cookie, by which it is another thing than by a header.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, bool], tuple[Viewer, float]] = {}

    def find(self, token: str, *, browser: bool) -> Viewer | None:
        viewer, until = self._known.get((digest(token), browser), (None, 0.0))
        return viewer if until > time.monotonic() else None

    def keep(self, viewer: Viewer, *, browser: bool) -> None:
        if viewer.standing is None:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[viewer.standing.token_hash, browser] = viewer, time.monotonic() + SECONDS
