"""`jejak reset-password`: the way back in for whoever has lost their password."""

import re


def test_the_first_administrator_gets_a_new_password(shell, blank_url):
    # Given an installation whose administrator has lost the password
    shell.well("migrate", DATABASE_URL=blank_url)
    # When the operator asks for a new one
    said = shell.well("reset-password", "admin@jejak.local", DATABASE_URL=blank_url)
    # Then it is printed, and never the same again
    assert re.fullmatch(r"The new password of admin@jejak\.local, shown this once: (\S+)\n", said)
    again = shell.well("reset-password", "admin@jejak.local", DATABASE_URL=blank_url)
    assert again != said


def test_an_unknown_e_mail_is_said_in_one_line(shell, blank_url):
    shell.well("migrate", DATABASE_URL=blank_url)
    said = shell.refused("reset-password", "nobody@pln.example", DATABASE_URL=blank_url)
    assert "nobody here has the e-mail nobody@pln.example" in said
