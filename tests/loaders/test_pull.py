"""Files are fetched once, whole, oldest first, from real servers on this machine."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from data.errors import CallFault
from data.home import Home
from loaders.pull import Around, Pull, at_address, chosen_sources, pull
from loaders.seen import LOOK, remembered
from loaders.sources import SourceFault, overview, source
from tests.conftest import Campaign, Done
from tests.loaders.conftest import AT, HEADINGS, Desk, as_csv, small_home, with_cells
from tests.loaders.servers import PASSWORD, Page, Ssh, Web, s3_server, sftp_server, web_server

SECOND = 1_000_000
PERSON = "Nguyễn Thị Bí Mật 0912345678"


def content(*numbers: int, status: str = "Đã trả kết quả") -> bytes:
    rows = [[*with_cells(number, at5=status), PERSON] for number in numbers]
    return as_csv([[*HEADINGS, "Chủ hồ sơ"], *rows])


@dataclass
class World:
    """A store, a clock to be set by hand, and the waits that were asked for."""

    desk: Desk
    clock: int = AT
    waits: list[float] = field(default_factory=list)

    def look(self, key: str, url: str | Path, *, again: bool = False, **entries: Any) -> Pull:
        (found,) = self.looks([{"key": key, "url": str(url), **entries}], again=again)
        return found

    def looks(self, rows: list[dict[str, Any]], *, again: bool = False) -> list[Pull]:
        chosen = [source(row, "sources.toml") for row in rows]
        return list(pull(self.desk.store, self.desk.home, chosen, self.around, again=again))

    @property
    def around(self) -> Around:
        return Around("thử", lambda: self.clock, self.waits.append, lambda: 0.0)

    def put(self, path: Path, data: bytes, *, age: float = 3600) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        seconds = self.clock / SECOND - age
        os.utime(path, (seconds, seconds))

    def loads(self) -> list[str]:
        """Where each import came from, newest first, without the one that was there before."""
        return [row["source"] for row in self.desk.store.loads()][:-1]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store holds one import: making one anew costs a second."""
    home = small_home(tmp_path_factory.mktemp("begun") / "home")
    desk = Desk(home)
    desk.load(content(9999))
    desk.store.engine.dispose()
    return home


@pytest.fixture
def world(begun: Path, tmp_path: Path) -> World:
    return World(Desk(shutil.copytree(begun, tmp_path / "home")))


def states(found: Pull) -> list[tuple[str, str]]:
    assert found.fault == ""
    return [(one.name, one.state) for one in found.files]


# A folder --------------------------------------------------------------------------------------------------------------


