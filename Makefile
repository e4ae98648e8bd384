# Mỗi lệnh tự chuẩn bị mọi thứ nó cần: trên máy trắng chỉ cần gõ `make run` hoặc `make test`.
# Every target sets up what it needs; on a bare machine `make run` or `make test` is enough.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TYPED := data kpi loaders pages/terminal pages/web cli.py server.py

# PYTHON=… chooses the interpreter; otherwise the first of these that really starts and is 3.11, 3.12 or 3.13.
PYTHON ?=
CANDIDATES := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python)

HOST ?= 127.0.0.1
PORT ?= 8501

.PHONY: help setup run test soak walk backtest check bench browser office format clean

help:  ## danh sách lệnh
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 20

setup: $(STAMP)  ## tạo .venv và cài đúng các phiên bản trong requirements.lock

# The stamp is written last, so an interrupted set-up is done again.
$(STAMP): requirements.lock pyproject.toml
	@if [ ! -x $(BIN)/python ]; then \
	  found=""; \
	  for candidate in $(CANDIDATES); do \
	    if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	      found="$$candidate"; break; \
	    fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Cần Python 3.11, 3.12 hoặc 3.13 (đã thử: $(CANDIDATES)). Chọn bản khác: make PYTHON=/đường/dẫn/python3.12" >&2; exit 2; \
	  fi; \
	  "$$found" -m venv $(VENV) || { rm -rf $(VENV); echo "Không tạo được $(VENV): hãy cài gói venv của Python (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 2; }; \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m compileall -q data kpi loaders pages app.py cli.py server.py
	@touch $@

# The first campaign is enough to show a page; the second is loaded while the pages are being read.
run: setup  ## dựng dữ liệu mô phỏng nếu chưa có dữ liệu, rồi mở http://localhost:8501
	$(BIN)/campaign demo --if-empty --until 2021-05-25
	@($(BIN)/campaign demo --finish >/dev/null 2>&1 &)
	$(BIN)/campaign serve --host $(HOST) --port $(PORT)

browser:
	@tests/browser/ensure_chromium.sh

office:
	@tests/reports/ensure_libreoffice.sh

test: setup browser office  ## mọi phép thử, kể cả trong trình duyệt
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# Quarter of an hour and more: 300 processes killed, 300 power cuts, 1,000 damaged files, many loads at once.
soak: setup  ## các phép thử sự cố, lặp lại rất nhiều lần
	SOAK=1 $(BIN)/python -m pytest -n 2 tests/faults tests/kpi/test_issues.py $(ARGS)

walk: setup browser  ## cả hai chiến dịch, từng ngày, trên mọi trang; mọi trang ở mọi cỡ màn hình, màu nền, ngôn ngữ
	WALK=all $(BIN)/python -m pytest -n 2 tests/walk tests/browser $(ARGS)

# In a home of its own: the figures in the document are those of the replay, whatever data there is here.
backtest: setup  ## kiểm lại dự báo trên hai chiến dịch mô phỏng, ghi số liệu vào docs/forecast.md
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && $(BIN)/campaign demo --home "$$home/home" \
	  && $(BIN)/python -m kpi.backtest "$$home/home" docs/forecast.md

check: setup  ## ruff, mypy, hợp đồng giữa các tầng, lỗ hổng đã biết của các gói
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports
	$(BIN)/python -m tests.audit

bench: setup  ## đo tốc độ, ghi vào docs/bench.md; sai giới hạn thì báo lỗi
	$(BIN)/python -m tests.bench --write $(ARGS)

format: setup  ## định dạng lại mã nguồn
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## xoá môi trường và các bộ đệm (không xoá dữ liệu)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
