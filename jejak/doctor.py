"""What is reachable, which versions run, what is missing."""

import asyncio
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
OLDEST = {"Valkey": 8, "Redis": 7}
PATIENCE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    what: str
    said: str


async def examine(settings: Settings, data: Path) -> list[Finding]:
    """Starts the embedded servers, where those are to be used, for as long as it looks; makes no folder of its own."""
    findings = [Finding(True, "jejak", f"{__version__} on Python {platform.python_version()}")]
    embedded = settings.database_url is None or settings.redis_url is None
    if embedded and _absent(data):
        if settings.database_url:
            findings += await _database(settings.database_url, "DATABASE_URL")
        if settings.redis_url:
            findings.append(await _valkey(settings.redis_url, "REDIS_URL"))
        return [*findings, Finding(False, "embedded", f"{data} does not exist yet; run: jejak up")]
    try:
        async with running.servers(settings, data) as own:
            kind = "embedded" if settings.database_url is None else "DATABASE_URL"
            findings += await _database(own.database_url, kind)
            findings.append(
                await _valkey(own.redis_url, "embedded" if settings.redis_url is None else "REDIS_URL")
            )
    except (EmbeddedError, running.CannotRun) as error:
        findings.append(Finding(False, "servers", str(error)))
    return findings


def _absent(data: Path) -> bool:
    return not data.exists()


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
    redis = Redis.from_url(url, socket_connect_timeout=PATIENCE_SECONDS)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            info = await redis.info("server")
    except (RedisError, OSError, TimeoutError) as error:
        return Finding(False, "valkey", f"cannot be reached: {error} ({kind})")
    finally:
        with contextlib.suppress(RedisError, OSError):
            await redis.aclose()
    version = info.get("valkey_version") or info["redis_version"]
    name = "Valkey" if "valkey_version" in info else "Redis"
    old = int(version.split(".")[0]) < OLDEST[name]
    needed = "; Valkey 8 or Redis 7 or newer is needed" if old else ""
    return Finding(not old, "valkey", f"{name} {version} ({kind}){needed}")