def test_a_folder_is_read_once_oldest_first_and_again_where_content_changed(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "xuat"
    world.put(folder / "a.csv", content(1, status="Đã trả kết quả"), age=3600)
    world.put(folder / "z.csv", content(1, status="Đang xử lý"), age=7200)
    for name in ("b.csv.part", "~$a.xlsx", ".an.csv", "c.tmp", "d.filepart", "e.pdf"):
        world.put(folder / name, b"x")
    first = world.look("x", folder, pattern=["*.csv", "*.part"])
    assert states(first) == [("z.csv", "loaded"), ("a.csv", "loaded")]
    assert world.desk.rows("status", "dossier_version WHERE to_import > 1000 AND code LIKE '%-0001'") == [(10,)]
    assert world.loads() == ["x:a.csv", "x:z.csv"]

    again = world.look("x", folder, pattern="*.csv")
    assert (states(again), again.known) == ([], 2)
    world.put(folder / "a.csv", (folder / "a.csv").read_bytes(), age=1800)  # touched only
    again = world.look("x", folder, pattern="*.csv")
    assert (states(again), again.known, len(world.loads())) == ([], 2, 2)
    world.put(folder / "a.csv", content(1, 2), age=900)
    assert states(world.look("x", folder, pattern="*.csv")) == [("a.csv", "loaded")]


def test_a_file_being_written_is_left_until_it_lies_still(world: World, tmp_path: Path) -> None:
    path = tmp_path / "xuat" / "a.csv"
    whole = content(1, 2, 3)
    world.put(path, whole[:200], age=1)
    assert states(world.look("x", path.parent)) == [("a.csv", "waiting")]
    world.clock += 31 * SECOND
    world.put(path, whole, age=1)
    assert states(world.look("x", path.parent)) == [("a.csv", "waiting")]
    world.clock += 31 * SECOND
    found = world.look("x", path.parent)
    assert states(found) == [("a.csv", "loaded")]
    assert found.files[0].report is not None and found.files[0].report.new == 3


def test_a_clock_ahead_of_ours_needs_two_looks(world: World, tmp_path: Path) -> None:
    path = tmp_path / "xuat" / "a.csv"
    world.put(path, content(1), age=-7200)
    assert states(world.look("x", path.parent)) == [("a.csv", "waiting")]
    world.clock += 10 * SECOND
    assert states(world.look("x", path.parent)) == [("a.csv", "waiting")]
    world.clock += 21 * SECOND
    assert states(world.look("x", path.parent)) == [("a.csv", "loaded")]


def test_one_bad_source_does_not_stop_the_others(world: World, tmp_path: Path) -> None:
    world.put(tmp_path / "b" / "b.csv", content(2))
    bad, good = world.looks([{"key": "a", "url": str(tmp_path / "a")}, {"key": "b", "url": str(tmp_path / "b")}])
    assert "Không có tệp hay thư mục này" in bad.fault and bad.failed
    assert states(good) == [("b.csv", "loaded")]
    seen = remembered(world.desk.store)
    assert (seen["a"][LOOK].state, seen["a"][LOOK].tries, seen["b"][LOOK].state) == ("failed", 1, "looked")
    world.looks([{"key": "a", "url": str(tmp_path / "a")}])
    look = remembered(world.desk.store, "a")["a"][LOOK]
    assert (look.tries, look.next_try) == (2, world.clock + 120 * SECOND)


def test_a_refused_file_is_judged_again_only_when_it_changes_or_is_asked_for(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "xuat"
    world.put(folder / "a.csv", as_csv([["Một", "Hai", "Ba"], ["1", "2", "3"]]))
    first = world.look("x", folder)
    assert states(first) == [("a.csv", "refused")] and first.failed
    assert states(world.look("x", folder)) == []
    assert states(world.look("x", folder, again=True)) == [("a.csv", "refused")]
    world.put(folder / "a.csv", content(1), age=60)
    assert states(world.look("x", folder)) == [("a.csv", "loaded")]


def test_patterns_single_files_and_size(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "xuat"
    world.put(folder / "1" / "a.csv", content(1))
    world.put(folder / "2" / "A.CSV", content(2))
    world.put(folder / "2" / "to.csv", b"x" * ((1 << 20) + 1))
    assert states(world.look("x", folder / "*" / "*.CSV")) == [("A.CSV", "loaded")]
    assert states(world.look("y", folder / "1" / "a.csv")) == [("a.csv", "loaded")]
    assert states(world.look("y2", folder / "1" / "a.csv")) == [("a.csv", "unchanged")]
    found = world.look("z", folder / "2", pattern="TO*", max_mb=1)
    assert states(found) == [("to.csv", "failed")] and "lớn hơn 1 MB" in found.files[0].reason


def test_it_stops_between_two_files(world: World, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        world.put(tmp_path / "x" / f"{number}.csv", content(number), age=3600 - number)
    one = source({"key": "x", "url": str(tmp_path / "x")}, "")
    around = Around("thử", lambda: AT, world.waits.append, float, lambda: len(world.loads()) >= 2)
    (found,) = pull(world.desk.store, world.desk.home, [one], around)
    assert states(found) == [("1.csv", "loaded"), ("2.csv", "loaded")]


def test_ended_between_loading_and_remembering(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(tmp_path / "x" / "a.csv", content(1))

    def killed(*_what: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("loaders.pull.remember", killed)
        with pytest.raises(KeyboardInterrupt):
            world.look("x", tmp_path / "x")
    assert states(world.look("x", tmp_path / "x")) == [("a.csv", "unchanged")]
    assert world.loads() == ["x:a.csv"]


# http ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web_() -> Iterator[Web]:
    with web_server() as found:
        yield found


@pytest.fixture
def web(web_: Web) -> Web:
    web_.pages.clear()
    web_.asked.clear()
    return web_


def test_http_asks_only_whether_something_is_new(world: World, web: Web) -> None:
    web.pages["/a.csv"] = Page(content(1))
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "loaded")]
    assert world.look("x", f"{web.url}/a.csv").known == 1
    assert web.asked == [("/a.csv", 200), ("/a.csv", 304)]
    web.pages["/a.csv"] = Page(content(1, 2))
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "loaded")]
    # Without a tag: by the moment of change; without either: by what is in it.
    web.pages["/a.csv"] = Page(content(1, 2), etag=False, modified=AT / SECOND - 600, date=AT / SECOND)
    assert world.look("x", f"{web.url}/a.csv").known == 1
    assert world.look("x", f"{web.url}/a.csv").known == 1
    web.pages["/a.csv"] = Page(content(1, 2), etag=False)
    assert world.look("x", f"{web.url}/a.csv").known == 1
    assert [status for _path, status in web.asked[2:]] == [200, 200, 304, 200]
    assert len(world.loads()) == 2


def test_http_index_pages_list_the_files_below_them(world: World, web: Web) -> None:
    links = (
        "../", "?C=M;O=D", "a.csv", "th%C3%A1ng%205.csv", "/xuat/b.csv", "sub/", "c.csv.part", "/khac/d.csv",
        "http://may-khac.invalid/e.csv", "javascript:x", "http://[", "#top",
    )  # fmt: skip
    page = "<html><body>" + "".join(f'<a href="{link}">x</a>' for link in links)
    web.pages["/xuat/"] = Page(page.encode(), kind="text/html")
    web.pages |= {"/xuat/a.csv": Page(content(1)), "/xuat/th%C3%A1ng%205.csv": Page(content(2)), "/xuat/b.csv": Page(content(3))}  # fmt: skip
    assert states(world.look("x", f"{web.url}/xuat/")) == [(name, "loaded") for name in ("a.csv", "b.csv", "tháng 5.csv")]  # fmt: skip
    assert states(world.look("y", f"{web.url}/xuat/", pattern="b*")) == [("b.csv", "unchanged")]


def test_http_that_fails_is_asked_again_after_growing_waits(world: World, web: Web) -> None:
    web.pages["/a.csv"] = Page(content(1), fails=2)
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "loaded")]
    assert world.waits == [1.0, 4.0]
    web.pages["/b.csv"] = Page(content(1), fails=9)
    found = world.look("y", f"{web.url}/b.csv")
    assert states(found) == [("b.csv", "failed")] and "500" in found.files[0].reason and found.failed
    assert [status for _path, status in web.asked] == [500, 500, 200, 500, 500, 500]


