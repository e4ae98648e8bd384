"""Eight-bit Vietnamese encodings: windows-1258, VISCII (RFC 1456) and TCVN3 (ABC, TCVN 5712).

Nothing in a file says which one it is; the words it is read to do.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

_ASCII = "".join(map(chr, range(128)))
_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII = "".join(_VISCII_LOW.get(ord(letter), letter) for letter in _ASCII) + (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_TCVN3 = _ASCII + (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ"
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò"
    "ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
TABLES = {"viscii": _VISCII, "tcvn3": _TCVN3}
VIETNAMESE = ("cp1258", *TABLES)

# Frequent words of exports and of any text.
_TEXT = """
mã hồ sơ số ngày đơn vị tiếp nhận hẹn trả kết quả thủ tục tên lĩnh vực trạng thái tình hình thức giải quyết xử lý trực
tuyến nộp mức độ đã đang được không có của và cho các một người tỉnh huyện xã sở phường thị trấn thành phố ủy ban nhân
dân công chứng đăng ký cấp đất giấy phép hộ tịch tư pháp nội vụ đúng hạn quá trước bị chủ địa chỉ nguyễn trần lê phạm
văn những để với là này đó khi từ đến trong về như theo điều quyền việc năm tháng
"""
_BEYOND_ASCII = frozenset(word for word in _TEXT.split() if not word.isascii())
_LETTERS = re.compile(r"[^\W\d_]+")


def decode(data: bytes, encoding: str) -> str:
    """Raises UnicodeDecodeError where a byte means nothing in the encoding."""
    if encoding in TABLES:
        return codecs.charmap_decode(data, "strict", TABLES[encoding])[0]
    return data.decode(encoding)


def guess(sample: bytes) -> str | None:
    """The Vietnamese encoding under which a text has the most known words; None when none stands out."""
    found = {encoding: _known(sample, encoding) for encoding in VIETNAMESE}
    best, second = sorted(found, key=found.__getitem__, reverse=True)[:2]
    return best if found[best] > 2 * found[second] else None


def _known(sample: bytes, encoding: str) -> int:
    if encoding in TABLES:
        text = codecs.charmap_decode(sample, "replace", TABLES[encoding])[0]
    else:
        text = sample.decode(encoding, "replace")
    words = _LETTERS.findall(unicodedata.normalize("NFC", text).casefold())
    return sum(word in _BEYOND_ASCII for word in words)
