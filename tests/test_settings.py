"""The environment: what each variable means, and one line that says what to do about what cannot be meant."""

import os
from dataclasses import fields
from ipaddress import ip_network

import pytest

from jejak.domain.webhook_target import Policy
from jejak.settings import IdentityProvider, Limits, Mail, Settings, SettingsError


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("JEJAK_", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "MAIL_FROM", "WEBHOOK_")):
            monkeypatch.delenv(name)


def given(monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.from_environment()


def test_nothing_set_is_a_service_for_everybody_on_embedded_servers():
    assert Settings.from_environment() == Settings()


def test_what_is_empty_is_not_set(monkeypatch):
    names = ["DATABASE_URL", "REDIS_URL", "JEJAK_ADMIN_EMAIL", "JEJAK_PUBLIC_URL", "JEJAK_ORIGINS"]
    names += ["JEJAK_TRUSTED_PROXIES", "JEJAK_TRUSTED_DOCUMENTS", "JEJAK_INTROSPECTION", "JEJAK_MOST_DEPTH"]
    assert given(monkeypatch, **dict.fromkeys(names, "")) == Settings()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://jejak.example", "https://jejak.example"),
        ("https://Jejak.Example/", "https://jejak.example"),
        ("https://jejak.example:443", "https://jejak.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_public_url_is_an_origin_as_browsers_write_it(monkeypatch, written, meant):
    assert given(monkeypatch, JEJAK_PUBLIC_URL=written).public_url == meant


NO_ORIGIN = [
    "jejak.example",
    "ftp://jejak.example",
    "https://",
    "https://jejak.example/app",
    "https://jejak.example?x",
    "https://me@jejak.example",
    "https://jejak.example:x",
    "https://*.example",
    "*",
    "null",
    "http://[::1",
]


@pytest.mark.parametrize("name", ["JEJAK_PUBLIC_URL", "JEJAK_ORIGINS"])
@pytest.mark.parametrize("written", NO_ORIGIN)
def test_what_is_no_origin_is_refused(monkeypatch, name, written):
    with pytest.raises(SettingsError, match=rf"^{name}: .* is not an origin; write .*https://jejak.example$"):
        given(monkeypatch, **{name: written})


def test_origins_are_separated_by_commas(monkeypatch):
    settings = given(monkeypatch, JEJAK_ORIGINS=" https://a.example , http://localhost:5173/,,")
    assert settings.origins == {"https://a.example", "http://localhost:5173"}


def test_proxies_are_addresses_and_networks(monkeypatch):
    settings = given(monkeypatch, JEJAK_TRUSTED_PROXIES="10.0.0.7, 10.1.0.0/16,::1")
    assert settings.trusted_proxies == ("10.0.0.7", "10.1.0.0/16", "::1")


@pytest.mark.parametrize("written", ["*", "nginx", "10.0.0.1/8", "10.0.0"])
def test_what_is_no_address_is_no_proxy(monkeypatch, written):
    with pytest.raises(SettingsError, match=r"JEJAK_TRUSTED_PROXIES: .* write 10.0.0.7"):
        given(monkeypatch, JEJAK_TRUSTED_PROXIES=written)


def test_a_list_of_documents_must_be_there(monkeypatch, tmp_path):
    with pytest.raises(SettingsError, match=r"there is no file .*; make it by: jejak trust-documents"):
        given(monkeypatch, JEJAK_TRUSTED_DOCUMENTS=str(tmp_path / "absent.json"))


@pytest.mark.parametrize(("written", "meant"), [("on", True), ("off", False), (" OFF ", False)])
def test_introspection_is_on_or_off(monkeypatch, written, meant):
    assert given(monkeypatch, JEJAK_INTROSPECTION=written).introspection is meant


def test_what_is_neither_on_nor_off_is_refused(monkeypatch):
    with pytest.raises(SettingsError, match="JEJAK_INTROSPECTION is 'no'; set it to on or off"):
        given(monkeypatch, JEJAK_INTROSPECTION="no")


@pytest.mark.parametrize("limit", [limit.name for limit in fields(Limits)])
def test_every_limit_is_set_by_its_name(monkeypatch, limit):
    assert given(monkeypatch, **{f"JEJAK_MOST_{limit.upper()}": "7"}).limits == Limits(**{limit: 7})


@pytest.mark.parametrize("written", ["0", "-1", "many", "1.5", "9999999999"])
def test_a_limit_is_a_whole_number(monkeypatch, written):
    with pytest.raises(SettingsError, match=r"JEJAK_MOST_DEPTH is .*; set it to a whole number.*for 16"):
        given(monkeypatch, JEJAK_MOST_DEPTH=written)


PROVIDER = {
    "JEJAK_OIDC_ISSUER": "https://login.pln.example/realms/pln",
    "JEJAK_OIDC_CLIENT_ID": "jejak",
    "JEJAK_PUBLIC_URL": "https://jejak.example",
}


def test_an_identity_provider_is_set_as_a_whole(monkeypatch):
    found = given(monkeypatch, **PROVIDER, JEJAK_OIDC_CLIENT_SECRET="hush").identity_provider
    assert found == IdentityProvider("https://login.pln.example/realms/pln", "jejak", "hush")
    assert "hush" not in repr(found)


def test_an_identity_provider_may_know_us_without_a_secret_and_stand_on_this_machine(monkeypatch):
    found = given(monkeypatch, **PROVIDER | {"JEJAK_OIDC_ISSUER": "http://localhost:9400"}).identity_provider
    assert found == IdentityProvider("http://localhost:9400", "jejak", None)


@pytest.mark.parametrize("name", PROVIDER)
def test_half_an_identity_provider_is_refused(monkeypatch, name):
    with pytest.raises(
        SettingsError, match="needs JEJAK_OIDC_ISSUER, JEJAK_OIDC_CLIENT_ID and JEJAK_PUBLIC_URL"
    ):
        given(monkeypatch, **{other: value for other, value in PROVIDER.items() if other != name})


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.pln.example",
        "login.pln.example",
        "https://",
        "https://[",
        "https://a.example/?x=1",
        "ftp://a.example",
    ],
)
def test_an_identity_provider_is_reached_by_tls(monkeypatch, issuer):
    with pytest.raises(SettingsError, match="JEJAK_OIDC_ISSUER is not an https address"):
        given(monkeypatch, **PROVIDER | {"JEJAK_OIDC_ISSUER": issuer})


