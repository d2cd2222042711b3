"""What is reachable, which versions run, what is missing."""

import contextlib
import platform
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jejak import __version__, running
from jejak.domain import db
from jejak.domain.migrations.run import known, missing
from jejak.embedded import EmbeddedError
from jejak.settings import Settings

OLDEST_POSTGRESQL = 150_000


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    what: str
    said: str


async def examine(settings: Settings, data: Path) -> list[Finding]:
    """Changes nothing but starting the embedded servers, where those are to be used, for as long as it looks."""
    findings = [Finding(True, "jejak", f"{__version__} on Python {platform.python_version()}")]
    try:
        async with running.servers(settings, data) as own:
            kind = "embedded" if settings.database_url is None else "DATABASE_URL"
            findings += await _database(own.database_url, kind)
            findings.append(
                await _valkey(own.redis_url, "embedded" if settings.redis_url is None else "REDIS_URL")
            )
    except EmbeddedError as error:
        findings.append(Finding(False, "embedded", str(error)))
    return findings


async def _database(url: str, kind: str) -> list[Finding]:
    try:
        async with running.database(url):
            number = int(await db.fetchval("show server_version_num"))
            version = await db.fetchval("show server_version")
            behind = await missing()
    except running.CannotRun as error:
        return [Finding(False, "database", str(error))]
    old = "" if number >= OLDEST_POSTGRESQL else "; PostgreSQL 15 or newer is needed"
    said = (
        f"{len(known())} of {len(known())} run"
        if not behind
        else f"missing: {', '.join(behind)}; run: jejak migrate"
    )
    return [
        Finding(not old, "database", f"PostgreSQL {version} ({kind}){old}"),
        Finding(not behind, "migrations", said),
    ]


async def _valkey(url: str, kind: str) -> Finding:
    redis = Redis.from_url(url, socket_connect_timeout=5)
    try:
        info = await redis.info("server")
    except (RedisError, OSError) as error:
        return Finding(False, "valkey", f"cannot be reached: {error} ({kind})")
    finally:
        with contextlib.suppress(RedisError, OSError):
            await redis.aclose()
    version = info.get("valkey_version") or info["redis_version"]
    name = "Valkey" if "valkey_version" in info else "Redis"
    return Finding(True, "valkey", f"{name} {version} ({kind})")
