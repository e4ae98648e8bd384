"""Letters to units: who gets them (``mail.toml`` in the home), sending, and remembering what was sent.

No secret stands in the file: ``password_env`` names the environment variable that holds it. A letter to somebody is claimed
in the store before it goes out and marked when the server has taken it, so that nobody gets one twice: not after a
repeat, not from two runs at once, and after a crash in between somebody has to say so (``again``).
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from data.addresses import is_loopback
from data.audit import Entry
from data.clock import from_micros
from data.csvtext import visible
from data.errors import CampaignError, DataFault
from data.home import Home, Strict
from data.schema import settings as kept
from data.store import Store

FILE = "mail.toml"
_UTC = ZoneInfo("UTC")
SENDING, SENT = "sending", "sent"
_SPEC = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])"
_MAILBOX = re.compile(rf"{_SPEC}|[^<>\"\\,;:@()=]* <{_SPEC}>")
_LONGEST_REPLY = 200


def _mailbox(value: Any) -> Any:
    """«Name <name@place>» or «name@place», nothing that could begin another address or header."""
    if not isinstance(value, str) or not value.isprintable() or not _MAILBOX.fullmatch(value):
        raise ValueError
    return value


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Mailbox = Annotated[str, BeforeValidator(_mailbox)]


class MailSettings(Strict):
    """``mail.toml``. ``to``: unit code → whoever gets its letters. ``ca_file``: authorities to trust, for a server with its own."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "ssl", "none"] = "starttls"
    user: str = ""
    password_env: str = Field(default="", pattern=r"^([A-Z][A-Z0-9_]*)?$")
    sender: Mailbox = Field(alias="from")
    reply_to: Mailbox | None = None
    ca_file: str = ""
    timeout_s: int = Field(default=30, ge=1, le=600)
    to: dict[str, Annotated[tuple[Mailbox, ...], BeforeValidator(_several)]] = {}

    @model_validator(mode="after")
    def _no_letters_in_the_open(self) -> MailSettings:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" chỉ dùng được với máy chủ thư trên chính máy này')
        if bool(self.user) != bool(self.password_env):
            raise ValueError("user và password_env phải có cả hai hoặc không có")
        return self


