"""Monthly reports (R11) as files, for whoever sees their unit."""

import re
from dataclasses import dataclass
from datetime import date

from litestar import HttpMethod, Response, route
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from jejak.api.auth import HttpRequest, who
from jejak.api.errors import bad
from jejak.api.guard import caller
from jejak.api.load import Load, in_time
from jejak.documents import report_file
from jejak.documents.report_file import Format, Wanted
from jejak.domain import report
from jejak.domain.errors import Code, Refused
from jejak.domain.vocabulary import Language
from jejak.settings import Limits

PATH = "/reports/"
# Kept by the browser of whoever asked, who asks each time whether it is still so.
_KEPT = "private, no-cache"
_MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NAME = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\.(pdf|xlsx)")


@dataclass(frozen=True, slots=True)
class Reports:
    limits: Limits
    load: Load

    def route(self) -> HTTPRouteHandler:
        @route(PATH + "{code:str}/{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], status_code=200)
        async def monthly_report(
            request: HttpRequest, code: FromPath[str], name: FromPath[str], lang: FromQuery[str | None] = None
        ) -> Response[bytes]:
            """`/reports/JATIM/2026-10.pdf?lang=id`; without `lang` in the language of who asks. 404 as for what is not seen."""
            viewer = (await who(request, request.headers.get("authorization"))).viewer
            if viewer is None:
                raise NotAuthorizedException
            found = _NAME.fullmatch(name)
            if found is None or found[1] == "0000":
                raise Refused(Code.NOT_FOUND)
            if lang is not None and lang not in set(Language):
                raise bad("`lang` is id or en")
            async with self.load.place(caller(request.scope)), in_time(self.limits.seconds, 504):
                month = date(int(found[1]), int(found[2]), 1)
                shown = await report.read_by_code(viewer, code, month)
                wanted = Wanted(shown, Format(found[3]), Language(lang) if lang else viewer.language)
                return await _answered(request, wanted)

        return monthly_report


async def _answered(request: HttpRequest, wanted: Wanted) -> Response[bytes]:
    tag = f'"{wanted.tag}"'
    headers = {"ETag": tag, "Cache-Control": _KEPT}
    given = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    media_type = _MEDIA_TYPES[wanted.format]
    if tag in given or "*" in given:
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    headers["Content-Disposition"] = f'attachment; filename="{wanted.name}"'
    return Response(await report_file.made(wanted), headers=headers, media_type=media_type)
