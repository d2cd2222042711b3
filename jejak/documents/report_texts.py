"""The words of monthly reports, in Indonesian and English."""
# ruff: noqa: RUF001 -- dashes and minus signs, as print has them

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from jejak.domain import digest_texts
from jejak.domain.vocabulary import (
    Audience,
    Category,
    Language,
    RatingChannel,
    RatingMetric,
    ReportState,
    Service,
)

_SERVICES: dict[Service, tuple[str, str]] = {
    Service.PB_PD: ("Pasang baru dan perubahan daya", "New connection and change of power"),
    Service.COMPLAINT: ("Pengaduan dan gangguan", "Complaints and outages"),
    Service.SPKLU: ("SPKLU", "Charging stations (SPKLU)"),
    Service.PREPAID: ("Prabayar", "Prepaid"),
    Service.POSTPAID: ("Pascabayar", "Postpaid"),
    Service.NON_TAGLIS: ("Non-taglis", "Charges beside the bill (non-taglis)"),
    Service.SWACAM: ("Swacam", "Self-read meters (Swacam)"),
}
_CHANNELS: dict[RatingChannel, tuple[str, str]] = {
    RatingChannel.PLN_MOBILE: ("PLN Mobile", "PLN Mobile"),
    RatingChannel.CALL: ("Telepon PLN 123", "Calls to PLN 123"),
    RatingChannel.LIVE_CHAT: ("Live chat", "Live chat"),
    RatingChannel.SOCIAL_MEDIA: ("Media sosial", "Social media"),
    RatingChannel.OFFICE: ("Kantor", "Office"),
    RatingChannel.FIELD: ("Lapangan", "In the field"),
}
_METRICS: dict[RatingMetric, tuple[str, str]] = {
    RatingMetric.CSAT: ("CSAT", "CSAT"),
    RatingMetric.NPS: ("NPS", "NPS"),
    RatingMetric.CES: ("CES", "CES"),
    RatingMetric.OVERALL: ("Kepuasan menyeluruh", "Overall satisfaction"),
}
_CATEGORIES: dict[Category, tuple[str, str]] = {
    Category.COMPETENCE: ("Kompetensi", "Competence"),
    Category.RELIABILITY: ("Keandalan", "Reliability"),
    Category.COMPLAINT_HANDLING: ("Penanganan keluhan", "Complaint handling"),
    Category.COMFORT: ("Kenyamanan", "Comfort"),
    Category.SPEED: ("Kecepatan", "Speed"),
    Category.PROCESS_EFFICIENCY: ("Efisiensi proses", "Process efficiency"),
    Category.RESPONSIVENESS: ("Daya tanggap", "Responsiveness"),
    Category.COMMUNICATION: ("Komunikasi", "Communication"),
    Category.INFORMATION_ACCESSIBILITY: ("Akses informasi", "Accessibility of information"),
    Category.VALUE_ADDED: ("Nilai tambah", "Value added"),
}
_LEVELS: dict[Audience, tuple[str, str]] = {
    Audience.OWNER: ("Pemilik tugas", "Owner of the task"),
    Audience.UNIT: ("Manajer unit", "Manager of the unit"),
    Audience.UP3: ("UP3", "UP3"),
    Audience.REGION: ("Wilayah", "Region"),
    Audience.HEADQUARTERS: ("Kantor Pusat", "Headquarters"),
}
_STATES: dict[ReportState, tuple[str, str]] = {
    ReportState.PREVIEW: ("PRATINJAU", "PREVIEW"),
    ReportState.DRAFT: ("DRAF", "DRAFT"),
    ReportState.PUBLISHED: ("DITERBITKAN", "PUBLISHED"),
}
_ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
_WORDS: dict[str, tuple[str, str]] = {
    "report": ("Laporan Bulanan CX100", "CX100 Monthly Report"),
    "motto": ("Melayani Sepenuh Hati", "Serving Wholeheartedly"),
    "period": ("Periode", "Period"),
    "until": ("{start} pukul 00.00 sampai {end} pukul 24.00 {zone}", "{start} 00:00 to {end} 24:00 {zone}"),
    "compared": ("Pembanding", "Compared with"),
    "before_published": ("{month}, laporan yang telah diterbitkan", "{month}, as it was published"),
    "before_computed": ("{month}, dihitung dengan cara yang sama", "{month}, computed the same way"),
    "unit": ("Unit", "Unit"),
    "units": ("Jumlah unit", "Units covered"),
    "state": ("Status", "Status"),
    "computed": ("Dihitung", "Computed"),
    "published": ("Diterbitkan", "Published"),
    "published_by": ("{at} oleh {who}", "{at} by {who}"),
    "at": ("{day} pukul {time} {zone}", "{day} {time} {zone}"),
    "preview_running": (
        "Pratinjau bulan berjalan: angka masih dapat berubah.",
        "A preview of a month that has not ended: figures will change.",
    ),
    "preview_ended": (
        "Pratinjau: belum diterbitkan, angka masih dapat berubah.",
        "A preview: not published, figures may change.",
    ),
    "draft": ("Draf: belum diterbitkan.", "A draft: not published."),
    "page": ("Halaman", "Page"),
    "of": ("dari", "of"),
    "summary": ("Ringkasan", "Summary"),
    "figure": ("Indikator", "Figure"),
    "value": ("Nilai", "Value"),
    "this_month": ("Bulan ini", "This month"),
    "before": ("Bulan lalu", "Month before"),
    "change": ("Perubahan", "Change"),
    "target": ("Target", "Target"),
    "distance": ("Selisih ke target", "Against target"),
    "n": ("n", "n"),
    "low": ("Batas bawah", "Low"),
    "high": ("Batas atas", "High"),
    "interval": ("Selang 95 %", "95 % interval"),
    "clear": ("Perubahan nyata", "Clear change"),
    "yes": ("ya", "yes"),
    "no": ("tidak", "no"),
    "indicative": ("indikatif", "indicative"),
    "indicative_note": (
        "* indikatif: kurang dari 30 jawaban.",
        "* indicative: fewer than 30 answers.",
    ),
    "steps": ("Sepuluh langkah", "The ten steps"),
    "step": ("Langkah", "Step"),
    "programme": ("Seluruh program", "The whole programme"),
    "reported": ("Dilaporkan", "Reported"),
    "verified": ("Terverifikasi", "Verified"),
    "tile_reported": ("Capaian dilaporkan, %", "Completion reported, %"),
    "tile_verified": ("Capaian terverifikasi, %", "Completion verified, %"),
    "targets": ("Sasaran", "Target"),
    "started": ("Mulai", "Started"),
    "tasks": ("Tugas", "Tasks"),
    "verified_short": ("Terverif.", "Verified"),
    "overdue": ("Lewat tempo", "Overdue"),
    "steps_as_of": (
        "Keadaan pada akhir {day} di Kantor Pusat.",
        "As it stood at the end of {day} at headquarters.",
    ),
    "steps_now": ("Keadaan saat laporan dihitung.", "As it stood when the report was computed."),
    "steps_unknown": (
        "Tidak ada keadaan tersimpan untuk bulan ini.",
        "No figures were kept for this month.",
    ),
    "journeys": ("Journey pelanggan", "Customer journeys"),
    "service": ("Layanan", "Service"),
    "captured": ("Dicatat", "Captured"),
    "accepted": ("Diterima", "Accepted"),
    "all": ("Semua", "All"),
    "journeys_captured": ("Journey dicatat", "Journeys captured"),
    "journeys_accepted": ("Journey diterima", "Journeys accepted"),
    "issues": ("Tiga isu teratas", "Top three issues"),
    "rank": ("No.", "No."),
    "issue": ("Isu", "Issue"),
    "category": ("Kategori", "Category"),
    "priority": ("Jumlah prioritas", "Sum of priorities"),
    "pain_points": ("Pain point", "Pain points"),
    "affected": ("Unit", "Units"),
    "ratings": ("Suara pelanggan", "What customers say"),
    "metric": ("Ukuran", "Measure"),
    "mean": ("Rata-rata skor", "Mean score"),
    "distribution": ("Sebaran skor", "Distribution of scores"),
    "score": ("Skor", "Score"),
    "answers": ("Jawaban", "Answers"),
    "by_service": ("Per layanan", "By service"),
    "by_channel": ("Per kanal", "By channel"),
    "channel": ("Kanal", "Channel"),
    "store": ("Penilaian Play Store", "Play Store rating"),
    "store_mean": ("Rata-rata bintang (1-5)", "Mean stars (1-5)"),
    "store_negative": ("Bagian bintang 1-2 (%)", "Share of 1-2 stars (%)"),
    "assessments": ("Mystery shopper", "Mystery shopper"),
    "wave": ("Gelombang", "Wave"),
    "dimension": ("Dimensi", "Dimension"),
    "assessed": ("Dinilai", "Assessed"),
    "total_score": ("Nilai keseluruhan", "Overall score"),
    "ranking": ("Peringkat wilayah", "Ranking of regions"),
    "region": ("Wilayah", "Region"),
    "task_section": ("Tugas dan eskalasi", "Tasks and escalations"),
    "tasks_total": ("Tugas (tanpa yang dibatalkan)", "Tasks (without cancelled ones)"),
    "tasks_open": ("Belum terverifikasi", "Not verified yet"),
    "tasks_overdue": ("Lewat tempo pada akhir bulan", "Overdue at the month's end"),
    "tasks_overdue_now": ("Lewat tempo", "Overdue"),
    "tasks_verified": ("Terverifikasi seluruhnya", "Verified in all"),
    "tasks_verified_in_month": ("Terverifikasi bulan ini", "Verified in the month"),
    "tasks_escalated": ("Dieskalasikan bulan ini", "Escalated in the month"),
    "escalated_to": ("Dieskalasikan kepada", "Escalated to"),
    "nothing": ("Tidak ada pada bulan ini.", "Nothing in this month."),
    "definitions": ("Definisi", "Definitions"),
    "term": ("Istilah", "Term"),
    "meaning": ("Arti", "Meaning"),
    "formula_version": ("Versi rumus", "Formula version"),
    "digest": ("Sidik isi (SHA-256)", "Digest of the content (SHA-256)"),
    "percent": ("persen", "percent"),
}
# What each figure is, as R5, R8, R9 and R11 have it.
_DEFINITIONS: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (
        ("Cakupan", "Coverage"),
        (
            "Setiap angka mencakup unit ini dan semua unit di bawahnya, menurut susunan pada akhir bulan; bulan berjalan menurut susunan saat ini.",
            "Every figure covers this unit and all units below it, as the tree stood at the month's end; a running month as it stands.",
        ),
    ),
    (
        ("Dilaporkan, terverifikasi", "Reported, verified"),
        (
            "Dilaporkan: kemajuan tugas, berbobot. Terverifikasi: bagian tugas yang sudah diverifikasi orang lain, berbobot. Rata-rata per unit sasaran dalam setiap inisiatif, lalu berbobot per langkah; tanda – berarti tidak ada unit sasaran.",
            "Reported: progress of tasks, weighted. Verified: share of tasks that somebody else has verified, weighted. The mean over target units of each initiative, then weighted by step; – means that there is no target unit.",
        ),
    ),
    (
        ("Lewat tempo", "Overdue"),
        (
            "Belum diajukan, dan hari jatuh temponya telah berakhir di zona waktu unit.",
            "Not handed in, and its due day is over in the unit's time zone.",
        ),
    ),
    (
        ("Dieskalasikan", "Escalated"),
        (
            "Tugas yang keterlambatannya diberitahukan ke atas dalam bulan ini; satu tugas dapat sampai ke beberapa tingkat.",
            "Tasks whose lateness was told up the tree in the month; one task may have reached several levels.",
        ),
    ),
    (
        ("Journey dicatat, diterima", "Journeys captured, accepted"),
        (
            "Yang dicatat, dan yang diterima, dalam periode ini; yang diterima dapat dicatat pada bulan sebelumnya.",
            "Captured, and accepted, within the period; what was accepted may have been captured in an earlier month.",
        ),
    ),
    (
        ("Isu teratas", "Top issues"),
        (
            "Jumlah prioritas (keparahan x jangkauan) dari pain point yang dicatat dalam bulan ini; yang ditolak tidak dihitung.",
            "By the sum of priorities (severity x reach) of pain points recorded in the month; dismissed ones are left out.",
        ),
    ),
    (
        ("CSAT", "CSAT"),
        (
            "Bagian jawaban 4 dan 5 dari skala 1-5, dalam persen. Kepuasan menyeluruh dihitung sama.",
            "Share of 4 and 5 on a scale of 1-5, in percent. Overall satisfaction likewise.",
        ),
    ),
    (
        ("NPS", "NPS"),
        (
            "Bagian 9-10 dikurangi bagian 0-6, dari skala 0-10; dari -100 sampai 100.",
            "Share of 9-10 less share of 0-6, on a scale of 0-10; from -100 to 100.",
        ),
    ),
    (
        ("CES", "CES"),
        (
            "Bagian jawaban 5-7 dari skala 1-7, dalam persen; rata-rata skornya di sampingnya.",
            "Share of 5-7 on a scale of 1-7, in percent; beside it the mean score.",
        ),
    ),
    (
        ("n, selang 95 %, indikatif", "n, 95 % interval, indicative"),
        (
            "n: jumlah jawaban; yang tidak menjawab tidak dihitung. Selang 95 %: Wilson untuk bagian; untuk NPS ±196·√((p+d−(p−d)²)/n). Indikatif: n kurang dari 30.",
            "n: number of answers; the unanswered are left out. 95 % interval: Wilson for shares; for NPS ±196·√((p+d−(p−d)²)/n). Indicative: n below 30.",
        ),
    ),
    (
        ("Perubahan", "Change"),
        (
            "Angka bulan ini dikurangi angka bulan lalu, seperti tertulis. Nyata: kedua selang 95 % tidak tumpang tindih.",
            "This month's figure less the month before's, as shown. Clear: the two 95 % intervals do not overlap.",
        ),
    ),
    (
        ("Mystery shopper", "Mystery shopper"),
        (
            "Nilai berbobot 0-100 dari butir yang berlaku; nilai wilayah adalah rata-rata ULP yang dinilai dalam gelombang itu.",
            "Weighted score 0-100 over the items that apply; a region's is the mean over the ULPs assessed in the wave.",
        ),
    ),
)


