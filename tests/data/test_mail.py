"""Letters through a real mail server on this machine: TLS, login, refusals, repeats, broken connections."""

from __future__ import annotations

import datetime as dt
import email
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from data import mail
from data.errors import CallFault, DataFault, StoreFault
from data.home import Home
from data.mail import Attachment, Letter, MailSettings, Outcome
from data.store import Store

AT = 1_657_447_200_000_000  # 17:00 10/7/2022
PASSWORD = "mat-khau-bi-mat"
WHAT = "packs:92-ngay:2022-07-10T17:00:00+07:00"
FILE = Attachment("báo cáo.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")


class Box:
    """What the server took, and whom it does not know."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.unknown: set[str] = set()
        self.broken: set[str] = set()
        self.full = False
        self.sessions: set[int] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        self.sessions.add(id(session))
        if address in self.broken:
            server.transport.abort()
        if address in self.unknown:
            return "550 5.1.1 no such\x07 mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.full:
            return "452 4.3.1 no room"
        self.taken.append(envelope)
        return "250 OK"

    def letters(self) -> list[EmailMessage]:
        return [email.message_from_bytes(one.original_content, policy=default) for one in self.taken]  # type: ignore[misc,arg-type]


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """One of localhost's own making, and the context that serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(dt.datetime(2020, 1, 1)).not_valid_after(dt.datetime(2120, 1, 1))
        .add_extension(names, critical=False).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path, secret = folder / "cert.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return path, context


