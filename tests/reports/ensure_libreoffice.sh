#!/usr/bin/env bash
# What Word and Excel users get is opened once in LibreOffice; install it where that can be done without asking.
set -euo pipefail

if command -v soffice >/dev/null; then exit 0; fi

if ! command -v apt-get >/dev/null; then
  echo "Không thấy LibreOffice (soffice). Hãy cài rồi chạy lại «make test»." >&2
  exit 2
fi

packages=(libreoffice-writer-nogui libreoffice-calc-nogui)
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Không thấy LibreOffice. Hãy nhờ quản trị máy cài: apt-get install ${packages[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}"