def test_http_cut_off_on_the_way_is_not_loaded(world: World, web: Web) -> None:
    web.pages["/a.csv"] = Page(content(1, 2, 3), cut=40)
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "waiting")]
    assert world.loads() == []
    web.pages["/a.csv"] = Page(content(1, 2, 3))
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "loaded")]


def test_http_just_written_by_the_servers_own_clock_waits(world: World, web: Web) -> None:
    there = AT / SECOND + 86_400  # the server's clock is a day ahead of ours
    web.pages["/a.csv"] = Page(content(1), modified=there - 5, date=there)
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "waiting")]
    web.pages["/a.csv"].date = there + 60
    world.clock += 60 * SECOND
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "loaded")]
    web.pages["/b.csv"] = Page(content(2), modified=there, date=there)  # made for this request
    assert states(world.look("y", f"{web.url}/b.csv")) == [("b.csv", "loaded")]


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "http://169.254.169.254/latest/", "http://127.0.0.1:1/a.csv", "//khac/a"]
)
def test_http_redirections_to_elsewhere_are_not_followed(world: World, web: Web, to: str) -> None:
    web.pages["/a.csv"] = Page(redirect=to)
    found = world.look("x", f"{web.url}/a.csv")
    assert states(found) == [("a.csv", "failed")] and "chuyển hướng" in found.files[0].reason
    assert world.waits == []


