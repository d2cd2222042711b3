"""The two cases of the first mystery-shopper wave of 2025, as the deck tells them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

UNITS = [
    # code, name, kind, parent, zone
    ("PONTIANAK", "UP3 Pontianak", "UP3", "KALBAR", "Asia/Pontianak"),
    ("PONTIANAK-KOTA", "ULP Kota", "ULP", "PONTIANAK", "Asia/Pontianak"),
    ("KOTABUMI", "UP3 Kotabumi", "UP3", "LAMPUNG", "Asia/Jakarta"),
    ("PULUNG-KENCANA", "ULP Pulung Kencana", "ULP", "KOTABUMI", "Asia/Jakarta"),
]

PEOPLE = {
    # who: name, unit, role, ranger
    "ranger": ("Ratna, PIC Ranger ULP Kota", "PONTIANAK-KOTA", "CONTRIBUTOR", True),
    "chief": ("Kadir, manager ULP Kota", "PONTIANAK-KOTA", "MANAGER", False),
    "other": ("Putri, PIC Ranger ULP Pulung Kencana", "PULUNG-KENCANA", "CONTRIBUTOR", True),
    "region": ("Rahmat, manager UID Kalbar", "KALBAR", "MANAGER", False),
    "hq": ("Hana, CX headquarters", "HQ", "MANAGER", False),
}


def _pain(description: str, category: str, parameter: str, severity: int, reach: int) -> dict[str, Any]:
    return {
        "description": description,
        "category": category,
        "parameter": parameter,
        "severity": severity,
        "reach": reach,
    }


KOTA: dict[str, Any] = {
    "service": "COMPLAINT",
    "title": "Lapor gangguan dan kunjungan petugas, ULP Kota",
    "narrative": "Mystery shopper wave 1 2025, skor 41,39. Pengaduan pukul 11.20 WIB, petugas tiba pukul 11.54 WIB.",
    "stages": [
        {
            "name": "Lapor pengaduan melalui PLN Mobile",
            "touchpoint": "PLN_MOBILE",
            "emotion": 0,
            "customerDid": "Mengirim pengaduan pukul 11.20 WIB",
        },
        {
            "name": "Kedatangan petugas ke rumah pelanggan",
            "touchpoint": "FIELD_VISIT",
            "emotion": -2,
            "customerDid": "Menunggu sampai pukul 11.54 WIB",
            "customerSaid": "Petugas hanya mengatakan “Misi”",
            "targetMinutes": 30,
            "actualMinutes": 34,
            "painPoints": [
                _pain(
                    "Petugas tiba 34 menit setelah pengaduan, lebih dari 30 menit",
                    "SPEED",
                    "EFFECTIVENESS",
                    4,
                    4,
                ),
                _pain(
                    "Tidak mengucapkan salam dan tidak memperkenalkan diri", "COMMUNICATION", "EMOTION", 3, 5
                ),
                _pain("Tidak memakai seragam dan ID card", "COMFORT", "EMOTION", 3, 3),
            ],
        },
        {
            "name": "Pengecekan oleh petugas",
            "touchpoint": "FIELD_VISIT",
            "emotion": -1,
            "painPoints": [
                _pain(
                    "Tidak melakukan verifikasi data pengaduan dan durasi gangguan",
                    "PROCESS_EFFICIENCY",
                    "EASE",
                    4,
                    3,
                ),
                _pain("Tidak meminta izin memeriksa kWh meter dan MCB", "COMPETENCE", "EMOTION", 3, 3),
            ],
        },
        {
            "name": "Penyelesaian masalah oleh petugas",
            "touchpoint": "FIELD_VISIT",
            "emotion": -1,
            "painPoints": [
                _pain(
                    "Tanpa sarung tangan, helm dan kacamata keselamatan; merokok saat bertugas",
                    "COMPETENCE",
                    "EFFECTIVENESS",
                    5,
                    5,
                ),
                _pain("Tidak melakukan “Tunjuk Sebut”", "RELIABILITY", "EFFECTIVENESS", 3, 2),
                _pain("Menerima tip dari pelanggan", "RELIABILITY", "EMOTION", 4, 2),
            ],
        },
        {
            "name": "Petugas pamit",
            "touchpoint": "FIELD_VISIT",
            "emotion": -1,
            "painPoints": [
                _pain(
                    "Tidak merekomendasikan PLN Mobile dan rating di Play Store",
                    "INFORMATION_ACCESSIBILITY",
                    "EASE",
                    2,
                    4,
                ),
            ],
        },
    ],
}

PULUNG_KENCANA: dict[str, Any] = {
    "service": "COMPLAINT",
    "title": "Lapor gangguan dan kunjungan petugas, ULP Pulung Kencana",
    "narrative": "Mystery shopper wave 1 2025, skor 86,07.",
    "stages": [
        {
            "name": "Kedatangan petugas ke rumah pelanggan",
            "touchpoint": "FIELD_VISIT",
            "emotion": 2,
            "customerSaid": "Salam dengan tangan di dada, ramah dan sopan, memohon izin masuk",
        },
        {
            "name": "Penyelesaian masalah oleh petugas",
            "touchpoint": "FIELD_VISIT",
            "emotion": 1,
            "customerDid": "Menawarkan tip, ditolak petugas",
            "painPoints": [_pain("Satu petugas tanpa sarung tangan", "COMPETENCE", "EFFECTIVENESS", 3, 2)],
        },
        {
            "name": "Petugas pamit",
            "touchpoint": "FIELD_VISIT",
            "emotion": 1,
            "painPoints": [
                _pain("Belum merekomendasikan PLN Mobile", "INFORMATION_ACCESSIBILITY", "EASE", 2, 3)
            ],
        },
    ],
}

# Pain point (by how it begins) -> tasks: initiative, title, owner, weight. Owner None: the unit's PIC Ranger.
FIXES: dict[str, list[tuple[str, str, str | None, int]]] = {
    "Tanpa sarung tangan": [
        ("1.2", "Refreshment PS4 dan K3 untuk seluruh petugas yantek", "chief", 2),
        ("9.3", "Cross mystery shopper PS4 di lapangan bulan depan", None, 1),
    ],
    "Petugas tiba 34 menit": [("3.2", "Atur ulang penugasan yantek agar tiba dalam 30 menit", None, 3)],
    "Tidak mengucapkan salam": [("2.1", "Roleplay salam dan perkenalan setiap apel pagi", None, 1)],
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the deck publishes of a channel in percent, and answers that come to it: of `n` customers so many are
    satisfied; the first `asked` of them were asked for NPS and CES as well.
    """

    name: str
    percents: dict[str, str]
    n: int
    satisfied: int
    asked: int
    promoters: int
    detractors: int
    eased: int

    def scores(self) -> Iterator[dict[str, int]]:
        for nth in range(self.n):
            scores = {"csat": 4 + nth % 2 if nth < self.satisfied else 1 + nth % 3}
            if nth < self.asked:
                scores["nps"] = 9 + nth % 2 if nth < self.promoters else 8
                if nth >= self.asked - self.detractors:
                    scores["nps"] = nth % 7
                scores["ces"] = 5 + nth % 3 if nth < self.eased else 1 + nth % 4
            yield scores


