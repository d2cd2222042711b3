"""Whether somebody who was looked up before is still who they were then, as SQL: for the statement that reads for them.

It sees what that statement sees. So nothing is read by a session that has ended or a role that was taken away, and
nobody has to be looked up anew for each request.
"""

from jejak.domain import api_token


def of_session(person: str) -> str:
    """SQL: all that decides who a person is and what they see, as one text. Takes the alias of a row of `person`."""
    roles = _roles("m", "u")
    return f"""{person}.language || ' ' || coalesce((
        select string_agg({roles}, ' ' order by m.id)
        from membership m join unit u on u.id = m.unit_id where m.person_id = {person}.id and m.revoked_at is null), '')"""


def of_program(person: str, membership: str, unit: str) -> str:
    """As `of_session`, for a program that acts by one membership. Takes aliases."""
    return f"{person}.language || ' ' || {_roles(membership, unit)}"


def _roles(membership: str, unit: str) -> str:
    return f"{membership}.role || ' ' || {unit}.kind || ' ' || {unit}.path"


def holds(*, token_hash: str, known: str, now: str, program: bool) -> str:
    """SQL: the token has neither expired nor ended, and whom it stands for is still as `known`. Takes expressions."""
    if program:
        found = f"""select {of_program("p", "m", "u")} from api_token k
            join membership m on m.id = k.membership_id join person p on p.id = m.person_id join unit u on u.id = m.unit_id
            where k.token_hash = {token_hash} and {api_token.in_force("k", "m", now)}"""
    else:
        found = f"""select {of_session("p")} from session_token t
            join session s on s.id = t.session_id join person p on p.id = s.person_id
            where t.token_hash = {token_hash} and t.expires_at > {now} and s.expires_at > {now}"""
    return f"coalesce(({found}) = {known}, false)"
