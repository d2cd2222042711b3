"""R6, pure: a digest as people read it: a subject, plain text, and HTML for e-mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from jejak.domain import digest_texts as words
from jejak.domain import texts
from jejak.domain.digest import Digest, Line
from jejak.domain.digest_rules import Section
from jejak.domain.vocabulary import Language, NoticeKind

MOST_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


def said(line: Line, section: Section, language: Language) -> str:
    """A line: of a task its title, unit, due date and state; what an alert says; else the notice's sentence."""
    if line.alert is not None:
        return line.alert
    if section is Section.OTHER or line.title is None:
        return _sentence(line, language)
    parts = [line.unit_name or "", *_due(line, language)]
    if line.status is not None:
        parts.append(words.status(line.status, language))
    return f"{line.title} ({', '.join(part for part in parts if part)})"


def _due(line: Line, language: Language) -> list[str]:
    return [words.phrase("due", language, day=words.day(line.due_on, language))] if line.due_on else []


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "..."


def _sentence(line: Line, language: Language) -> str:
    values = _Known(
        title=line.title or "...",
        due=words.day(line.due_on, language) if line.due_on else "...",
        unit=line.unit_name or "...",
        vacant=line.unit_name or "...",
        channel=words.channel(line.channel, language) if line.channel else "...",
    )
    return texts.notice_template(NoticeKind(line.kind), language).format_map(values)


def letter(digest: Digest, unsubscribe: str | None = None) -> Letter:
    """`unsubscribe`: a link by which the person ends these mails."""
    language = digest.language
    greeting = words.phrase("greeting", language, name=one_line(digest.name))
    intro = words.phrase("test" if digest.test else "intro", language)
    totals = "" if digest.test else words.phrase("totals", language, **_totals(digest))
    footer = [words.phrase("automatic", language)]
    link = [words.phrase("unsubscribe", language, link=unsubscribe)] if unsubscribe else []
    text = [greeting, intro, ""]
    body = [f"<p>{escape(greeting)}<br>{escape(intro)}</p>"]
    for heading, lines in _headed(digest):
        text += [heading, *(f"- {line}" for line in lines), ""]
        rows = "".join(f"<li>{escape(line)}</li>" for line in lines)
        body.append(f"<h2>{escape(heading)}</h2><ul>{rows}</ul>")
    if totals:
        text += [totals, ""]
        body.append(f"<p>{escape(totals)}</p>")
    body.append(f"<p><small>{escape(' '.join(footer))}</small></p>")
    if unsubscribe:
        shown = escape(words.phrase("unsubscribe", language, link="@")).replace(
            "@", f'<a href="{escape(unsubscribe)}">{escape(unsubscribe)}</a>'
        )
        body.append(f"<p><small>{shown}</small></p>")
    html = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Jejak</title></head><body>{"".join(body)}</body></html>'
    return Letter(subject(digest), "\n".join(["\n".join(text), *footer, *link]) + "\n", html)


def text(digest: Digest) -> str:
    """For a channel of plain text: without greeting and footer."""
    if digest.test:
        return words.phrase("test", digest.language)
    parts = [
        line for heading, lines in _headed(digest) for line in (heading, *(f"- {one}" for one in lines), "")
    ]
    return "\n".join([*parts, words.phrase("totals", digest.language, **_totals(digest))])


def subject(digest: Digest) -> str:
    if digest.test:
        return "Jejak: test" if digest.language is Language.EN else "Jejak: percobaan"
    counted = (words.in_subject(of, len(lines), digest.language) for of, lines in digest.sections.items())
    return f"Jejak: {', '.join(counted)}"[:MOST_SUBJECT]


def _headed(digest: Digest) -> Iterator[tuple[str, list[str]]]:
    for of, lines in digest.sections.items():
        yield (
            words.section(of, digest.language),
            [one_line(said(line, of, digest.language)) for line in lines],
        )


def one_line(said: str) -> str:
    """People's titles hold line breaks now and then."""
    return " ".join(said.split())


def _totals(digest: Digest) -> dict[str, int]:
    found = digest.totals
    return {
        "open": found.open,
        "overdue": found.overdue,
        "due_this_week": found.due_this_week,
        "blocked": found.blocked,
        "to_verify": found.to_verify,
    }
