"""What the libraries raise when a ZIP archive is damaged: they keep no one exception for it."""

from __future__ import annotations

import zipfile
import zlib

DAMAGED = (
    zipfile.BadZipFile,  # its directory, or a checksum
    zlib.error,  # what a member was packed with
    EOFError,  # cut off
    RuntimeError,  # a password, or a way of packing nobody knows (NotImplementedError)
)
