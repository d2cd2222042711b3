"""R11: a report as a file, made beside the event loop: setting pages takes a part of a second of a processor's time."""

import asyncio
import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from jejak.documents import report_document, report_pdf, report_xlsx
from jejak.domain.report import Shown
from jejak.domain.vocabulary import Language, ReportState

_AT_ONCE = 2
_MOST_KEPT = 24
_kept: "OrderedDict[str, bytes]" = OrderedDict()


class Format(StrEnum):
    PDF = "pdf"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Wanted:
    report: Shown
    format: Format
    language: Language

    @property
    def tag(self) -> str:
        """The same for files of the same bytes, and no others."""
        report = self.report
        template = {Format.PDF: report_pdf, Format.XLSX: report_xlsx}[self.format].TEMPLATE_VERSION
        parts = (
            self.format,
            template,
            self.language,
            report.digest,
            report.state,
            report.computed_at,
            report.published_at,
            report.publisher,
        )
        return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]

    @property
    def name(self) -> str:
        content = self.report.content
        state = "" if self.report.state is ReportState.PUBLISHED else f"-{self.report.state.lower()}"
        month, code = content["period"]["month"], content["unit"]["code"]
        return f"cx100-{code}-{month}-{self.language}{state}.{self.format}"


async def made(wanted: Wanted) -> bytes:
    """The file. What was asked for of late is remembered; of others so many at once are made, and the rest wait."""
    tag = wanted.tag
    if tag not in _kept:
        file = await asyncio.get_running_loop().run_in_executor(_hands(), written, wanted)
        _kept[tag] = file
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(tag)
    return _kept[tag]


def written(wanted: Wanted) -> bytes:
    report = wanted.report
    document = report_document.document(report, wanted.language)
    writer = report_pdf.written if wanted.format is Format.PDF else report_xlsx.written
    return writer(document, wanted.language, report.published_at or report.computed_at)


@cache
def _hands() -> ThreadPoolExecutor:
    # What is given up by whoever waited goes on to its end here, and keeps its place until then.
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="report")
