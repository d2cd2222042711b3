"""Connections of webhooks: to the very address that was looked at, and so to nowhere that is forbidden.

The name is resolved once, here; Host and TLS go on speaking of the name.
"""

from collections.abc import Iterable
from typing import Any

import httpcore
from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from jejak.domain import webhook_target


class CheckedBackend(AsyncNetworkBackend):
    """Raises `webhook_target.Forbidden` instead of connecting to where no webhook may go."""

    def __init__(self) -> None:
        self._real = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await webhook_target.resolved(host, port)
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses[:3]:
            try:
                return await self._real.connect_tcp(
                    address,
                    port,
                    timeout=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 -- httpcore's
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> AsyncNetworkStream:
        raise webhook_target.Forbidden(f"webhooks go to no socket: {path}")

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)
