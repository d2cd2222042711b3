"""The words for codes and notices, in Indonesian and English. `{names}` are filled in by the problem's values."""

from jejak.domain.errors import Code, Problem
from jejak.domain.vocabulary import Language, NoticeKind

_MESSAGES: dict[Code, tuple[str, str]] = {
    Code.ALREADY_ACKNOWLEDGED: (
        "Rekan Anda sudah menanggapi eskalasi ini.",
        "A colleague has already acknowledged this escalation.",
    ),
    Code.BAD_REQUEST: ("Permintaan tidak dapat dibaca.", "The request cannot be read."),
    Code.BUSY: (
        "Server sedang sibuk; coba lagi sesaat lagi.",
        "The service is busy; try again in a moment.",
    ),
    Code.CLIENT_ID_REUSED: (
        "clientMutationId ini sudah dipakai untuk isi yang lain.",
        "This clientMutationId was already used for something else.",
    ),
    Code.EMAIL_NOT_VERIFIED: (
        "Penyedia identitas belum memastikan alamat e-mail Anda; verifikasi di sana, lalu coba lagi.",
        "The identity provider has not verified your e-mail address; verify it there, then try again.",
    ),
    Code.ESCALATION_ENDED: (
        "Eskalasi ini sudah tidak berlaku: tugasnya sudah diajukan, berakhir, atau tenggatnya berubah.",
        "This escalation is over: its task was handed in, has ended or got another due date.",
    ),
    Code.EVIDENCE_REQUIRED: (
        "Inisiatif ini meminta bukti sebelum tugas diajukan.",
        "This initiative asks for evidence before the task is submitted.",
    ),
    Code.FORBIDDEN: ("Peran Anda tidak mengizinkan ini.", "Your role does not allow this."),
    Code.FORBIDDEN_URL: (
        "Alamat ini tidak dapat dituju: harus https, di internet umum, dan nama hostnya harus dikenal.",
        "This address cannot be used: it must be https, on the public internet, and its host must be known.",
    ),
    Code.FOREIGN_ORIGIN: (
        "Situs ini tidak diizinkan memakai layanan ini; mintalah administrator mendaftarkan alamatnya.",
        "This website may not use the service; ask its administrator to list the site's origin.",
    ),
    Code.FOUR_EYES: (
        "Pemilik atau pengaju tugas tidak boleh memverifikasinya sendiri.",
        "Whoever owns or submitted a task may not verify it.",
    ),
    Code.FUTURE_DATE: ("Tanggal ini belum tiba.", "This date has not come yet."),
    Code.GONE: (
        "Perubahan sejak saat itu tidak tersimpan lagi; muat ulang data, lalu ikuti lagi tanpa `since`.",
        "What happened since then is no longer kept; load the data anew, then follow without `since`.",
    ),
    Code.GUESSABLE_PASSWORD: (
        "Kata sandi ini mudah ditebak; pakailah beberapa kata yang tidak berhubungan, tanpa nama, e-mail, atau pengulangan.",
        "This password is easily guessed; use several unrelated words, without names, your e-mail or repetition.",
    ),
    Code.HAS_OPEN_TASKS: ("Masih ada tugas yang terbuka.", "There are still tasks under it."),
    Code.HAS_OPEN_UNITS: ("Masih ada unit terbuka di bawahnya.", "There are still open units below it."),
    Code.INTERNAL: (
        "Terjadi kesalahan di sistem. Sebutkan nomor permintaan {request_id} kepada administrator.",
        "Something went wrong on our side. Quote request {request_id} to your administrator.",
    ),
    Code.INTROSPECTION_OFF: (
        "Skema tidak dapat ditanyakan di sini; gunakan berkas schema.graphql.",
        "The schema cannot be asked for here; use the file schema.graphql.",
    ),
    Code.INVALID_CHOICE: ("Pilih salah satu: {choices}.", "Choose one of: {choices}."),
    Code.INVALID_CODE: (
        "Kode terdiri dari 1-32 huruf besar, angka, '-' atau '_'.",
        "A code is 1 to 32 capital letters, digits, '-' or '_'.",
    ),
    Code.INVALID_EMAIL: ("Alamat e-mail tidak sah.", "This is not an e-mail address."),
    Code.INVALID_FEATURE: (
        "Kode fitur terdiri dari 1-64 huruf besar, angka, atau '_ . / -'.",
        "A feature's code is 1 to 64 capital letters, digits, or '_ . / -'.",
    ),
    Code.INVALID_HOURS: (
        "Jam ditulis seperti 09:00, mulai sebelum selesai, berurutan, dan tidak saling tumpang tindih.",
        "Hours are written as 09:00, begin before they end, and stand in order and apart.",
    ),
    Code.INVALID_ID: ("Id ini tidak sah.", "This is not a valid id."),
    Code.INVALID_KIND: ("Jenis unit di sini harus {kind}.", "The kind of this unit must be {kind}."),
    Code.INVALID_PAGE: (
        "Minta 1 sampai {most} baris dengan `first` atau `last` (bukan keduanya), dan kursor dari daftar yang sama.",
        "Ask for 1 to {most} rows by `first` or `last` (not both), with a cursor from the same list.",
    ),
    Code.INVALID_RULE: (
        "Pola berulang ini tidak dapat dipakai: {part}. Contoh: FREQ=MONTHLY;BYMONTHDAY=15.",
        "This recurrence rule cannot be used: {part}. For example: FREQ=MONTHLY;BYMONTHDAY=15.",
    ),
    Code.INVALID_TEXT: (
        "Teks berisi karakter yang tidak diizinkan.",
        "The text contains characters that are not allowed.",
    ),
    Code.INVALID_TIMEZONE: (
        "Zona waktu tidak dikenal, contoh: Asia/Jakarta.",
        "Unknown time zone; for example Asia/Jakarta.",
    ),
    Code.INVALID_URL: (
        "Tautan harus berupa alamat http atau https.",
        "A link must be an http or https address.",
    ),
    Code.INVITATION_ENDED: (
        "Undangan ini tidak berlaku lagi; mintalah yang baru kepada administrator Anda.",
        "This invitation holds no longer; ask your administrator for a new one.",
    ),
    Code.LAST_ADMINISTRATOR: (
        "Kantor pusat harus tetap memiliki seorang administrator.",
        "Headquarters must keep an administrator.",
    ),
    Code.NO_ACCOUNT: (
        "Tidak ada akun di sini untuk alamat e-mail Anda; hubungi administrator Anda.",
        "There is no account here for your e-mail address; ask your administrator.",
    ),
    Code.NO_OWNER: (
        "Unit ini belum memiliki PIC Ranger; sebutkan pemilik tugas.",
        "This unit has no PIC Ranger; name an owner.",
    ),
    Code.NO_UNITS: (
        "Tidak ada unit terbuka dalam cakupan ini.",
        "No open unit lies in this scope.",
    ),
    Code.NOT_ACCEPTED: ("Journey ini belum diterima.", "This journey has not been accepted."),
    Code.NOT_ESCALATED: (
        "Pemberitahuan ini bukan eskalasi, jadi tidak perlu ditanggapi.",
        "This notice is no escalation, so there is nothing to acknowledge.",
    ),
    Code.NOT_FOUND: ("Tidak ditemukan.", "Not found."),
    Code.NOT_STAFF: (
        "Orang ini tidak dapat mengerjakan tugas di unit tersebut.",
        "This person cannot carry out tasks at that unit.",
    ),
    Code.NOT_WHOLE_DAYS: (
        "Acara ini bukan acara sehari penuh; kalender libur hanya berisi hari penuh.",
        "This event is not of whole days; a calendar of days off holds nothing else.",
    ),
    Code.OUT_OF_RANGE: (
        "Nilai harus antara {least} dan {most}.",
        "The value must lie between {least} and {most}.",
    ),
    Code.PARENT_REFUSED: (
        "Baris unit induknya ditolak; perbaiki baris itu terlebih dahulu.",
        "The row of its parent unit was refused; mend that one first.",
    ),
    Code.PAST_DATE: ("Tanggal ini sudah lewat.", "This date has passed."),
    Code.RATE_LIMITED: (
        "Terlalu banyak permintaan; coba lagi dalam {seconds} detik.",
        "Too many requests; try again in {seconds} s.",
    ),
    Code.REQUIRED: ("Wajib diisi.", "This is required."),
    Code.SAME_PERSON: ("Pilih orang yang berbeda.", "Choose somebody else."),
    Code.SESSION_ENDED: (
        "Sesi ini sudah berakhir; silakan masuk lagi.",
        "This session has ended; please sign in again.",
    ),
    Code.SIGN_IN_EXPIRED: (
        "Proses masuk ini sudah kedaluwarsa atau tidak dimulai di peramban ini; mulailah lagi.",
        "This sign-in has expired or was not begun in this browser; please start again.",
    ),
    Code.SIGN_IN_REFUSED: (
        "Penyedia identitas tidak mengesahkan proses masuk ini; mulailah lagi.",
        "The identity provider did not confirm this sign-in; please start again.",
    ),
    Code.SIGN_IN_UNAVAILABLE: (
        "Penyedia identitas tidak dapat dihubungi; coba lagi nanti.",
        "The identity provider cannot be reached; try again later.",
    ),
    Code.SNOOZE_LIMIT: (
        "Pengingat untuk satu tenggat dapat ditunda paling lama {most} hari kerja; sisa Anda {left}.",
        "The reminders of one due date can be put off for {most} working days at most; {left} are left.",
    ),
    Code.STALE: (
        "Data sudah berubah sejak Anda membacanya; periksa keadaan terbaru.",
        "It has changed since you read it; look at its current state.",
    ),
    Code.TAKEN: ("Sudah dipakai.", "This is already taken."),
    Code.TIMED_OUT: (
        "Permintaan berlangsung terlalu lama dan dihentikan; minta lebih sedikit, dan periksa dulu apakah perubahan sudah tersimpan sebelum mencoba lagi.",
        "The request took too long and was stopped; ask for less, and look whether a change was made before you try again.",
    ),
    Code.TOO_COMPLEX: (
        "Dokumen ini terlalu besar: {what} {asked}, paling banyak {most}.",
        "This document is too large: {what} {asked}, at most {most}.",
    ),
    Code.TOO_COSTLY: (
        "Permintaan ini dapat menghasilkan {asked} baris; paling banyak {most}.",
        "This query may give {asked} rows; at most {most}.",
    ),
    Code.TOO_LARGE: ("Permintaan terlalu besar.", "The request is too large."),
    Code.TOO_LONG: ("Paling banyak {most} karakter.", "At most {most} characters."),
    Code.TOO_MANY: ("Paling banyak {most}.", "At most {most}."),
    Code.TOO_MANY_ATTEMPTS: (
        "Terlalu banyak percobaan; coba lagi dalam {seconds} detik.",
        "Too many attempts; try again in {seconds} seconds.",
    ),
    Code.TREE_CYCLE: ("Unit tidak dapat berada di bawah dirinya sendiri.", "A unit cannot lie below itself."),
    Code.UNAUTHENTICATED: ("Silakan masuk terlebih dahulu.", "Please sign in first."),
    Code.UNITS_WITHOUT_OWNER: (
        "{count} unit belum memiliki PIC Ranger maupun manajer; pratinjau menyebut unit mana saja.",
        "{count} units have neither a PIC Ranger nor a manager; the preview says which.",
    ),
    Code.UNAVAILABLE: (
        "Layanan sedang tidak dapat menjangkau basis datanya; coba lagi sesaat lagi, dan periksa dulu apakah perubahan sudah tersimpan.",
        "The service cannot reach its database just now; try again in a moment, and look first whether a change was made.",
    ),
    Code.UNIT_CLOSED: ("Unit ini sudah ditutup.", "This unit is closed."),
    Code.UNKNOWN_DOCUMENT: (
        "Dokumen ini tidak termasuk dalam daftar yang boleh dijalankan layanan ini.",
        "This document is not on the list of those that the service runs.",
    ),
    Code.UNREADABLE_CALENDAR: (
        "Kalender tidak dapat dibaca; kirim isi berkas iCalendar (.ics) dengan sedikitnya satu acara.",
        "The calendar cannot be read; send the text of an iCalendar file (.ics) with an event at least.",
    ),
    Code.UNREADABLE_FILE: (
        "Berkas tidak dapat dibaca; kirim CSV (UTF-8) atau XLSX.",
        "The file cannot be read; send CSV (UTF-8) or XLSX.",
    ),
    Code.UNSUPPORTED_RECURRENCE: (
        "Acara berulang hanya dapat dibaca bila berulang setiap tahun pada tanggal yang sama; tulis hari-harinya satu per satu.",
        "An event may recur only every year on the same day; write its days one by one.",
    ),
    Code.WEAK_PASSWORD: (
        "Kata sandi minimal {least} karakter.",
        "A password has at least {least} characters.",
    ),
    Code.WRONG_CREDENTIALS: ("E-mail atau kata sandi salah.", "Wrong e-mail or password."),
    Code.WRONG_CSRF_TOKEN: (
        "Header X-CSRF-Token hilang atau salah; baca `csrfToken`, lalu ulangi.",
        "The header X-CSRF-Token is missing or wrong; read `csrfToken`, then try again.",
    ),
    Code.WRONG_HOST: (
        "Layanan ini tidak ada di alamat ini; gunakan {url}.",
        "The service is not at this address; use {url}.",
    ),
    Code.WRONG_KIND: ("{kind} tidak dapat berada di bawah {parent}.", "A {kind} cannot lie under {parent}."),
    Code.WRONG_STATUS: (
        "Tidak dapat dilakukan pada status {status}.",
        "This cannot be done in status {status}.",
    ),
}

