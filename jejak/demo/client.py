"""A person at the API, over HTTP."""

from typing import Any, Self

import httpx


class DemoFailed(Exception):  # noqa: N818 -- said to a person, in one line
    """The story did not go as told."""


def expect(*, holds: bool, told: str) -> None:
    if not holds:
        raise DemoFailed(f"expected: {told}")


class Client:
    """Refreshes its session when its token has run out, and signs in again when the session has."""

    def __init__(self, http: httpx.AsyncClient, email: str, password: str) -> None:
        self._http, self._email, self._password = http, email, password
        self._token: str | None = None
        self._refresh_token: str | None = None

    @classmethod
    async def invited(cls, http: httpx.AsyncClient, token: str, password: str) -> Self:
        """Somebody who sets their first password by an invitation."""
        document = """mutation ($input: AcceptInvitationInput!) {
            acceptInvitation(input: $input) { email errors { message } } }"""
        given = {"input": {"token": token, "newPassword": password}}
        answer = (await http.post("/graphql", json={"query": document, "variables": given})).json()
        email = answer["data"]["acceptInvitation"]["email"]
        expect(holds=email is not None, told="an invitation can be accepted")
        return cls(http, email, password)

    @classmethod
    def program(cls, http: httpx.AsyncClient, token: str) -> Self:
        """One that acts by an API token, which no sign-in renews."""
        made = cls(http, "", "")
        made._token = token
        return made

    async def fetch(self, path: str, **query: str) -> bytes:
        """A file."""
        if self._token is None:
            await self._sign_in()
        answer = await self._http.get(path, params=query, headers={"Authorization": f"Bearer {self._token}"})
        expect(
            holds=answer.status_code == httpx.codes.OK,
            told=f"{path} can be fetched, and not {answer.status_code}",
        )
        return answer.content

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The answer's data. Top-level errors end the demo; refusals of a mutation are the caller's."""
        response = await self._post(document, variables)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            await self._refresh()
            response = await self._post(document, variables)
        answer = response.json()
        if answer.get("errors"):
            raise DemoFailed(
                f"{response.status_code}: {answer['errors'][0]['message']} ({document.strip()[:60]}...)"
            )
        cost = answer["extensions"]["cost"]
        for limit, most in cost["most"].items():
            expect(
                holds=cost[limit] <= most / 2,
                told=f"no screen asks for half of the {limit} that it may ({document.strip()[:60]}...)",
            )
        data: dict[str, Any] = answer["data"]
        return data

    async def do(self, mutation: str, input_type: str, shows: str, **values: Any) -> dict[str, Any]:
        """The payload of a mutation that has to be done."""
        payload = await self.attempt(mutation, input_type, shows, **values)
        if payload["errors"]:
            raise DemoFailed(
                f"{mutation}: {payload['errors'][0]['message']} at {payload['errors'][0]['path']}"
            )
        return payload

    async def attempt(self, mutation: str, input_type: str, shows: str, **values: Any) -> dict[str, Any]:
        """The payload, refused or not."""
        document = f"mutation ($input: {input_type}!) {{ {mutation}(input: $input) {{ {shows} errors {{ code path message }} }} }}"
        payload: dict[str, Any] = (await self.ask(document, input=values))[mutation]
        return payload

    async def _post(self, document: str, variables: dict[str, Any]) -> httpx.Response:
        if self._token is None:
            await self._sign_in()
        headers = {"Authorization": f"Bearer {self._token}"}
        return await self._http.post(
            "/graphql", json={"query": document, "variables": variables}, headers=headers
        )

    async def _sign_in(self) -> None:
        await self._begin("signIn", "SignInInput", {"email": self._email, "password": self._password})
        expect(holds=self._token is not None, told=f"{self._email} can sign in")

    async def _refresh(self) -> None:
        """Leaves no token where the session has ended, so that the next request signs in."""
        await self._begin("refreshSession", "RefreshSessionInput", {"refreshToken": self._refresh_token})

    async def _begin(self, mutation: str, input_type: str, given: dict[str, Any]) -> None:
        document = f"""mutation ($input: {input_type}!) {{
            {mutation}(input: $input) {{ token refreshToken errors {{ message }} }} }}"""
        body = {"query": document, "variables": {"input": given}}
        payload = (await self._http.post("/graphql", json=body)).json()["data"][mutation]
        self._token, self._refresh_token = payload["token"], payload["refreshToken"]
