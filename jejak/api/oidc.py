"""Signing in at an identity provider, for browsers: there by one redirect, and back by another with a session."""

from urllib.parse import quote

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from jejak.api.auth import HttpRequest, cookies_of, origin_of
from jejak.api.errors import bad
from jejak.api.provider import Provider
from jejak.domain import oidc
from jejak.domain.checks import storable
from jejak.domain.errors import Code, Refused
from jejak.domain.sign_in import sign_in_vouched

BEGIN = "/sign-in/oidc"
CALLBACK = "/sign-in/oidc/callback"
_MOST = 2_000
_AS_IT_IS = "".join(map(chr, range(0x21, 0x7F)))


def routes(provider: Provider) -> list[HTTPRouteHandler]:
    @get(BEGIN)
    async def begin(request: HttpRequest) -> Response[None]:
        return_to = _of_this_site(request.query_params.get("return_to", "/"))
        cookies = cookies_of(request)
        # First: nothing is kept of a sign-in that cannot begin.
        await provider.discovered()
        begun = await oidc.begin(return_to, request.cookies.get(cookies.sign_in))
        answer = _led_to(await provider.address(begun))
        answer.set_cookie(cookies.kept(cookies.sign_in, begun.browser, oidc.LIFETIME))
        return answer

    @get(CALLBACK)
    async def callback(request: HttpRequest) -> Response[None]:
        given, cookies = request.query_params, cookies_of(request)
        begun = await oidc.finish(given.get("state", ""), request.cookies.get(cookies.sign_in, ""))
        # Of another provider, whose answer was led here (RFC 9207).
        if given.get("iss", provider.settings.issuer) != provider.settings.issuer:
            raise Refused(Code.SIGN_IN_REFUSED)
        if "code" not in given:
            raise Refused(Code.SIGN_IN_REFUSED)
        email = await provider.verified_email(given["code"], begun)
        signed = await sign_in_vouched(email, origin_of(request))
        answer = _led_to(begun.return_to)
        answer.set_cookie(cookies.kept_until(cookies.session, signed.token, signed.opened.expires_at))
        return answer

    return [begin, callback]


def _led_to(where: str) -> Response[None]:
    # A header holds no other letters.
    return Response(None, status_code=303, headers={"Location": quote(where, safe=_AS_IT_IS)})


def _of_this_site(path: str) -> str:
    """Refuses whatever a browser could read as another site: it takes a backslash for a slash, and drops line breaks."""
    safe = path.startswith("/") and not path.startswith("//") and path.isprintable() and storable(path)
    if not safe or "\\" in path or len(path) > _MOST:
        raise bad("`return_to` must be a path of this site, as `/tasks`")
    return path