def known(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"baocao", PASSWORD.encode()), handled=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, MailSettings]]:
    """A server that takes letters only after STARTTLS and login."""
    box = Box()
    authority, context = certificate(tmp_path_factory.mktemp("mail"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    controller = Controller(
        box, hostname="127.0.0.1", port=free, tls_context=context, require_starttls=True, auth_required=True, authenticator=known
    )  # fmt: skip
    controller.start()
    told = {
        "host": "localhost", "port": free, "user": "baocao", "password_env": "MAIL_PASSWORD", "ca_file": str(authority),
        "from": "Văn phòng UBND tỉnh <baocao@tinh.example>", "reply_to": "vp@tinh.example", "timeout_s": 5,
    }  # fmt: skip
    try:
        yield box, MailSettings.model_validate(told)
    finally:
        controller.stop()


@pytest.fixture
def box(served: tuple[Box, MailSettings]) -> Box:
    served[0].__init__()  # type: ignore[misc]
    return served[0]


@pytest.fixture
def settings(served: tuple[Box, MailSettings]) -> MailSettings:
    return served[1]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    Store.open(Home(folder)).engine.dispose()
    return folder


@pytest.fixture
def store(empty: Path, tmp_path: Path) -> Store:
    return Store.open(Home(shutil.copytree(empty, tmp_path / "home")))


def letter(unit: str, *to: str, name: str = "Huyện Đồng Phú") -> Letter:
    return Letter(unit, name, to, f"Chiến dịch: {name}", lambda: (f"Kính gửi {name}!\n", [FILE]))


def deliver(store: Store, settings: MailSettings, *letters: Letter, again: bool = False, what: str = WHAT, secrets: dict[str, str] | None = None) -> list[Outcome]:  # fmt: skip
    secrets = {"MAIL_PASSWORD": PASSWORD} if secrets is None else secrets
    return list(mail.deliver(store, settings, letters, what=what, who="thử", at=AT, secrets=secrets, again=again))


def states(found: list[Outcome]) -> list[tuple[str, str]]:
    return [(one.unit, one.state) for one in found]


def test_a_letter_arrives_as_it_was_written(store: Store, settings: MailSettings, box: Box) -> None:
    assert states(deliver(store, settings, letter("dong-phu", "Chủ tịch <ct@dp.example>", "vp@dp.example"))) == [("dong-phu", "sent")]  # fmt: skip
    (envelope,), (got,) = box.taken, box.letters()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("baocao@tinh.example", ["ct@dp.example", "vp@dp.example"])
    assert (got["From"], got["Reply-To"]) == ("Văn phòng UBND tỉnh <baocao@tinh.example>", "vp@tinh.example")
    assert (got["To"], got["Subject"]) == ("Chủ tịch <ct@dp.example>, vp@dp.example", "Chiến dịch: Huyện Đồng Phú")
    assert (got["Date"], got["Auto-Submitted"]) == ("Sun, 10 Jul 2022 10:00:00 +0000", "auto-generated")
    body = got.get_body()
    assert body is not None and body.get_content().splitlines() == ["Kính gửi Huyện Đồng Phú!"]
    (file,) = got.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "báo cáo.pdf",
        FILE.media,
        FILE.content,
    )


def test_nobody_gets_a_letter_twice_unless_asked(store: Store, settings: MailSettings, box: Box) -> None:
    mine = letter("dong-phu", "a@dp.example")
    assert not mail.sent(store, WHAT, mine)
    assert states(deliver(store, settings, mine)) == [("dong-phu", "sent")]
    assert mail.sent(store, WHAT, mine)
    made: list[str] = []
    idle = replace(mine, to=("A@DP.example",), make=lambda: made.append("made") or ("", []))
    assert states(deliver(store, settings, idle)) == [("dong-phu", "already")]
    assert (len(box.taken), made) == (1, [])
    # Another moment is another letter; a new address gets the letter the old one has.
    assert states(deliver(store, settings, mine, what="packs:later")) == [("dong-phu", "sent")]
    (second,) = deliver(store, settings, replace(mine, to=("a@dp.example", "b@dp.example")))
    assert (second.state, second.to) == ("sent", ("b@dp.example",))
    assert states(deliver(store, settings, mine, again=True)) == [("dong-phu", "sent")]
    assert [one.rcpt_tos for one in box.taken] == [
        ["a@dp.example"],
        ["a@dp.example"],
        ["b@dp.example"],
        ["a@dp.example"],
    ]


def test_what_goes_wrong_with_one_does_not_stop_the_others(store: Store, settings: MailSettings, box: Box) -> None:
    box.unknown = {"nobody@b.example", "gone@c.example"}

    def unmade() -> Any:
        raise CallFault("Không có đơn vị mã «d».")

    found = deliver(
        store, settings, letter("a", "a@a.example"), letter("b", "nobody@b.example"), letter("c", "c@c.example", "gone@c.example"),
        replace(letter("d", "d@d.example"), make=unmade), letter("e"), letter("f", "f@f.example"),
    )  # fmt: skip
    assert states(found) == [
        ("a", "sent"),
        ("b", "failed"),
        ("c", "partly"),
        ("d", "failed"),
        ("e", "nobody"),
        ("f", "sent"),
    ]
    assert [one.failed for one in found] == [False, True, True, True, False, False]
    assert found[1].reason == "nobody@b.example: 550 5.1.1 no such mailbox"
    assert found[2].reason == "gone@c.example: 550 5.1.1 no such mailbox"
    assert found[3].reason == "Không có đơn vị mã «d»."
    assert len(box.sessions) == 1, "one connection for all"
    # The refused ones are tried again, the others are not.
    box.unknown = set()
    again = deliver(store, settings, letter("a", "a@a.example"), letter("b", "nobody@b.example"), letter("c", "c@c.example", "gone@c.example"))  # fmt: skip
    assert states(again) == [("a", "already"), ("b", "sent"), ("c", "sent")]
    assert box.taken[-1].rcpt_tos == ["gone@c.example"]


def test_a_refused_letter_may_be_sent_later(store: Store, settings: MailSettings, box: Box) -> None:
    box.full = True
    (found,) = deliver(store, settings, letter("a", "a@a.example"))
    assert (found.state, found.reason) == ("failed", "Máy chủ thư không nhận: 452 4.3.1 no room")
    box.full = False
    assert states(deliver(store, settings, letter("a", "a@a.example"))) == [("a", "sent")]


def test_a_letter_that_was_cut_off_is_not_sent_again_by_itself(store: Store, settings: MailSettings, box: Box) -> None:
    box.broken = {"a@a.example"}
    first = deliver(store, settings, letter("a", "a@a.example"), letter("b", "b@b.example"))
    assert states(first) == [("a", "unclear"), ("b", "sent")]
    box.broken = set()
    assert states(deliver(store, settings, letter("a", "a@a.example"))) == [("a", "unclear")]
    assert len(box.taken) == 1
    assert states(deliver(store, settings, letter("a", "a@a.example"), again=True)) == [("a", "sent")]


def test_a_run_that_died_in_between_leaves_it_unclear(store: Store, settings: MailSettings, box: Box) -> None:
    mail._claim(store, [mail._key(WHAT, "a", "a@a.example")], again=False)
    assert states(deliver(store, settings, letter("a", "a@a.example"))) == [("a", "unclear")]
    assert not box.taken


def test_two_runs_at_once_send_it_once(store: Store, settings: MailSettings, box: Box) -> None:
    found: list[Outcome] = []
    runs = [
        threading.Thread(
            target=lambda: found.extend(
                deliver(store, settings, *(letter(f"u{n}", f"u{n}@x.example") for n in range(8)))
            )
        )
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(one.rcpt_tos[0] for one in box.taken) == sorted(f"u{n}@x.example" for n in range(8))
    assert sorted(one.unit for one in found if one.state == "sent") == sorted(f"u{n}" for n in range(8))


def test_a_store_that_cannot_remember_lets_nothing_out(
    store: Store, settings: MailSettings, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: Any) -> Any:
        raise StoreFault("Cơ sở dữ liệu chỉ đọc.")

    monkeypatch.setattr(Store, "write", closed)
    with pytest.raises(StoreFault):
        deliver(store, settings, letter("a", "a@a.example"))
    assert not box.taken


def test_the_log_tells_who_sent_what_without_an_address(
    store: Store, settings: MailSettings, box: Box, tmp_path: Path
) -> None:
    box.unknown = {"gone@a.example"}
    deliver(store, settings, letter("a", "someone@a.example", "gone@a.example"))
    with store.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT action, what, unit, outcome, details FROM audit ORDER BY id DESC LIMIT 1"
        )
        assert tuple(rows.one()) == ("mail", WHAT, "a", "failed", '{"refused":1,"taken":1}')
    store.engine.dispose()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("campaign.db*"))
    assert b"someone@" not in kept and b"gone@" not in kept


