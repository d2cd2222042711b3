"""Files of units, as people make them."""

import csv
import io
import re
import zipfile

from openpyxl import Workbook

from jejak.domain.unit_file import Row

HEADER = ("code", "name", "kind", "parent code", "time zone")
JAVA = [
    ("MLG", "UP3 Malang", "UP3", "JATIM", "Asia/Jakarta"),
    ("SBY", "UP3 Surabaya Selatan", "UP3", "JATIM", "Asia/Jakarta"),
    ("BDG", "UP3 Bandung", "UP3", "JABAR", "Asia/Jakarta"),
    ("51501", "ULP Batu", "ULP", "MLG", "Asia/Jakarta"),
    ("51502", "ULP Kepanjen; “Kabupaten, Selatan”", "ULP", "MLG", "Asia/Jakarta"),
    ("51101", "ULP Rungkut", "ULP", "SBY", "Asia/Jakarta"),
    ("53501", "ULP Bandung Utara", "ULP", "BDG", "Asia/Jakarta"),
]
EAST = [
    ("MKS", "UP3 Makassar Utara", "UP3", "SULSELRABAR", "Asia/Makassar"),
    ("32101", "ULP Daya", "ULP", "MKS", "Asia/Makassar"),
    ("JYP", "UP3 Jayapura", "UP3", "PPB", "Asia/Jayapura"),
    ("91001", "ULP Abepura", "ULP", "JYP", "Asia/Jayapura"),
]
TREE = JAVA + EAST
HQ = ("HQ", "PLN Kantor Pusat", "HQ", "", "Asia/Jakarta")


def as_csv(lines, header=HEADER, delimiter=",", encoding="utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *lines])
    return out.getvalue().encode(encoding)


def as_xlsx(lines, header=HEADER) -> bytes:
    book = Workbook()
    for line in [header, *lines]:
        book.active.append(line)
    book.create_sheet("Keterangan").append(["not", "a", "unit"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The XLSX with a pattern of one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, re.sub(old, new, data) if name == part else data)
    return out.getvalue()


def rows(*lines) -> list[Row]:
    return [Row(number, *line) for number, line in enumerate(lines, 2)]
