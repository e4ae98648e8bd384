"""What `sources.toml` may say, and that no secret is ever repeated."""

from __future__ import annotations

import tomllib
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.clock import from_micros, to_micros
from data.errors import CallFault, DataFault
from data.home import Home
from loaders.seen import LOOK, Seen
from loaders.sources import Source, SourceFault, for_address, has_secret, next_look, read_sources, source, words_of
from tests.conftest import ROOT
from tests.loaders.conftest import SHIPPED

HOME = Home(SHIPPED)
FOLDER = {"key": "a", "url": "xuat"}


def written(root: Path, text: str) -> Home:
    (root / "sources.toml").write_text(text, encoding="utf-8")
    return Home(root)


def test_a_home_without_the_file_has_no_sources(root: Path) -> None:
    assert read_sources(Home(root)) == ()


def test_the_example_of_the_documents(root: Path) -> None:
    text = (ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    (example,) = [block.partition("```")[0] for block in text.split("```toml\n")[1:] if "[[source]]" in block]
    rows = tomllib.loads(example)["source"]
    found = [source(row, "x") for row in rows]
    assert [one.scheme for one in found] == ["file", "sftp", "http", "s3"]
    profiled = written(root, example.replace('"mot-cua"', '"mot-cua-thu"'))
    assert [one.key for one in read_sources(profiled)] == [row["key"] for row in rows]


def test_times_and_sizes() -> None:
    one = source({**FOLDER, "every": "2h", "settle": "90s", "max_mb": 3, "pattern": "*.csv"}, "x")
    assert (one.every, one.settle, one.max_bytes, one.pattern) == (7200, 90, 3 << 20, ("*.csv",))
    assert source({**FOLDER, "at": ["17:00", "6:30"]}, "x").at == (time(6, 30), time(17))
    assert [words_of(source({**FOLDER, **row}, "x")) for row in ({}, {"every": "90s"}, {"at": "06:00"})] == [
        "mỗi 15 phút",
        "mỗi 90 giây",
        "lúc 06:00",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[[source]]\nkey = "a"\n', ("sources.toml", "«a»", "thiếu mục «url»")),
        ('[[source]]\nurl = "x"\n', ("sources.toml", "«1»", "thiếu mục «key»")),
        ('[[source]]\nkey = "Nguồn A"\nurl = "x"\n', ("mục «key»", "«Nguồn A»", "chữ thường")),
        ('[[source]]\nkey = "a"\nurl = "x"\nevery = "15 phút"\n', ("«a»", "mục «every»", "«15 phút»", '"15m"')),
        ('[[source]]\nkey = "a"\nurl = "x"\nevery = "0m"\n', ("mục «every»", "«0m»")),
        ('[[source]]\nkey = "a"\nurl = "x"\nat = ["25:00"]\n', ("mục «at»", "25:00", "17:00")),
        ('[[source]]\nkey = "a"\nurl = "x"\nat = "06:00"\nevery = "1h"\n', ("«every» và «at»",)),
        ('[[source]]\nkey = "a"\nurl = "x"\nmax_mb = 0\n', ("mục «max_mb»", "«0»", "1 đến 4096")),
        ('[[source]]\nkey = "a"\nurl = "x"\nprofil = "b"\n', ("«profil»", "profile, pattern")),
        ('[[source]]\nkey = "a"\nurl = "x"\nprofile = "b"\n', ("mục «profile»", "«b»", "mot-cua-thu")),
        ('[[source]]\nkey = "a"\nurl = "ftp://may/xuat"\n', ("mục «url»", "ftp://", "sftp://")),
        ('[[source]]\nkey = "a"\nurl = "https:///xuat"\n', ("mục «url»", "thiếu tên máy chủ")),
        ('[[source]]\nkey = "a"\nurl = "sftp://may:abc/xuat"\n', ("mục «url»", "sai cổng")),
        ('[[source]]\nkey = "a"\nurl = "x"\nendpoint = "http://b"\n', ("mục «endpoint»", "s3://")),
        ('[[source]]\nkey = "a"\nurl = "http://b"\nkey_file = "k"\n', ("mục «key_file»", "sftp://")),
        ('[[source]]\nkey = "a"\nurl = "x"\n[[source]]\nkey = "a"\nurl = "y"\n', ("«a»", "khóa này đã dùng")),
        ('[[source]]\nkey = "inbox"\nurl = "x"\n', ("«inbox»", "khóa này đã dùng")),
        ('[source]\nkey = "a"\n', ("[[source]]",)),
        ('[[nguon]]\nkey = "a"\n', ("[[source]]", "«nguon»")),
        ('[[source]]\nkey = "a\n', ("sources.toml", "line 2")),
    ],
)
def test_a_fault_names_file_entry_value_and_what_to_do(root: Path, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(DataFault) as fault:
        read_sources(written(root, text))
    assert [part for part in parts if part not in str(fault.value)] == []


SECRET = "hunter2-Xy9"


@pytest.mark.parametrize(
    "line",
    [
        f'password = "{SECRET}"',
        f'Password = "{SECRET}"',
        f'secret_key = "{SECRET}"',
        f'access_key = "{SECRET}"',
        f'token = "{SECRET}"',
        f'api_key = "{SECRET}"',
        f'passphrase = "{SECRET}"',
        f'private_key = "{SECRET}"',
        f'password_env = "{SECRET}"',
        f'token_env = "{SECRET.replace("-", "")}"',
        f'url = "sftp://xuat:{SECRET}@may/xuat"',
        f'url = "https://may/xuat/?token={SECRET}"',
        f'url = "https://may/xuat.csv?a=1&X-Amz-Signature={SECRET}"',
        f'url = "https://may/xuat.csv?api-key={SECRET}"',
        f'options = {{ password = "{SECRET}" }}',
        f'user = ["{SECRET}"]',
        f'password = "{SECRET}',
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(root: Path, line: str) -> None:
    start = '[[source]]\nkey = "a"\n' + ("" if line.startswith("url") else 'url = "sftp://may/xuat"\n')
    with pytest.raises(DataFault) as fault:
        read_sources(written(root, start + line + "\n"))
    told = str(fault.value) + repr(fault.value.__cause__) + repr(fault.value.args)
    assert SECRET[:7] not in told
    assert line.split()[0].strip("'\"") in told or "line 4" in told


def test_addresses_with_and_without_secrets() -> None:
    assert not has_secret("https://may/xuat/?thang=4&kieu=csv")
    assert not has_secret("sftp://xuat@may:22/xuat")
    assert has_secret("s3://a:b@kho/xuat")


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    one = source({"key": "a", "url": "sftp://may/x", "password_env": "THU_MAT_KHAU"}, "x")
    monkeypatch.setenv("THU_MAT_KHAU", SECRET)
    assert one.secret("password_env") == SECRET
    assert SECRET not in repr(one)
    monkeypatch.delenv("THU_MAT_KHAU")
    with pytest.raises(SourceFault, match="THU_MAT_KHAU"):
        one.secret("password_env")


def test_an_address_of_the_command_line_is_reached_like_the_source_of_its_host(root: Path) -> None:
    home = written(root, '[[source]]\nkey = "a"\nurl = "https://may/xuat/"\nuser = "u"\ntoken_env = "THE"\npattern = "*.csv"\n')  # fmt: skip
    known = for_address(home, "https://may/khac/b.xlsx")
    assert (known.url, known.token_env, known.pattern) == ("https://may/khac/b.xlsx", "THE", ())
    assert for_address(home, "https://may:8443/b.xlsx").token_env == ""
    with pytest.raises(CallFault) as fault:
        for_address(home, f"https://u:{SECRET}@may/b.xlsx")
    assert SECRET not in str(fault.value)


# Schedules -------------------------------------------------------------------------------------------------------------

MOMENT = st.integers(to_micros(datetime(2021, 1, 1, tzinfo=HOME.zone)), to_micros(datetime(2022, 1, 1, tzinfo=HOME.zone)))  # fmt: skip
CLOCK = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(MOMENT, st.lists(CLOCK, min_size=1, max_size=4, unique=True))
def test_times_of_day_are_the_next_ones_by_the_clock(at: int, clocks: list[time]) -> None:
    one = Source(key="a", url="x", at=[f"{clock:%H:%M}" for clock in clocks])  # type: ignore[arg-type]
    due = from_micros(next_look(one, {LOOK: Seen("a", LOOK, "looked", at)}, HOME), HOME.zone)
    last = from_micros(at, HOME.zone)
    # Counted minute by minute, as a person reads a clock.
    minute = last.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute.time() not in clocks:
        minute += timedelta(minutes=1)
    assert due == minute


def test_when_a_source_is_due() -> None:
    one = source({**FOLDER, "every": "15m"}, "x")
    hour = 3_600_000_000
    assert next_look(one, {}, HOME) == 0
    assert next_look(one, {LOOK: Seen("a", LOOK, "looked", hour)}, HOME) == hour + hour // 4
    failed = Seen("a", LOOK, "failed", hour, next_try=hour + 60_000_000)
    assert next_look(one, {LOOK: failed}, HOME) == hour + 60_000_000
    looked = {LOOK: Seen("a", LOOK, "looked", hour), "b": Seen("a", "b", "waiting", hour, next_try=hour + 30_000_000)}
    assert next_look(one, looked, HOME) == hour + 30_000_000
    refused = {LOOK: Seen("a", LOOK, "looked", hour), "b": Seen("a", "b", "failed", hour, next_try=hour + 30_000_000)}
    assert next_look(one, refused, HOME) == hour + hour // 4