# The server -----------------------------------------------------------------------------------------------------------


def test_a_server_that_does_not_know_us_is_asked_once(store: Store, settings: MailSettings, box: Box) -> None:
    found = deliver(
        store, settings, letter("a", "a@a.example"), letter("b", "b@b.example"), secrets={"MAIL_PASSWORD": "sai"}
    )
    assert [one.reason for one in found] == [f"Không dùng được máy chủ thư localhost:{settings.port}: không nhận tên đăng nhập hoặc mật khẩu."] * 2  # fmt: skip
    assert not any("sai" in one.reason for one in found)
    (none,) = deliver(store, settings, letter("a", "a@a.example"), secrets={})
    assert none.reason == "Biến môi trường MAIL_PASSWORD chưa có mật khẩu của máy chủ thư."
    assert not box.taken
    assert states(deliver(store, settings, letter("a", "a@a.example"))) == [("a", "sent")]


def test_a_certificate_nobody_vouches_for_is_refused(store: Store, settings: MailSettings, box: Box) -> None:
    strange = settings.model_copy(update={"ca_file": ""})
    (found,) = deliver(store, strange, letter("a", "a@a.example"))
    assert found.state == "failed" and "không tin được chứng thư" in found.reason
    assert not box.taken


def test_a_server_out_of_reach_is_told(store: Store, settings: MailSettings) -> None:
    (found,) = deliver(store, settings.model_copy(update={"port": 1}), letter("a", "a@a.example"))
    assert found.state == "failed" and "Connection refused" in found.reason


# Hostile words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x\r\nBcc: spy@evil.example", "x\nSubject: y", "=?utf-8?q?=0ABcc:_spy@evil.example?=", "\x00\x1b[2J" + "d" * 900])  # fmt: skip
def test_no_word_becomes_a_header(name: str, store: Store, settings: MailSettings, box: Box) -> None:
    attachment = Attachment(f"{name}.txt", "text/plain", b"x")
    hostile = replace(letter("a", "a@a.example", name=name), make=lambda: (f"{name}\n.\n", [attachment]))
    assert states(deliver(store, settings, hostile)) == [("a", "sent")]
    (got,) = box.letters()
    assert got["Bcc"] is None and len(got.get_all("Subject") or []) == 1
    assert box.taken[0].rcpt_tos == ["a@a.example"]
    assert "\n" not in got["Subject"] and "\x1b" not in got["Subject"]


@pytest.mark.parametrize(
    "address",
    ["a@b.example\r\nBcc: c@d.example", "a", "", "a@", "@b", "a b@c.example", "a@b.example, c@d.example", "<a@b.example", "é@b.example", "=?utf-8?q?=0ABcc:_c@d.example?= <a@b.example>", 5],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        MailSettings.model_validate({"host": "localhost", "from": "x@y.example", "to": {"a": [address]}})
    with pytest.raises(ValueError):
        MailSettings.model_validate({"host": "localhost", "from": address})


# mail.toml ------------------------------------------------------------------------------------------------------------

GOOD = """host = "thu.tinh.example"
user = "baocao"
password_env = "MAIL_PASSWORD"
from = "Văn phòng <baocao@tinh.example>"
[to]
dong-phu = "a@dp.example"
syt = ["b@syt.example", "c@syt.example"]
"""


def read(tmp_path: Path, text: str) -> MailSettings:
    (tmp_path / "mail.toml").write_text(text, encoding="utf-8")
    return mail.read(Home(tmp_path))


def test_the_file_says_server_and_addresses(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert (found.port, found.security) == (587, "starttls")
    assert found.to == {"dong-phu": ("a@dp.example",), "syt": ("b@syt.example", "c@syt.example")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "còn thiếu mục «host»; còn thiếu mục «from»"),
        (GOOD.replace("password_env", "password"), "không có mục «password»; mật khẩu chỉ ghi trong biến môi trường"),
        (GOOD.replace('"MAIL_PASSWORD"', '"bi-mat-that"'), "mục «password_env» không hợp lệ"),
        (GOOD.replace('user = "baocao"\n', ""), "user và password_env phải có cả hai"),
        ('security = "none"\n' + GOOD, "chỉ dùng được với máy chủ thư trên chính máy này"),
        ("port = 0\n" + GOOD, "mục «port» không hợp lệ"),
        (GOOD.replace("c@syt.example", "c"), "mục «to.syt.1» không hợp lệ"),
        ("host = ", "không đọc được TOML"),
    ],
)
def test_a_faulty_file_is_worded_and_no_secret_repeated(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataFault) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert "bi-mat-that" not in str(caught.value)


def test_without_a_file_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"mail\.toml"):
        mail.read(Home(tmp_path))
