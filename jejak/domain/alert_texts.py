"""What an early warning says, in Indonesian and English: neutral figures, as true after it has closed as before."""

from jejak.domain.vocabulary import AlertKind, Language, Service

# {measured}: the metric, and the service where it is of one. Percent but for NPS, which is of points.
_SENTENCES: dict[AlertKind, tuple[str, str]] = {
    AlertKind.METRIC_FLOOR: (
        "{measured} di {unit}: {value} (selang 95 %: {low} sampai {high}, n = {n}); batas bawah {base}.",
        "{measured} at {unit}: {value} (95 % interval {low} to {high}, n = {n}); floor {base}.",
    ),
    AlertKind.METRIC_DROP: (
        "{measured} di {unit}: {value} (selang 95 %: {low} sampai {high}, n = {n}); tiga periode sebelumnya {base} ({base_low} sampai {base_high}, n = {base_n}).",
        "{measured} at {unit}: {value} (95 % interval {low} to {high}, n = {n}); the three periods before {base} ({base_low} to {base_high}, n = {base_n}).",
    ),
    AlertKind.OVERDUE_SHARE: (
        "{hits} dari {n} tugas terbuka di {unit} melewati jatuh tempo ({value} %); ambang {base} %.",
        "{hits} of {n} open tasks at {unit} are overdue ({value} %); threshold {base} %.",
    ),
    AlertKind.COMPLETION_PACE: (
        "Penyelesaian terverifikasi di {unit}: {reached} %, dengan laju sekarang {value} % pada {until}; sasaran {base} %.",
        "Verified completion at {unit}: {reached} %, at the present pace {value} % by {until}; target {base} %.",
    ),
    AlertKind.REVIEW_SPIKE: (
        "{hits} dari {n} ulasan Play Store buruk ({value} %, selang 95 %: {low} sampai {high}); sebelumnya {base} % ({base_low} sampai {base_high}, n = {base_n}).",
        "{hits} of {n} Play Store reviews are bad ({value} %, 95 % interval {low} to {high}); before {base} % ({base_low} to {base_high}, n = {base_n}).",
    ),
}
_SERVICES: dict[Service, tuple[str, str]] = {
    Service.PB_PD: ("Pasang Baru/Perubahan Daya", "New connection/power change"),
    Service.COMPLAINT: ("Pengaduan", "Complaints"),
    Service.SPKLU: ("SPKLU", "EV charging"),
    Service.PREPAID: ("Prabayar", "Prepaid"),
    Service.POSTPAID: ("Pascabayar", "Postpaid"),
    Service.NON_TAGLIS: ("Non-taglis", "Charges beside the bill"),
    Service.SWACAM: ("Swacam", "Self-read meters"),
}
_NUMBERS = ("value", "low", "high", "base", "base_low", "base_high", "reached")
_COUNTS = ("n", "hits", "base_n")
NAMED = ("measured", "unit", "until", *_NUMBERS, *_COUNTS)


def sentence(alert: str, language: Language) -> str:
    """SQL: what the row with this alias says, by its latest figures."""
    nth = language is Language.EN
    kinds = " ".join(f"when '{kind}' then {_written(words[nth])}" for kind, words in _SENTENCES.items())
    services = " ".join(
        f"when '{service}' then {_literal(words[nth])}" for service, words in _SERVICES.items()
    )
    measured = f"concat_ws(', ', r.metric, case {alert}.service {services} end)"
    values = [measured, "place.name", "coalesce(e.to_on::text, '-')"]
    values += [_number(f"e.{name}", language) for name in _NUMBERS]
    values += [f"coalesce(e.{name}::text, '-')" for name in _COUNTS]
    return f"""(
        select format(case r.kind {kinds} end, {", ".join(values)})
        from alert_rule r join unit place on place.id = {alert}.unit_id
        join alert_evidence e on e.alert_id = {alert}.id and e.moment = 'LATEST' where r.id = {alert}.rule_id
    )"""


def _number(sql: str, language: Language) -> str:
    written = f"{sql}::text"
    if language is Language.ID:
        written = f"replace({written}, '.', ',')"
    return f"coalesce({written}, '-')"


def _written(template: str) -> str:
    """For PostgreSQL's `format`."""
    written = template.replace("%", "%%")
    for position, name in enumerate(NAMED, 1):
        written = written.replace(f"{{{name}}}", f"%{position}$s")
    return _literal(written)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
