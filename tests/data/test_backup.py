"""Backup and restore: equal afterwards, whole or not at all, and nothing an archive says is trusted."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from data import audit, logins, rollup, tokens
from data.access import Action, Role
from data.backup import DATABASE, MANIFEST, backup, restore
from data.errors import CallFault, CampaignError, DataFault
from data.facts import FACTS
from data.home import Home
from data.logins import Refused
from data.people import LOCAL
from data.records import ImportHead
from data.schema import dossiers, imports
from data.store import Store
from tests.data.access_homes import AT, HOUR, invited, load_some, login_of, small_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = small_store(tmp_path / "home")
    load_some(store, "a.csv", ["1", "2", "3"])
    (store.home.root / "profiles").mkdir()
    (store.home.root / "profiles" / "p.toml").write_text("# hồ sơ nguồn\n", encoding="utf-8")
    return store


def counts(store: Store) -> tuple[int, int]:
    with store.read() as connection:
        found = (sa.select(sa.func.count()).select_from(table) for table in (imports, dossiers))
        first, second = (int(connection.scalar(one) or 0) for one in found)
    return first, second


def test_what_comes_back_is_what_was_there(store: Store, tmp_path: Path) -> None:
    root = store.home.root
    for name in ("inbox/tep.csv", ".env", "old.zip"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("Nguyễn Thị Bí Mật", encoding="utf-8")
    (root / "link.toml").symlink_to("/etc/hostname")
    manifest = backup(store, tmp_path / "b.zip", who=LOCAL, at=AT)
    assert [one.path for one in manifest.files] == [DATABASE, "home.toml", "profiles/p.toml", "units.csv"]
    found = restore(tmp_path / "b.zip", tmp_path / "new", who=LOCAL, at=AT + HOUR)
    again = Store.open(Home(tmp_path / "new"))
    assert counts(again) == counts(store) == (1, 3)
    assert not list(rollup.differences(again, again.home))
    for name in ("home.toml", "units.csv", "profiles/p.toml"):
        assert (tmp_path / "new" / name).read_bytes() == (root / name).read_bytes()
    assert {path.name for path in (tmp_path / "new").iterdir()} == {DATABASE, "home.toml", "profiles", "units.csv"} | {
        f"{DATABASE}-wal", f"{DATABASE}-shm",
    }  # fmt: skip
    assert found.faults == [] and found.set_aside is None
    assert audit.holds(again, manifest.audit_head) and audit.verify(again) == []
    assert [line.action for line in audit.search(again)[0]] == ["restore", "load"]
    assert store.aside.flush() and audit.search(store)[0][0].action == "backup"


def test_only_the_owner_reads_them(store: Store, tmp_path: Path) -> None:
    backup(store, tmp_path / "b.zip", who=LOCAL, at=AT)
    restore(tmp_path / "b.zip", tmp_path / "new", who=LOCAL, at=AT)
    with store.read():
        paths = [tmp_path / "b.zip", *store.home.root.glob("campaign.db*"), *(tmp_path / "new").rglob("*")]
    assert {path.name for path in paths} >= {"b.zip", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "p.toml"}
    for path in paths:
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        else:
            assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_a_database_others_could_read_is_closed_to_them(store: Store) -> None:
    path = store.home.root / DATABASE
    store.engine.dispose()
    path.chmod(0o644)
    Store.open(store.home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_in_the_middle_of_a_load_is_of_the_moment_before(store: Store, tmp_path: Path) -> None:
    """It neither waits for the load, nor holds anything of it before it is whole."""
    row: dict[str, object] = dict.fromkeys(FACTS.names)
    row |= {"code": "4", "unit": "so-a", "accepted_at": AT, "flags": 0, "sheet": "", "row": 2}
    with store.writer(ImportHead("b.csv", "b" * 64, "tests", "p", "dossiers", "t", AT)) as writer:
        writer.apply_dossiers(pa.Table.from_pylist([row], schema=FACTS))
        backup(store, tmp_path / "during.zip", who=LOCAL, at=AT)
        writer.finish(read=1, refused=0)
    backup(store, tmp_path / "after.zip", who=LOCAL, at=AT)
    for name, expected in (("during", (1, 3)), ("after", (2, 4))):
        found = restore(tmp_path / f"{name}.zip", tmp_path / name, who=LOCAL, at=AT)
        again = Store.open(Home(tmp_path / name))
        assert counts(again) == expected and found.faults == []
        assert not list(rollup.differences(again, again.home))


def test_nothing_is_overwritten_unasked(store: Store, tmp_path: Path) -> None:
    backup(store, tmp_path / "b.zip", who=LOCAL, at=AT)
    with pytest.raises(CallFault, match="--force"):
        backup(store, tmp_path / "b.zip", who=LOCAL, at=AT)
    backup(store, tmp_path / "b.zip", who=LOCAL, at=AT, force=True)
    assert store.aside.flush()
    with pytest.raises(CallFault, match="--force"):
        restore(tmp_path / "b.zip", store.home.root, who=LOCAL, at=AT)
    load_some(store, "b.csv", ["4"])
    store.engine.dispose()
    found = restore(tmp_path / "b.zip", store.home.root, who=LOCAL, at=AT, force=True)
    assert counts(Store.open(Home(store.home.root))) == (1, 3)
    assert found.set_aside is not None and counts(Store.open(Home(found.set_aside))) == (2, 4)


def test_logins_are_over_after_restoring_and_tokens_are_counted(store: Store, tmp_path: Path) -> None:
    invited(store, "Em", Role.leader)
    tokens.make(store, LOCAL, "IOC", [Action.figures], "", 30, AT)
    backup(store, tmp_path / "b.zip", who=LOCAL, at=AT + HOUR)
    found = restore(tmp_path / "b.zip", tmp_path / "new", who=LOCAL, at=AT + 2 * HOUR)
    assert found.tokens == 1
    again = Store.open(Home(tmp_path / "new"))
    with pytest.raises(Refused):
        logins.present(again, login_of("Em", AT + HOUR), AT + 2 * HOUR)
    assert logins.begin(again, login_of("Em", AT + 3 * HOUR), AT + 3 * HOUR).name == "Em"


# Archives that are not what they should be ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    store = small_store(root / "home")
    backup(store, root / "b.zip", who=LOCAL, at=AT)
    return root / "b.zip"


def rewritten(archive: Path, made: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    with zipfile.ZipFile(archive) as read:
        content = {name: read.read(name) for name in read.namelist()}
    change(content)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as write:
        for name, data in content.items():
            write.writestr(name, data)


def renamed(content: dict[str, bytes], name: str) -> None:
    """units.csv under another name, in the manifest too."""
    content[name] = content.pop("units.csv")
    manifest = json.loads(content[MANIFEST])
    for one in manifest["files"]:
        one["path"] = name if one["path"] == "units.csv" else one["path"]
    content[MANIFEST] = json.dumps(manifest).encode()


def edited(content: dict[str, bytes], **changes: object) -> None:
    content[MANIFEST] = json.dumps(json.loads(content[MANIFEST]) | changes).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update({"units.csv": b"x" * len(content["units.csv"])}),
        lambda content: content.update({"units.csv": content["units.csv"] + b"x"}),
        lambda content: content.update({"units.csv": b"0" * 50_000_000}),
        lambda content: content.update({"more.csv": b"x"}),
        lambda content: content.pop("units.csv"),
        lambda content: content.pop(MANIFEST),
        lambda content: content.update({MANIFEST: b"{}"}),
        lambda content: content.update({MANIFEST: b"\xff"}),
        lambda content: edited(content, revision="9999"),
        lambda content: edited(content, format="campaign-backup-9"),
        *(
            lambda content, name=name: renamed(content, name)
            for name in (
                "../out.csv",
                "/tmp/out.csv",
                "a/../../out.csv",
                "a\\out.csv",
                "C:out.csv",
                ".bashrc",
                "a//b",
                "a/",
                "home.toml/a",
                "campaign.db/a",
                "campaign.db-wal",
                "campaign.db-journal",
            )
        ),
    ],
)
def test_an_archive_that_is_not_whole_or_not_safe_leaves_nothing(
    change: Callable[[dict[str, bytes]], object], archive: Path, tmp_path: Path
) -> None:
    rewritten(archive, tmp_path / "changed.zip", change)
    with pytest.raises(DataFault):
        restore(tmp_path / "changed.zip", tmp_path / "new", who=LOCAL, at=AT)
    assert [path.name for path in tmp_path.iterdir()] == ["changed.zip"]


def test_links_and_damage_are_refused(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as read, zipfile.ZipFile(tmp_path / "link.zip", "w") as write:
        for info in read.infolist():
            if info.filename == "units.csv":
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            write.writestr(info, read.read(info.filename))
    whole = archive.read_bytes()
    for name, data in {
        "cut.zip": whole[: len(whole) // 2],
        "flipped.zip": whole[:2_000] + bytes(255 - byte for byte in whole[2_000:2_400]) + whole[2_400:],
        "text.zip": b"not an archive",
        "empty.zip": b"",
    }.items():
        (tmp_path / name).write_bytes(data)
    for name in ("link.zip", "cut.zip", "flipped.zip", "text.zip", "empty.zip"):
        with pytest.raises(DataFault):
            restore(tmp_path / name, tmp_path / "new", who=LOCAL, at=AT)
        assert not (tmp_path / "new").exists()
    with pytest.raises(CallFault):
        restore(tmp_path / "none.zip", tmp_path / "new", who=LOCAL, at=AT)


def test_a_backup_that_cannot_be_written_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CampaignError):
        backup(store, tmp_path / "no" / "b.zip", who=LOCAL, at=AT)
    (store.home.root / "a\nb.csv").write_text("x", encoding="utf-8")
    with pytest.raises(CallFault):
        backup(store, tmp_path / "b.zip", who=LOCAL, at=AT)
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
