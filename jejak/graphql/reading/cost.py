"""What one request asks for."""

from dataclasses import dataclass, field
from typing import Any

from jejak.domain.errors import Code, Refused
from jejak.settings import Limits

COUNTED = ("rows", "depth", "aliases", "fields", "tokens")


@dataclass(slots=True)
class Cost:
    """`rows` are those that the answer may hold: a page counts as long as it may be."""

    rows: int = 0
    depth: int = 0
    aliases: int = 0
    fields: int = 0
    tokens: int = 0
    limits: Limits = field(default_factory=Limits)

    def add(self, rows: int) -> None:
        """Refuses TOO_COSTLY, before anything is run."""
        self.rows += rows
        if self.rows > self.limits.rows:
            raise Refused(Code.TOO_COSTLY, asked=self.rows, most=self.limits.rows)

    def told(self) -> dict[str, Any]:
        """As it stands in `extensions.cost`, with the most of each."""
        limits = self.limits
        return {name: getattr(self, name) for name in COUNTED} | {
            "most": {name: getattr(limits, name) for name in COUNTED}
        }
