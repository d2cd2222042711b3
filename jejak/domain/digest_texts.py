"""The words of digests, in Indonesian and English."""

from datetime import date

from jejak.domain.digest_rules import Section
from jejak.domain.vocabulary import Channel, Language, TaskStatus

_SECTIONS: dict[Section, tuple[str, str]] = {
    Section.OVERDUE: ("Lewat jatuh tempo", "Overdue"),
    Section.DUE: ("Akan jatuh tempo", "Due soon"),
    Section.BLOCKED: ("Terhambat", "Blocked"),
    Section.TO_VERIFY: ("Menunggu verifikasi Anda", "Waiting for your verification"),
    Section.ESCALATED: ("Dieskalasikan kepada Anda", "Escalated to you"),
    Section.ALERTS: ("Peringatan dini", "Early warnings"),
    Section.OTHER: ("Lain-lain", "Other"),
}
_IN_SUBJECT: dict[Section, tuple[str, str]] = {
    Section.OVERDUE: ("{n} lewat jatuh tempo", "{n} overdue"),
    Section.DUE: ("{n} akan jatuh tempo", "{n} due soon"),
    Section.BLOCKED: ("{n} terhambat", "{n} blocked"),
    Section.TO_VERIFY: ("{n} menunggu verifikasi", "{n} to verify"),
    Section.ESCALATED: ("{n} dieskalasikan", "{n} escalated"),
    Section.ALERTS: ("{n} peringatan dini", "{n} early warnings"),
    Section.OTHER: ("{n} pemberitahuan lain", "{n} other"),
}
_STATUSES: dict[TaskStatus, tuple[str, str]] = {
    TaskStatus.PLANNED: ("belum dimulai", "not started"),
    TaskStatus.IN_PROGRESS: ("dikerjakan", "in progress"),
    TaskStatus.SUBMITTED: ("menunggu verifikasi", "waiting for verification"),
    TaskStatus.VERIFIED: ("terverifikasi", "verified"),
    TaskStatus.RETURNED: ("dikembalikan", "returned"),
    TaskStatus.BLOCKED: ("terhambat", "blocked"),
    TaskStatus.CANCELLED: ("dibatalkan", "cancelled"),
}
_CHANNELS: dict[Channel, tuple[str, str]] = {
    Channel.EMAIL: ("e-mail", "e-mail"),
    Channel.WEBHOOK: ("webhook", "webhook"),
}
_MONTHS = (
    ("Januari", "January"), ("Februari", "February"), ("Maret", "March"), ("April", "April"), ("Mei", "May"),
    ("Juni", "June"), ("Juli", "July"), ("Agustus", "August"), ("September", "September"), ("Oktober", "October"),
    ("November", "November"), ("Desember", "December"),
)  # fmt: skip
_PHRASES: dict[str, tuple[str, str]] = {
    "greeting": ("Halo {name},", "Hello {name},"),
    "intro": (
        "berikut hal-hal yang perlu Anda perhatikan di Jejak.",
        "here is what needs your attention in Jejak.",
    ),
    "due": ("jatuh tempo {day}", "due on {day}"),
    "totals": (
        "Tugas Anda saat ini: {open} terbuka, {overdue} lewat jatuh tempo, {due_this_week} jatuh tempo dalam 7 hari, {blocked} terhambat. Menunggu verifikasi Anda: {to_verify}.",
        "Your tasks now: {open} open, {overdue} overdue, {due_this_week} due within 7 days, {blocked} blocked. Waiting for your verification: {to_verify}.",
    ),
    "automatic": (
        "E-mail ini dikirim otomatis oleh Jejak; balasan tidak dibaca.",
        "Jejak sent this e-mail by itself; nobody reads replies.",
    ),
    "unsubscribe": ("Berhenti menerima e-mail ini: {link}", "Stop these e-mails: {link}"),
    "test": (
        "Ini pengiriman percobaan dari Jejak. Bila Anda membacanya, semuanya berfungsi.",
        "This is a test delivery from Jejak. If you read it, everything works.",
    ),
    "unsubscribe_ask": (
        "Berhenti menerima ringkasan lewat e-mail? Kotak masuk di Jejak tetap ada.",
        "Stop receiving digests by e-mail? Your inbox in Jejak stays.",
    ),
    "unsubscribe_button": ("Berhenti", "Stop"),
    "unsubscribed": (
        "Selesai. Ringkasan lewat e-mail tidak dikirim lagi; Anda dapat mengaktifkannya kembali di pengaturan notifikasi.",
        "Done. No more digests by e-mail; you can switch them on again in your notification settings.",
    ),
}


def section(of: Section, language: Language) -> str:
    return _SECTIONS[of][language is Language.EN]


def in_subject(of: Section, n: int, language: Language) -> str:
    return _IN_SUBJECT[of][language is Language.EN].format(n=n)


def status(of: str, language: Language) -> str:
    return _STATUSES[TaskStatus(of)][language is Language.EN]


def channel(of: Channel, language: Language) -> str:
    return _CHANNELS[of][language is Language.EN]


def day(of: date, language: Language) -> str:
    return f"{of.day} {_MONTHS[of.month - 1][language is Language.EN]} {of.year}"


def phrase(of: str, language: Language, /, **values: object) -> str:
    return _PHRASES[of][language is Language.EN].format(**values)
