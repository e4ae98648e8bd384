"""What a home's files may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import DataFault
from data.home import Home

CAMPAIGN = """
key = "c"
start = 2021-03-31
end = 2021-05-19
[[target]]
kpi = "on_time_resolved"
value = {value}
due = 2021-05-19
"""


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_target_is_a_number(tmp_path: Path, value: str) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "c.toml").write_text(CAMPAIGN.format(value=value), encoding="utf-8")
    with pytest.raises(DataFault, match=r"c\.toml: mục «target\.0\.value»"):
        Home(tmp_path).campaign("c")


def test_a_number_is_taken(tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "c.toml").write_text(CAMPAIGN.format(value="1.0"), encoding="utf-8")
    assert Home(tmp_path).campaign("c").target[0].value == 1.0
