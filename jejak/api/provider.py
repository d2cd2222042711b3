"""The identity provider, over HTTP: what it says of itself, its keys, and whom it vouches for (OpenID Connect Core 1.0)."""

import logging
import ssl
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from jejak.domain import clock
from jejak.domain.errors import Code, Refused
from jejak.domain.oidc import Begun
from jejak.settings import IdentityProvider

# Signed by the provider's own key: neither unsigned, nor by a secret that we hold as well.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY = 60  # seconds by which the two clocks may differ
KEPT = timedelta(hours=1)  # until what the provider says of itself is asked for again
KEYS_AGAIN = timedelta(minutes=1)  # until a token that no key fits has the keys asked for again
_NEVER = datetime.min.replace(tzinfo=UTC)
TIMEOUT = 10
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Provider:
    """`redirect_uri` is where it sends people back to."""

    settings: IdentityProvider
    redirect_uri: str
    _said: dict[str, Any] = field(default_factory=dict)
    _said_at: datetime = _NEVER
    _keys: KeySet | None = None
    _keys_at: datetime = _NEVER

    async def address(self, begun: Begun) -> str:
        """Where the person goes to sign in. Refuses SIGN_IN_UNAVAILABLE."""
        said = await self.discovered()
        challenge = urlsafe_b64encode(sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": self.redirect_uri,
                "scope": "openid email",
                "state": begun.state,
                "nonce": begun.nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        endpoint = _text(said, "authorization_endpoint")
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    async def verified_email(self, code: str, begun: Begun) -> str:
        """Of whom the provider vouches for. Refuses SIGN_IN_UNAVAILABLE, SIGN_IN_REFUSED, EMAIL_NOT_VERIFIED."""
        said = await self.discovered()
        granted = await self._redeemed(said, code, begun)
        claims = await self._claims(_text(granted, "id_token"), begun)
        if "email" not in claims and "userinfo_endpoint" in said:
            # Claims that a scope asks for may come by this way only (Core 5.4).
            claims = await self._asked(said, _text(granted, "access_token"), claims)
        email = claims.get("email")
        if claims.get("email_verified") is not True or not isinstance(email, str):
            raise Refused(Code.EMAIL_NOT_VERIFIED)
        return email

    async def _redeemed(self, said: dict[str, Any], code: str, begun: Begun) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": begun.verifier,
        }
        own, secret = self.settings.client_id, self.settings.client_secret
        auth: httpx.Auth = httpx.Auth()
        if secret is None:
            form["client_id"] = own
        elif "client_secret_basic" in said.get(
            "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        ):
            auth = httpx.BasicAuth(quote(own, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": own, "client_secret": secret}
        async with _http() as http:
            answer = await _sent(http.post(_text(said, "token_endpoint"), data=form, auth=auth))
        if answer.status_code != httpx.codes.OK:
            # Its code only: what else it says may repeat what it was sent.
            _log.warning("the identity provider gave no token: %s %s", answer.status_code, _reason(answer))
            raise Refused(Code.SIGN_IN_REFUSED)
        return _object(answer)

    async def _claims(self, id_token: str, begun: Begun) -> dict[str, Any]:
        """Of an ID token that was signed by the provider, for us, for this sign-in, and holds now (Core 3.1.3.7)."""
        wanted = jwt.JWTClaimsRegistry(
            now=int(clock.now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": begun.nonce},
        )
        try:
            claims = (await self._decoded(id_token)).claims
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            _log.warning("the identity provider's token is not accepted: %s", type(error).__name__)
            raise Refused(Code.SIGN_IN_REFUSED) from None
        audience = claims["aud"]
        others = isinstance(audience, list) and len(audience) > 1
        if (others or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise Refused(Code.SIGN_IN_REFUSED)
        return claims

    async def _decoded(self, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        keys = self._keys or await self._fetched_keys()
        try:
            return jwt.decode(id_token, keys, registry=registry)
        except (InvalidKeyIdError, BadSignatureError):
            # Keys are replaced without notice, and whoever sends made-up tokens must not have us ask for each.
            if clock.now() - self._keys_at < KEYS_AGAIN:
                raise
            return jwt.decode(id_token, await self._fetched_keys(), registry=registry)

    async def _fetched_keys(self) -> KeySet:
        said = await self.discovered()
        self._keys_at = clock.now()
        async with _http() as http:
            found = await _read(http, _text(said, "jwks_uri"))
        try:
            self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, LookupError, AttributeError):
            _log.warning("the identity provider's keys cannot be read")
            raise Refused(Code.SIGN_IN_UNAVAILABLE) from None
        return self._keys

    async def _asked(self, said: dict[str, Any], access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
        async with _http() as http:
            http.headers["Authorization"] = f"Bearer {access_token}"
            told = await _read(http, _text(said, "userinfo_endpoint"))
        if told.get("sub") != claims["sub"]:
            raise Refused(Code.SIGN_IN_REFUSED)
        return told

    async def discovered(self) -> dict[str, Any]:
        """What the provider says of itself. Refuses SIGN_IN_UNAVAILABLE."""
        if clock.now() - self._said_at > KEPT:
            issuer = self.settings.issuer
            async with _http() as http:
                said = await _read(http, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if said.get("issuer") != issuer:
                _log.error(
                    "JEJAK_OIDC_ISSUER is %s, but the provider calls itself %s", issuer, said.get("issuer")
                )
                raise Refused(Code.SIGN_IN_UNAVAILABLE)
            self._said, self._said_at, self._keys = said, clock.now(), None
        return self._said


def _http() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, verify=_trusted())


@cache
def _trusted() -> ssl.SSLContext:
    """Whom httpx trusts. Reading their certificates takes 20 ms, in which the process answers nobody."""
    return httpx.create_ssl_context()


async def _read(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    answer = await _sent(http.get(url))
    if answer.status_code != httpx.codes.OK:
        _log.warning("the identity provider answers %s at %s", answer.status_code, url)
        raise Refused(Code.SIGN_IN_UNAVAILABLE)
    return _object(answer)


async def _sent(request: Any) -> httpx.Response:
    try:
        answer: httpx.Response = await request
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        _log.warning("the identity provider cannot be reached: %s", error)
        raise Refused(Code.SIGN_IN_UNAVAILABLE) from None
    return answer


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])[:100]
    except (ValueError, TypeError, LookupError):
        return "for no reason that it gives"


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(Code.SIGN_IN_UNAVAILABLE)
    return found


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str):
        _log.warning("the identity provider says no %s", name)
        raise Refused(Code.SIGN_IN_UNAVAILABLE)
    return found