# {title} of the task, {unit} whose it is, {owner}, its due date {due}, days {late} when it was said; {vacant} unit; {channel}.
_NOTICES: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.DUE_SOON: ("Tugas “{title}” jatuh tempo {due}.", "Task “{title}” is due on {due}."),
    NoticeKind.DUE_TODAY: (
        "Tugas “{title}” jatuh tempo hari ini ({due}).",
        "Task “{title}” is due today ({due}).",
    ),
    NoticeKind.OVERDUE: (
        "Tugas “{title}” melewati jatuh tempo {due}.",
        "Task “{title}” is past its due date {due}.",
    ),
    NoticeKind.CHANNEL_PAUSED: (
        "Pengiriman lewat {channel} dihentikan sementara karena tidak terjangkau; dicoba lagi dengan sendirinya.",
        "Delivery by {channel} is paused because it is out of reach; it is tried again by itself.",
    ),
    NoticeKind.BLOCKED: (
        "Tugas “{title}” milik {owner} di {unit} terhambat dan perlu bantuan.",
        "Task “{title}” of {owner} at {unit} is blocked and needs help.",
    ),
    NoticeKind.AWAITING_VERIFICATION: (
        "Tugas “{title}” milik {owner} di {unit} menunggu verifikasi.",
        "Task “{title}” of {owner} at {unit} is waiting to be verified.",
    ),
    NoticeKind.ESCALATED: (
        "Tugas “{title}” milik {owner} di {unit} terlambat {late} hari (jatuh tempo {due}).",
        "Task “{title}” of {owner} at {unit} is late by {late} days (due on {due}).",
    ),
    NoticeKind.NO_MANAGER: (
        "{vacant} belum memiliki manajer; eskalasinya diteruskan ke atas sampai ada yang ditunjuk.",
        "{vacant} has no manager; its escalations go further up until somebody is appointed.",
    ),
    NoticeKind.HANDED_OVER: (
        "Tugas “{title}” di {unit} kini menjadi tanggung jawab Anda (jatuh tempo {due}).",
        "Task “{title}” at {unit} is yours now (due on {due}).",
    ),
}
# What of its task, its vacancy or its channel a notice's sentence may name.
NAMED = ("title", "due", "unit", "owner", "late", "vacant", "channel")


def message(problem: Problem, language: Language) -> str:
    """What the person reads for a problem."""
    return _MESSAGES[problem.code][language is Language.EN].format_map(problem.values)


def notice_template(kind: NoticeKind, language: Language) -> str:
    """The sentence of a notice, with some of `NAMED` to be filled in."""
    return _NOTICES[kind][language is Language.EN]
