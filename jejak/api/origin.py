"""Which web pages may use the service."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def foreign(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends this for a page of another origin than the service's own."""
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc != headers.get("host", "")