@dataclass(frozen=True, slots=True)
class Attachment:
    """``media``: «application/pdf»."""

    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """``unit``, ``name``: whose it is. ``make``: text and attachments, asked for only when the letter goes out."""

    unit: str
    name: str
    to: tuple[str, ...]
    subject: str
    make: Callable[[], tuple[str, Sequence[Attachment]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``state``: sent, already (sent before), partly (``reason`` names who was refused), nobody (no address), unclear (a run
    was cut off in between), failed."""

    unit: str
    to: tuple[str, ...]
    state: Literal["sent", "already", "partly", "nobody", "unclear", "failed"]
    reason: str = ""

    @property
    def failed(self) -> bool:
        return self.state in ("partly", "unclear", "failed")


def read(home: Home) -> MailSettings:
    """Raises DataFault naming what is wrong; a value is never repeated, since it might be a secret in the wrong place."""
    path = home.root / FILE
    if not path.exists():
        raise DataFault(f"Chưa có {path}: khai máy chủ thư và địa chỉ của từng đơn vị (docs/packs.md).")
    try:
        return MailSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except ValidationError as fault:
        faults = fault.errors(include_input=False, include_url=False)
        raise DataFault(f"{path}: {'; '.join(map(_worded, faults))}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise DataFault(f"{path}: không đọc được TOML.") from None


def _worded(fault: Any) -> str:
    entry = ".".join(map(str, fault["loc"]))
    if fault["type"] == "missing":
        return f"còn thiếu mục «{entry}»"
    if fault["type"] == "extra_forbidden":
        return f"không có mục «{entry}»; mật khẩu chỉ ghi trong biến môi trường nêu ở password_env"
    return f"mục «{entry}» không hợp lệ" if entry else str(fault["ctx"]["error"])


def deliver(
    store: Store,
    settings: MailSettings,
    letters: Iterable[Letter],
    *,
    what: str,
    who: str,
    at: int,
    secrets: Mapping[str, str],
    again: bool = False,
) -> Iterator[Outcome]:
    """One outcome per letter, in their order; what goes wrong with one does not stop the others.

    ``what`` names the occasion: whoever got its letter for a unit gets no second one, unless ``again``. ``secrets``: the
    environment. Raises StoreFault when it cannot be remembered who got one: then none goes out.
    """
    with _Server(settings, secrets) as server:
        for letter in letters:
            yield _one(store, server, letter, what, who, at, again)


def _one(store: Store, server: _Server, letter: Letter, what: str, who: str, at: int, again: bool) -> Outcome:
    if not letter.to:
        return Outcome(letter.unit, (), "nobody")
    keys = {_key(what, letter.unit, address): address for address in letter.to}
    states = _claim(store, list(keys), again)
    claimed = [address for key, address in keys.items() if states[key] is None]
    if not claimed:
        if SENDING in states.values():
            return Outcome(letter.unit, letter.to, "unclear", "Lần gửi trước bị ngắt giữa chừng.")
        return Outcome(letter.unit, letter.to, "already")
    taken: list[str] = []
    open_ = claimed
    try:
        text, attachments = letter.make()
        message = _message(server.settings, letter, claimed, text, attachments, what, at)
        refused = server.send(message, claimed)
        taken = [address for address in claimed if address not in refused]
        reason = "; ".join(f"{address}: {words}" for address, words in refused.items())
    except Unclear as fault:
        open_, reason = [], str(fault)
    except CampaignError as fault:
        reason = str(fault)
    finally:
        # Also on Ctrl+C while a letter was made: whatever the server has not taken may be tried again.
        _settle(store, what, who, at, letter, keys, open_, taken)
    if not open_:
        return Outcome(letter.unit, tuple(claimed), "unclear", reason)
    state: Literal["sent", "partly", "failed"] = "sent" if not reason else "partly" if taken else "failed"
    return Outcome(letter.unit, tuple(claimed), state, reason)


# What was sent --------------------------------------------------------------------------------------------------------


def _key(what: str, unit: str, address: str) -> str:
    """Addresses are people's: the store keeps only that somebody got a letter."""
    return "mail:" + hashlib.sha256("\x1f".join((what, unit, _spec(address).casefold())).encode()).hexdigest()[:40]


def sent(store: Store, what: str, letter: Letter) -> bool:
    """Whether everybody who gets this letter has it."""
    keys = [_key(what, letter.unit, address) for address in letter.to]
    with store.read() as connection:
        found = connection.scalars(sa.select(kept.c.value).where(kept.c.key.in_(keys))).all()
    return bool(keys) and len([value for value in found if value == SENT]) == len(set(keys))


def _claim(store: Store, keys: list[str], again: bool) -> dict[str, str | None]:
    """What was known of each; None: it is ours to send now."""
    with store.write(None) as session:
        known = dict(session.rows(sa.select(kept.c.key, kept.c.value).where(kept.c.key.in_(keys))))
        mine = keys if again else [key for key in keys if key not in known]
        session.run(sa.delete(kept).where(kept.c.key.in_(mine)))
        session.insert(kept, [{"key": key, "value": SENDING} for key in mine])
    return {key: None if key in mine else str(known[key]) for key in keys}


def _settle(
    store: Store, what: str, who: str, at: int, letter: Letter, keys: Mapping[str, str], claimed: Sequence[str], taken: Sequence[str]
) -> None:  # fmt: skip
    done = [key for key, address in keys.items() if address in taken]
    undone = [key for key, address in keys.items() if address in claimed and address not in taken]
    outcome = "done" if taken and not undone else "failed"
    details = {"taken": len(done), "refused": len(undone)}
    with store.write(Entry("mail", what, at, who, unit=letter.unit, outcome=outcome, details=details)) as session:
        session.run(sa.delete(kept).where(kept.c.key.in_([*done, *undone])))
        session.insert(kept, [{"key": key, "value": SENT} for key in done])


# The message ----------------------------------------------------------------------------------------------------------


def _spec(mailbox: str) -> str:
    return parseaddr(mailbox)[1]


def _address(mailbox: str) -> Address:
    name, spec = parseaddr(mailbox)
    return Address(display_name=name, addr_spec=spec)


def _one_line(text: str) -> str:
    """A header is one line, whatever a unit is called; «=?» would begin an encoded one, which may hold anything."""
    return " ".join(visible(text.replace("\n", " ")).replace("=?", "= ?").split())[:200]


def _message(
    settings: MailSettings, letter: Letter, to: Sequence[str], text: str, attachments: Sequence[Attachment], what: str, at: int
) -> EmailMessage:  # fmt: skip
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(settings.sender)
    message["To"] = [_address(mailbox) for mailbox in to]
    if settings.reply_to is not None:
        message["Reply-To"] = _address(settings.reply_to)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(from_micros(at, _UTC))
    # The same letter has the same number: a programme that gets it twice shows it once.
    number = hashlib.sha256("\x1f".join((what, letter.unit, str(at))).encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{number}@{_spec(settings.sender).partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    for one in attachments:
        main, _, sub = one.media.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=_one_line(one.name))
    return message


# The server -----------------------------------------------------------------------------------------------------------


class MailFault(CampaignError):
    """The server did not take a letter."""


class Unclear(MailFault):
    """The connection broke while a letter was on its way: nobody knows whether it was taken."""


class _Server:
    """One connection for all letters, made for the first and again after one that broke it.

    A server that cannot be reached, or does not know us, is not asked for every letter anew.
    """

    def __init__(self, settings: MailSettings, secrets: Mapping[str, str]) -> None:
        self.settings, self.secrets = settings, secrets
        self.connection: smtplib.SMTP | None = None
        self.closed_to_us: MailFault | None = None

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._close()

    def send(self, message: EmailMessage, to: Sequence[str]) -> dict[str, str]:
        """Those who were refused, and why. Raises MailFault when nobody was taken."""
        addresses = {_spec(mailbox): mailbox for mailbox in to}
        connection = self._open()
        try:
            refused = connection.send_message(message, _spec(self.settings.sender), list(addresses))
        except smtplib.SMTPRecipientsRefused as fault:
            refused = fault.recipients
        except smtplib.SMTPException as fault:
            self._close()
            if isinstance(fault, smtplib.SMTPServerDisconnected):
                raise Unclear(f"Mất kết nối khi đang gửi: {_said(fault)}") from None
            raise MailFault(f"Máy chủ thư không nhận: {_said(fault)}") from None
        except OSError as fault:
            self._close()
            raise Unclear(f"Mất kết nối khi đang gửi: {_said(fault)}") from None
        return {addresses[spec]: _reply(*said) for spec, said in refused.items()}

    def _open(self) -> smtplib.SMTP:
        if self.closed_to_us is not None:
            raise self.closed_to_us
        if self.connection is not None and not _answers(self.connection):
            self._close()  # it does not wait for as long as the next letter took to make
        if self.connection is None:
            try:
                self.connection = self._connect()
            except OSError as fault:  # smtplib's own faults are such too
                where = f"{self.settings.host}:{self.settings.port}"
                self.closed_to_us = MailFault(f"Không dùng được máy chủ thư {where}: {_said(fault)}")
                raise self.closed_to_us from None
        return self.connection

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        secret = self.secrets.get(settings.password_env, "") if settings.password_env else ""
        if settings.user and not secret:
            self.closed_to_us = MailFault(f"Biến môi trường {settings.password_env} chưa có mật khẩu của máy chủ thư.")
            raise self.closed_to_us
        if settings.security == "ssl":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_s, context=self._trust()
            )
        else:
            made = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        try:
            if settings.security == "starttls":
                made.starttls(context=self._trust())
            if settings.user:
                made.login(settings.user, secret)
        except BaseException:
            made.close()
            raise
        return made

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.settings.ca_file or None)

    def _close(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.quit()
            self.connection = None


def _answers(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except OSError:
        return False


def _said(fault: Exception) -> str:
    """What went wrong, in a server's words where it said some; never what was sent to it."""
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return "không nhận tên đăng nhập hoặc mật khẩu."
    if isinstance(fault, smtplib.SMTPResponseException):
        return _reply(fault.smtp_code, fault.smtp_error)
    if isinstance(fault, ssl.SSLError):
        return f"không tin được chứng thư của máy chủ ({fault.reason or 'TLS'})."
    if isinstance(fault, OSError) and fault.strerror:
        return f"{fault.strerror}."
    return f"{type(fault).__name__}."


def _reply(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(visible(text).split())[:_LONGEST_REPLY]}"