SENDER = "Jejak <jejak@pln.example>"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("smtp://mail.pln.example", ("mail.pln.example", 587, False, None, None)),
        ("smtp://mail.pln.example:25/", ("mail.pln.example", 25, False, None, None)),
        ("smtps://a%40b:p%3Aw@mail.pln.example", ("mail.pln.example", 465, True, "a@b", "p:w")),
    ],
)
def test_a_mail_server_is_a_url(monkeypatch, url, meant):
    host, port, tls, user, password = meant
    found = given(monkeypatch, SMTP_URL=url, MAIL_FROM=SENDER).mail
    assert found == Mail(host, port, SENDER, "jejak@pln.example", tls, user, password)
    assert "p:w" not in repr(found)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SMTP_URL": "http://secret@mail.pln.example", "MAIL_FROM": SENDER}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://", "MAIL_FROM": SENDER}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://secret:x@mail:port", "MAIL_FROM": SENDER}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail/x?secret", "MAIL_FROM": SENDER}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail"}, "MAIL_FROM"),
        ({"SMTP_URL": "smtp://mail", "MAIL_FROM": "nobody"}, "MAIL_FROM"),
        ({"SMTP_URL": "smtp://mail", "MAIL_FROM": "a@pln.example, b@pln.example"}, "MAIL_FROM"),
        ({"WEBHOOK_ALLOW_PRIVATE": "10.0.0.0/8, inside"}, "WEBHOOK_ALLOW_PRIVATE"),
        ({"WEBHOOK_ALLOW_HTTP": "yes"}, "WEBHOOK_ALLOW_HTTP"),
    ],
)
def test_what_is_no_channel_is_said_without_telling_a_secret(monkeypatch, environment, named):
    with pytest.raises(SettingsError) as caught:
        given(monkeypatch, **environment)
    assert named in str(caught.value)
    assert "secret" not in str(caught.value)


def test_webhooks_may_go_inside_where_that_is_said(monkeypatch):
    found = given(monkeypatch, WEBHOOK_ALLOW_PRIVATE="10.0.0.0/8, fd00::/8", WEBHOOK_ALLOW_HTTP="on").webhooks
    assert found == Policy((ip_network("10.0.0.0/8"), ip_network("fd00::/8")), http=True)
