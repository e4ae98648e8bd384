#!/usr/bin/env bash
# The browser tests drive the system's Chromium; install it where that can be done without asking.
set -euo pipefail

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null; then exit 0; fi
done

if ! command -v apt-get >/dev/null; then
  echo "Không thấy Chromium hay Chrome. Hãy cài trình duyệt rồi chạy lại «make test»." >&2
  exit 2
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Không thấy Chromium. Hãy nhờ quản trị máy cài: apt-get install chromium" >&2
    exit 2
  fi
  as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium
