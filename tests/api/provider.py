"""A real OpenID Connect provider on a port of its own, which can be made to answer what a bad one would."""

import threading
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import authlib.deprecate
import flask
import orjson
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

with warnings.catch_warnings():
    # It insists on being heard, and is no dependency of ours.
    warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
    import oidc_provider_mock

SECRET = "the client secret, of 32 bytes...."
PEOPLE = [
    oidc_provider_mock.User(sub="sri", claims={"email": "Sri@PLN.example", "email_verified": True}),
    oidc_provider_mock.User(sub="unverified", claims={"email": "sri@pln.example", "email_verified": False}),
    oidc_provider_mock.User(sub="silent", claims={"email": "sri@pln.example"}),
    oidc_provider_mock.User(sub="text", claims={"email": "sri@pln.example", "email_verified": "true"}),
    oidc_provider_mock.User(sub="nobody", claims={"email": "nobody@pln.example", "email_verified": True}),
    oidc_provider_mock.User(sub="nameless", claims={"email_verified": True}),
]
Change = Callable[[dict[str, Any]], Any]


@dataclass
class Provider:
    """`change` makes other claims of the ID token's; `sign` another signature. `asked` is every path, in order."""

    issuer: str = ""
    change: Change | None = None
    sign: Callable[[dict[str, Any], RSAKey], str] | None = None
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    rotate: bool = False
    calls_itself: str | None = None
    keys: Any = None

    def before(self) -> Any:
        self.asked.append(flask.request.path)
        self.sent.append(
            {**flask.request.form.to_dict(), "authorization": flask.request.headers.get("authorization")}
        )
        if flask.request.path in self.down:
            return flask.Response("out of order", status=503)
        if self.rotate:
            storage = flask.g.oidc_provider_mock_storage
            storage.jwk = type(storage.jwk).generate_key(is_private=True)
            self.rotate = False
        return None

    def after(self, response: flask.Response) -> flask.Response:
        if self.calls_itself and flask.request.path == "/.well-known/openid-configuration":
            response.set_data(orjson.dumps(orjson.loads(response.get_data()) | {"issuer": self.calls_itself}))
        if self.keys is not None and flask.request.path == "/jwks":
            response.set_data(orjson.dumps(self.keys))
        if flask.request.path != "/oauth2/token" or response.status_code != 200:
            return response
        body = orjson.loads(response.get_data())
        payload = body["id_token"].split(".")[1]
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if self.change is not None:
            claims = self.change(claims) or claims
        key = RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
        body["id_token"] = self.sign(claims, key) if self.sign else jwt.encode({"alg": "RS256"}, claims, key)
        response.set_data(orjson.dumps(body))
        return response


def by_another_key(claims: dict[str, Any], _: RSAKey) -> str:
    return jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))


def by_our_own_secret(claims: dict[str, Any], _: RSAKey) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def by_nobody(claims: dict[str, Any], _: RSAKey) -> str:
    """As RFC 7519 has an unsecured token, which joserfc makes under protest: with an empty signature."""
    head, body = (
        urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)
    )
    return f"{head}.{body}."


def by_a_key_that_says_it_is_right(claims: dict[str, Any], _: RSAKey) -> str:
    """The public key stands in the token itself."""
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "jwk": key.as_dict(private=False)}, claims, key)


@contextmanager
def a_provider() -> Iterator[Provider]:
    provider = Provider()
    app = oidc_provider_mock.app(user_claims=PEOPLE, require_nonce=True)
    # After the provider's own, which finds the request's storage.
    app.before_request_funcs.setdefault(None, []).append(provider.before)
    app.after_request(provider.after)
    server = make_server("localhost", 0, app, threaded=True)
    provider.issuer = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
