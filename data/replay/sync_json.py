"""Messages of the national synchronisation (``DongBoHoSoMC``): every value is text, moments are ``yyyyMMddHHmmss``.

``NgayXinLoi``, ``NgayHenTraMoi`` and ``MucDo`` of a dossier are an extension of the province's own (simulated).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from data.replay.sheets import CHANNEL, DIGITISED, LEVELS, PAYMENT, RETURN, STATUS


def _stamp(text: str) -> str:
    """31/12/2022 08:05:00 → 20221231080500; blank stays blank."""
    return text[6:10] + text[3:5] + text[:2] + text[11:13] + text[14:16] + text[17:19]


def _code(words: tuple[str, ...]) -> Callable[[str], str]:
    codes = {word: str(number) for number, word in enumerate(words) if word}
    return lambda word: codes.get(word, "")


def _same(text: str) -> str:
    return text


_LEVEL = {word: str(number if number <= 4 else number - 4) for number, word in enumerate(LEVELS) if word}
FIELDS: dict[str, tuple[str, Callable[[str], str]]] = {
    "MaHoSo": ("Mã hồ sơ", _same),
    "MaTTHC": ("Mã TTHC", _same),
    "TenTTHC": ("Tên thủ tục hành chính", _same),
    "TenLinhVuc": ("Lĩnh vực", _same),
    "KenhThucHien": ("Hình thức nộp", _code(CHANNEL)),
    "ChuHoSo": ("Chủ hồ sơ", _same),
    "NgayNopHoSo": ("Ngày nộp hồ sơ", _stamp),
    "NgayTiepNhan": ("Ngày tiếp nhận", _stamp),
    "NgayHenTra": ("Ngày hẹn trả", _stamp),
    "NgayKetThucXuLy": ("Ngày kết thúc xử lý", _stamp),
    "NgayTra": ("Ngày trả kết quả", _stamp),
    "TrangThaiHoSo": ("Trạng thái hồ sơ", _code(STATUS)),
    "HinhThuc": ("Hình thức trả", _code(RETURN)),
    "MucDo": ("Mức độ DVC", lambda word: _LEVEL.get(word, "")),
    "HoSoCoThanhPhanSoHoa": ("Đã số hóa", _code(DIGITISED)),
    "DuocThanhToanTrucTuyen": ("Thanh toán", _code(PAYMENT)),
    "DonViXuLy": ("Đơn vị giải quyết", _same),
    "NgayXinLoi": ("Ngày xin lỗi", _stamp),
    "NgayHenTraMoi": ("Ngày hẹn trả mới", _stamp),
    "GhiChu": ("Ghi chú", _same),
}


def write(path: Path, table: pa.Table) -> None:
    columns = {field: map(form, table[heading].to_pylist()) for field, (heading, form) in FIELDS.items()}
    dossiers = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    message = {
        "session": "mo-phong",
        "madonvi": "000.00.00.H10",
        "service": "DongBoHoSoMC",
        "isUpdating": "True",
        "data": dossiers,
    }
    path.write_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