ANSWERS = {
    "PLN_MOBILE": Answers(
        "PLN Mobile",
        {"csat": "83.98", "nps": "93.00", "ces": "93.00"},
        n=512,
        satisfied=430,
        asked=500,
        promoters=470,
        detractors=5,
        eased=465,
    ),
    "CALL": Answers(
        "CC123",
        {"csat": "95.00", "nps": "98.00", "ces": "98.00"},
        n=200,
        satisfied=190,
        asked=200,
        promoters=197,
        detractors=1,
        eased=196,
    ),
}

# Of the first wave of 2025, for all of PLN; what stands behind it was not published.
PUBLISHED = {"B": "15.30", "D": "45.08", "E": "53.35"}


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that scores what the deck says; which items had which score it does not say."""

    score: str
    scores: dict[str, str]
    note: str
    zone: str
    times: dict[str, str] = field(default_factory=dict)
    finding: dict[str, Any] = field(default_factory=dict)


_CHAT = dict.fromkeys(("A1", "A2", "A3", "A4", "A5"), "100")
# By who makes them: nobody in their own region.
VISITS = {
    "other": Visit(
        "41.39",
        _CHAT | {"B": "0", "C": "50", "D": "50", "E1": "40", "E2": "0", "E3": "47", "E4": "19.8"},
        "Petugas tiba 34 menit setelah pengaduan",
        "Asia/Pontianak",
        {"reportedAt": "11:20", "arrivedAt": "11:54"},
        {
            "itemCode": "E3",
            "description": "Tidak memakai sarung tangan, helm safety dan safety glasses saat memeriksa",
            "severity": 5,
            "reach": 3,
        },
    ),
    "ranger": Visit(
        "86.07",
        _CHAT | {"B": "100", "C": "90", "D": "90", "E1": "90", "E2": "80", "E3": "70", "E4": "71.4"},
        "Petugas menolak tip, belum merekomendasikan PLN Mobile",
        "Asia/Jakarta",
    ),
}
