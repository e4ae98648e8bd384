"""What a loader hands to the store, as Arrow schemas.

Moments are UTC microseconds; a due date given as a bare date is that day's last instant. Codes: ``schema.CHANNELS``,
``schema.RETURN_MODES``; payment 0 none, 1 and 2 online, 3 due but not online; status 1..10; yes/no 1/0.
"""

from __future__ import annotations

import pyarrow as pa

from data.schema import MOMENTS

_TEXT, _SMALL, _DAY, _MOMENT = pa.string(), pa.int8(), pa.int32(), pa.int64()
FACTS = pa.schema(
    [("code", _TEXT), ("unit", _TEXT), ("procedure", _TEXT), ("procedure_name", _TEXT), ("field_name", _TEXT)]
    + [(name, _SMALL) for name in ("service_level", "channel", "return_mode", "digitised", "payment", "status")]
    + [(name, _MOMENT) for name in MOMENTS]
    + [("flags", pa.int32()), ("sheet", _TEXT), ("row", pa.int32())]
)
SERVICE_FACTS = pa.schema(
    [("service_code", _TEXT), ("procedure", _TEXT), ("name", _TEXT), ("unit", _TEXT)]
    + [(name, _SMALL) for name in ("level", "eligible_online", "eligible_level4")]
    + [
        ("exclusion_reason", _TEXT),
        ("state", _TEXT),
        ("reason", _TEXT),
        ("changed_on", _DAY),
        ("sheet", _TEXT),
        ("row", pa.int32()),
    ]
)
SERIES_FACTS = pa.schema(
    [("kpi", _TEXT), ("unit", _TEXT), ("level", _TEXT), ("on", _DAY)]
    + [(name, pa.float64()) for name in ("numerator", "denominator", "value")]
    + [("scheme", _TEXT), ("source", _TEXT), ("sheet", _TEXT), ("row", pa.int32())]
)