def test_http_redirections_within_the_host_are(world: World, web: Web) -> None:
    web.pages |= {
        "/a.csv": Page(redirect="/b.csv"),
        "/b.csv": Page(content(1)),
        "/vong.csv": Page(redirect="/vong.csv"),
    }
    assert states(world.look("x", f"{web.url}/a.csv")) == [("a.csv", "loaded")]
    assert "quá nhiều lần" in world.look("y", f"{web.url}/vong.csv").files[0].reason


def test_http_login_by_password_or_token(world: World, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THU", "mật:khẩu")
    web.pages["/a.csv"] = Page(content(1), login="Basic eHXhuqV0Om3huq10Omto4bqpdQ==")
    web.pages["/b.csv"] = Page(content(2), login="Bearer abc")
    refused = world.look("x", f"{web.url}/a.csv")
    assert "không cho vào" in refused.files[0].reason
    assert states(world.look("x", f"{web.url}/a.csv", user="xuất", password_env="THU")) == [("a.csv", "loaded")]
    monkeypatch.setenv("THU", "abc")
    assert states(world.look("y", f"{web.url}/b.csv", token_env="THU")) == [("b.csv", "loaded")]
    web.pages["/c.csv"] = Page(redirect="http://localhost/c.csv")
    world.look("z", f"{web.url}/c.csv", token_env="THU")


def test_http_that_nobody_answers(world: World) -> None:
    found = world.look("x", "http://127.0.0.1:9/a.csv")
    assert "127.0.0.1:9" in found.files[0].reason and found.files[0].state == "failed"
    assert "THU_CHUA_DAT" in world.look("y", "http://127.0.0.1:9/a.csv", token_env="THU_CHUA_DAT").fault


def test_http_bigger_than_allowed(world: World, web: Web) -> None:
    web.pages["/a.csv"] = Page(b"x" * ((1 << 20) + 1))
    assert "lớn hơn 1 MB" in world.look("x", f"{web.url}/a.csv", max_mb=1).files[0].reason


# sftp and s3 -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory, key: asyncssh.SSHKey) -> Iterator[Ssh]:
    with sftp_server(tmp_path_factory.mktemp("sftp"), key) as found:
        yield found


def test_sftp_with_a_password_and_with_a_key(
    world: World, ssh: Ssh, key: asyncssh.SSHKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = world.desk.home.root
    (root / "known_hosts").write_text(ssh.known_hosts, encoding="utf-8")
    monkeypatch.setenv("THU_MK", PASSWORD)
    monkeypatch.setenv("THU_KHOA", key.export_private_key(passphrase="mở", rounds=50).decode())
    monkeypatch.setenv("THU_MO", "mở")
    (root / "id").write_bytes(key.export_private_key())
    entries: dict[str, Any] = {"url": f"sftp://xuat@127.0.0.1:{ssh.port}/ra", "known_hosts": "known_hosts"}
    world.put(ssh.files / "ra" / "b.csv", content(2), age=100)
    world.put(ssh.files / "ra" / "a.csv", content(1), age=50)
    world.put(ssh.files / "ra" / "c.csv", content(3)[:150], age=1)
    world.put(ssh.files / "ra" / "d.csv.filepart", content(4))
    first = world.look("x", **entries, password_env="THU_MK")
    assert states(first) == [("b.csv", "loaded"), ("a.csv", "loaded"), ("c.csv", "waiting")]
    world.put(ssh.files / "ra" / "c.csv", content(3), age=40)
    by_key = world.look("x", **entries, key_env="THU_KHOA", passphrase_env="THU_MO")
    assert (states(by_key), by_key.known) == ([("c.csv", "loaded")], 2)
    assert world.look("x", **entries, key_file="id").known == 3
    assert {"password xuat", "key xuat"} <= set(ssh.logins)

    monkeypatch.setenv("THU_MK", "sai")
    assert "không cho vào" in world.look("y", **entries, password_env="THU_MK").fault
    assert "khóa SSH" in world.look("y", **entries, key_env="THU_MK").fault
    wrong = {**entries, "url": f"{entries['url']}/khong-co"}
    assert "Không có tệp" in world.look("y", **wrong, key_file="id").fault
    assert world.waits == []


def test_sftp_never_talks_to_a_server_it_cannot_verify(
    world: World, ssh: Ssh, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("THU_MK", PASSWORD)
    ssh.logins.clear()
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    (world.desk.home.root / "known_hosts").write_text(f"[127.0.0.1]:{ssh.port} {other}", encoding="utf-8")
    url = f"sftp://xuat@127.0.0.1:{ssh.port}/"
    monkeypatch.setenv("HOME", str(tmp_path))
    for entries in ({"known_hosts": "known_hosts"}, {}):
        assert "known_hosts" in world.look("x", url, password_env="THU_MK", **entries).fault
    assert ssh.logins == []


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[str, Any]]:
    import boto3

    with ExitStack() as stack:
        url = stack.enter_context(s3_server())
        client = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
        )
        stack.callback(client.close)
        client.create_bucket(Bucket="kho-xuat")
        yield url, client


def test_s3(world: World, s3: tuple[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    url, client = s3
    monkeypatch.setenv("THU_A", "a")
    monkeypatch.setenv("THU_B", "b")
    entries = {"url": "s3://kho-xuat/ra", "endpoint": url, "region": "us-east-1", "access_key_env": "THU_A", "secret_key_env": "THU_B"}  # fmt: skip
    for name, data in (("a.csv", content(1)), ("b.csv", content(2)), ("c.csv.part", b"x"), ("sub/d.csv", content(4))):
        client.put_object(Bucket="kho-xuat", Key=f"ra/{name}", Body=data)
    assert sorted(states(world.look("x", **entries))) == [("a.csv", "loaded"), ("b.csv", "loaded")]
    client.put_object(Bucket="kho-xuat", Key="ra/b.csv", Body=content(2, 3))
    again = world.look("x", **entries)
    assert (states(again), again.known) == ([("b.csv", "loaded")], 1)
    assert "Không có tệp" in world.look("y", **{**entries, "url": "s3://khong-co/ra"}).fault


def test_what_is_not_installed_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sshfs", "s3fs"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    assert "campaign-dashboard[sftp]" in world.look("x", "sftp://may/x").fault
    assert "campaign-dashboard[s3]" in world.look("x", "s3://kho/x", anonymous=True).fault


# What it leaves behind ---------------------------------------------------------------------------------------------------


def test_nothing_of_a_fetched_file_stays_on_disk(
    world: World, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "tam"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("THU", "khoá-bí-mật-77")
    web.pages["/a.csv"] = Page(content(1, 2), login=f"Basic {'eDpraG/DoS1iw60tbeG6rXQtNzc='}")
    found = world.look("x", f"{web.url}/a.csv", user="x", password_env="THU")
    assert states(found) == [("a.csv", "loaded")]
    assert list(scratch.iterdir()) == []
    world.desk.store.engine.dispose()
    kept = b"".join(path.read_bytes() for path in world.desk.home.root.rglob("*") if path.is_file())
    assert b"210401-0002" in kept
    for word in (PERSON, "Bí Mật", "0912345678", "khoá-bí-mật-77"):
        assert word.encode() not in kept


def test_overview_tells_how_every_source_stands(world: World, tmp_path: Path) -> None:
    root = world.desk.home.root
    (root / "sources.toml").write_text(
        f'[[source]]\nkey = "a"\nurl = "{tmp_path}/a"\nat = "06:00"\n[[source]]\nkey = "b"\nurl = "khong-co"\n',
        encoding="utf-8",
    )
    home = Home(root)
    before = overview(world.desk.store, home)
    assert [(one.key, one.last_look, one.next_look, one.last_file) for one in before] == [("a", None, 0, ""), ("b", None, 0, "")]  # fmt: skip
    world.put(tmp_path / "a" / "1.csv", content(1))
    world.put(tmp_path / "a" / "2.csv", b"a;b;c\n1;2;3\n", age=60)
    list(pull(world.desk.store, home, chosen_sources(home), world.around))
    good, bad = overview(world.desk.store, home)
    assert (good.last_look, good.schedule, good.last_file, good.last_state) == (AT, "lúc 06:00", "2.csv", "refused")
    assert (dict(good.files), good.fault, [name for name, _why in good.refused]) == ({"loaded": 1, "refused": 1}, "", ["2.csv"])  # fmt: skip
    assert good.next_look == AT + 13 * 3600 * SECOND
    assert "khong-co" in bad.fault and bad.next_look == AT + 60 * SECOND
    with pytest.raises(CallFault, match=r"«c».*a, b"):
        chosen_sources(home, ["c"])


# The command line ---------------------------------------------------------------------------------------------------------


def test_the_commands(
    world: World, web: Web, tmp_path: Path, command_here: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # between the tries

    def command(*arguments: str, expect: int = 0) -> Done:
        return command_here(*arguments, "--home", world.desk.home.root, expect=expect)

    web.pages |= {"/a.csv": Page(content(1)), "/b.csv": Page(content(2))}
    world.put(tmp_path / "hong.csv", b"m;h;b\n1;2;3\n")
    (world.desk.home.root / "sources.toml").write_text(
        f'[[source]]\nkey = "may"\nurl = "{web.url}/a.csv"\n[[source]]\nkey = "hong"\nurl = "{tmp_path}/h*.csv"\n',
        encoding="utf-8",
    )
    (good,) = command("pull", "--source", "may", "--json").json()
    assert (good["source"], good["files"][0]["status"], good["files"][0]["new"]) == ("may", "loaded", 1)
    known, bad = command("pull", "--json", expect=1).json()
    assert (known["known"], known["files"], bad["files"][0]["status"]) == (1, [], "refused")
    assert "may: không có gì mới (1 tệp đã biết)." in command("pull").out
    assert "hong:hong.csv: bị từ chối" in command("pull", "--retry", expect=1).out
    assert "khong" in command("pull", "--source", "khong", expect=2).err
    listed = command("sources", "--json").json()
    assert [(one["key"], one["last_file"], one["last_state"]) for one in listed] == [
        ("may", "a.csv", "loaded"),
        ("hong", "hong.csv", "refused"),
    ]
    assert "hong:hong.csv" in command("sources").out
    (loaded,) = command("load", f"{web.url}/b.csv", "--json").json()
    assert (loaded["file"], loaded["status"], loaded["new"]) == (f"{web.url}/b.csv", "loaded", 1)
    assert (world.loads()[0], world.loads()[1]) == (f"{web.url}/b.csv", "may:a.csv")
    known, missing = command("load", f"{web.url}/b.csv", f"{web.url}/khong-co.csv", "--json", expect=2).json()
    assert (known["status"], missing["status"]) == ("unchanged", "refused") and "Không có tệp" in missing["reason"]
    (nobody,) = command("load", "http://127.0.0.1:9/b.csv", "--json", expect=1).json()
    assert nobody["status"] == "refused" and "127.0.0.1:9" in nobody["reason"]


def test_several_files_at_an_address(world: World, web: Web) -> None:
    web.pages["/x/"] = Page(b'<a href="a.csv">a</a><a href="b.csv">b</a>', kind="text/html")
    web.pages |= {"/x/a.csv": Page(content(1)), "/x/b.csv": Page(content(2), fails=9)}
    (first, data), (second, fault) = at_address(world.desk.home, f"{web.url}/x/", world.around)
    assert (first, second) == ("a.csv", "b.csv")
    assert data == content(1) and isinstance(fault, SourceFault)
    assert io.BytesIO(data).readline().startswith("Mã hồ sơ".encode())  # type: ignore[arg-type]
