"""The words of the page on which customers answer, in Indonesian and English. Questions and aspects are those of CX100."""

from jejak.domain.vocabulary import Language, RatingAspect, RatingChannel, Service, StaffKind

_SERVICES: dict[Service, tuple[str, str]] = {
    Service.PB_PD: ("Pasang Baru / Perubahan Daya", "New connection or power change"),
    Service.COMPLAINT: ("Pengaduan & Gangguan", "Complaint or outage"),
    Service.SPKLU: ("SPKLU & Home Charging", "Charging station or home charging"),
    Service.PREPAID: ("Listrik Prabayar", "Prepaid electricity"),
    Service.POSTPAID: ("Listrik Pascabayar", "Postpaid electricity"),
    Service.NON_TAGLIS: ("Pembayaran Non-Taglis", "Payment other than the bill"),
    Service.SWACAM: ("Swacam (Catat Meter Mandiri)", "Reading your own meter"),
}
_CHANNELS: dict[RatingChannel, tuple[str, str]] = {
    RatingChannel.PLN_MOBILE: ("PLN Mobile", "PLN Mobile"),
    RatingChannel.CALL: ("Call (telepon)", "Call"),
    RatingChannel.LIVE_CHAT: ("Live Chat", "Live chat"),
    RatingChannel.SOCIAL_MEDIA: ("Media sosial", "Social media"),
    RatingChannel.OFFICE: ("Kantor pelayanan", "Office"),
    RatingChannel.FIELD: ("Kunjungan petugas", "Visit of an officer"),
}
_CC123 = frozenset({RatingChannel.CALL, RatingChannel.LIVE_CHAT, RatingChannel.SOCIAL_MEDIA})
_ASPECTS: dict[RatingAspect, tuple[str, str]] = {
    RatingAspect.POLITE_UNIFORMED: ("Petugas sopan & berseragam", "Polite and in uniform"),
    RatingAspect.GOOD_WORK: ("Hasil pekerjaan baik", "Good work"),
    RatingAspect.ON_TIME: ("Datang tepat waktu", "Came on time"),
    RatingAspect.POLITE: ("Petugas sopan", "Polite"),
    RatingAspect.SOLVES: ("Petugas solutif", "Found a solution"),
    RatingAspect.FAST: ("Cepat melayani", "Quick to help"),
}
_STAFF: dict[StaffKind, tuple[str, str]] = {
    StaffKind.OFFICER: ("Nama Petugas", "Officer"),
    StaffKind.AGENT: ("Nama Agent", "Agent"),
}
# By scale: what is asked, in how few words, and what its ends mean.
_QUESTIONS: dict[str, tuple[tuple[str, str, str, str], tuple[str, str, str, str]]] = {
    "ces": (
        (
            "Kemudahan Akses Layanan",
            "Penyedia layanan memudahkan saya menangani masalah saya.",
            "Sangat tidak setuju",
            "Sangat setuju",
        ),
        (
            "Ease",
            "The provider made it easy for me to handle my issue.",
            "Strongly disagree",
            "Strongly agree",
        ),
    ),
    "csat": (
        ("Kepuasan Layanan", "Seberapa puas Anda dengan interaksi ini?", "Tidak puas", "Sangat puas"),
        ("Satisfaction", "How satisfied are you with this interaction?", "Not satisfied", "Very satisfied"),
    ),
    "overall": (
        ("Pengalaman secara Umum", "Seberapa puas Anda secara umum?", "Tidak puas", "Sangat puas"),
        ("Overall experience", "How satisfied are you overall?", "Not satisfied", "Very satisfied"),
    ),
    "nps": (
        (
            "Rekomendasi",
            "Pada skala 0 - 10, seberapa besar Anda akan merekomendasikan Produk / Layanan kami kepada pihak lain?",
            "Tidak akan",
            "Pasti",
        ),
        (
            "Recommendation",
            "On a scale of 0 - 10, how likely are you to recommend our product or service to others?",
            "Not at all",
            "Certainly",
        ),
    ),
}
_PHRASES: dict[str, tuple[str, str]] = {
    "title": ("Penilaian Kualitas Layanan", "Rate our service"),
    "title_cc123": ("Penilaian Kualitas Layanan CC123", "Rate our service: CC123"),
    "about": ("Produk / Layanan / Menu", "Product / service / menu"),
    "channel": ("Jenis Kanal Layanan", "Channel"),
    "unit": ("Unit PLN", "PLN unit"),
    "how": (
        "Jawab yang ingin Anda jawab; satu pertanyaan saja sudah cukup.",
        "Answer what you like; one question is enough.",
    ),
    "good": ("Apa yang baik?", "What was good?"),
    "skip": ("Lewati", "Skip"),
    "comment": ("Tulis ulasan", "Write a review"),
    "comment_hint": (
        "Mohon tidak menulis nama, nomor telepon, atau ID pelanggan.",
        "Please leave out names, phone numbers and customer IDs.",
    ),
    "send": ("Kirim Penilaian", "Send"),
    "stop": ("Jangan Tampilkan Lagi", "Do not show again"),
    "kept": (
        "Ulasan disimpan paling lama 13 bulan, lalu dihapus; angka penilaian disimpan tanpa identitas. Setelah mengirim, Anda dapat menghapusnya sendiri.",
        "What you write is kept for 13 months at most; scores are kept without your identity. Once sent, you can delete it yourself.",
    ),
    "wrong": ("Penilaian belum terkirim.", "This was not sent yet."),
    "wrong_required": (
        "Jawablah paling sedikit satu pertanyaan dengan angka.",
        "Please answer at least one question by a number.",
    ),
    "wrong_comment": (
        "Ulasan terlalu panjang (paling banyak 2000 huruf) atau berisi tanda yang tidak dapat disimpan.",
        "The review is too long (2000 characters at most) or holds signs that cannot be kept.",
    ),
    "wrong_choice": (
        "Salah satu jawaban tidak dapat dibaca; mohon dipilih lagi.",
        "An answer could not be read; please choose again.",
    ),
    "wrong_old": (
        "Halaman ini sudah lama terbuka. Mohon periksa jawaban Anda, lalu kirim sekali lagi.",
        "This page has been open for long. Please look at your answers and send them once more.",
    ),
    "thanks": ("Terima kasih atas penilaian Anda.", "Thank you for your rating."),
    "thanks_more": (
        "Jawaban Anda membantu PLN memperbaiki layanan.",
        "Your answer helps PLN to serve better.",
    ),
    "again": ("Beri penilaian lain", "Rate something else"),
    "erase": ("Hapus jawaban saya", "Delete my answer"),
    "erase_ask": (
        "Ulasan, nama petugas, dan tautan ke diri Anda akan dihapus dari jawaban ini. Yang tersisa hanya angka tanpa identitas dalam jumlah keseluruhan.",
        "Your review, the name of whom you met and whatever leads to you are deleted from this answer. What remains is a number in the totals, without identity.",
    ),
    "erased": (
        "Jawaban Anda sudah dihapus. Yang tersisa hanya angka tanpa identitas.",
        "Your answer is deleted. What remains is a number without identity.",
    ),
    "stopped": ("Anda tidak akan diminta menilai lagi.", "You will not be asked again."),
    "ask_again": ("Tampilkan lagi", "Show it again"),
    "ended": ("Tautan ini sudah tidak berlaku.", "This link is no longer valid."),
    "ended_more": (
        "Masa berlakunya habis, atau sudah dihentikan oleh PLN.",
        "It has expired, or PLN has ended it.",
    ),
    "unknown": ("Halaman tidak ditemukan.", "There is no such page."),
    "unknown_more": (
        "Periksa kembali tautan yang Anda terima.",
        "Please check the link that you were given.",
    ),
    "failed": (
        "Layanan sedang terganggu; mohon coba lagi sesaat lagi.",
        "Something is wrong on our side; please try again in a moment.",
    ),
}


def phrase(name: str, language: Language) -> str:
    return _in(_PHRASES[name], language)


def title(channel: RatingChannel, language: Language) -> str:
    return phrase("title_cc123" if channel in _CC123 else "title", language)


def service(of: Service, language: Language) -> str:
    return _in(_SERVICES[of], language)


def channel(of: RatingChannel, language: Language) -> str:
    return _in(_CHANNELS[of], language)


def aspect(of: RatingAspect, language: Language) -> str:
    return _in(_ASPECTS[of], language)


def staff(of: StaffKind, language: Language) -> str:
    return _in(_STAFF[of], language)


def question(scale: str, language: Language) -> tuple[str, str, str, str]:
    """Its name, what is asked, and what the least and the most mean."""
    indonesian, english = _QUESTIONS[scale]
    return english if language is Language.EN else indonesian


def _in(both: tuple[str, str], language: Language) -> str:
    return both[language is Language.EN]