def word(of: str, language: Language, /, **values: object) -> str:
    return _WORDS[of][language is Language.EN].format(**values)


def service(of: str, language: Language) -> str:
    return _SERVICES[Service(of)][language is Language.EN]


def channel(of: str, language: Language) -> str:
    return _CHANNELS[RatingChannel(of)][language is Language.EN]


def metric(of: RatingMetric, language: Language) -> str:
    return _METRICS[of][language is Language.EN]


def category(of: str, language: Language) -> str:
    return _CATEGORIES[Category(of)][language is Language.EN]


def level(of: str, language: Language) -> str:
    return _LEVELS[Audience(of)][language is Language.EN]


def state(of: ReportState, language: Language) -> str:
    return _STATES[of][language is Language.EN]


def definitions(language: Language) -> list[tuple[str, str]]:
    at = language is Language.EN
    return [(term[at], meaning[at]) for term, meaning in _DEFINITIONS]


def zone(name: str) -> str:
    """As people in Indonesia call it."""
    return _ZONES.get(name, name)


def month(written: str, language: Language) -> str:
    """Of `2026-10`: Oktober 2026."""
    day = datetime.fromisoformat(f"{written}-01").date()
    return digest_texts.day(day, language).split(" ", 1)[1]


def moment(at: datetime, of_zone: str, language: Language) -> str:
    local = at.astimezone(ZoneInfo(of_zone))
    time = f"{local:%H:%M}" if language is Language.EN else f"{local:%H.%M}"
    day = digest_texts.day(local.date(), language)
    return word("at", language, day=day, time=time, zone=zone(of_zone))


def number(value: int | Decimal, language: Language, *, signed: bool = False) -> str:
    """As people write it: 1.234,50 in Indonesian, 1,234.50 in English; a decimal with two places."""
    written = f"{abs(value):,}" if isinstance(value, int) else f"{abs(value):,.2f}"
    if language is not Language.EN:
        written = written.translate(str.maketrans(",.", ".,"))
    sign = "\u2212" if value < 0 else "+" if signed and value > 0 else ""
    return sign + written
