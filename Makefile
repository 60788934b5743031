# Every target makes its own .venv on first use; run `make help` for the list.
DATASET ?= digits
# A demo shows the road, so it trains for a shorter time than the networks of the zoo were, and has
# smaller heads, which are quickly mapped and proven.
SHORT := --set train.epochs=30 --set net.counts=last --set net.tau=5
RECIPE ?= $(or $(RECIPE_$(DATASET)),$(DATASET))
RECIPE_mnist := mnist-8k $(SHORT)
RECIPE_fashion-mnist := fashion-8k-pixels $(SHORT)
MODEL ?= build/demo/digits.lgn
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

# Processes that the tests start by the hundred take each module compiled.
unexport PYTHONDONTWRITEBYTECODE

# Boards hold a network that is embedded in lilogic, if none is named.
BOARD ?= icebreaker
synth flash: MODEL = digits

.PHONY: help demo test test-slow test-all coverage lint docs sim report synth flash bench clean

help:
	@echo "make demo [DATASET=digits|mnist|fashion-mnist]  train, compile, simulate and prove a network"
	@echo "make test                                       run the quick tests"
	@echo "make test-slow                                  run the slow tests"
	@echo "make coverage                                   run the quick tests, print their coverage"
	@echo "make test-all                                   run both"
	@echo "make lint                                       ruff, mypy, import rules"
	@echo "make docs                                       the site, in build/site; a broken link is an error"
	@echo "make sim MODEL=FILE.lgn                         cocotb regression of a network's Verilog"
	@echo "make report MODEL=FILE.lgn                      gate, LUT and FF counts"
	@echo "make synth [BOARD=icebreaker] [MODEL=digits]    a board's bitstream (lilogic boards lists them)"
	@echo "make flash [BOARD=icebreaker] [MODEL=digits]    the same, loaded onto the board"
	@echo "make bench                                      benchmarks: tables and JSON under build/bench"

demo: $(READY)
	$(BIN)/lilogic demo $(RECIPE) -o build/demo

test: $(READY)
	$(PYTEST)

coverage: $(READY)
	$(PYTEST) --cov --cov-report=term

test-slow: $(READY)
	$(PYTEST) -m slow

test-all: $(READY)
	$(PYTEST) -m ''

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

sim: $(READY)
	$(BIN)/lilogic verify --no-formal $(MODEL)

report: $(READY)
	$(BIN)/lilogic report $(MODEL)

synth: $(READY)
	$(BIN)/lilogic synth $(MODEL) --board $(BOARD)

flash: synth
	$(BIN)/lilogic flash $(MODEL) --board $(BOARD)

bench: $(READY)
	$(BIN)/python bench/train.py
	$(BIN)/python bench/proof.py

clean:
	rm -rf build

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "lilogic: python3 is missing: apt install python3 python3-venv"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "lilogic: $$($(PYTHON) --version) is too old: 3.11 or newer is needed (make PYTHON=python3.12 ...)"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "lilogic: python's venv is missing: apt install python3-venv"; exit 2; }
	@command -v g++ >/dev/null || { echo "lilogic: g++ is missing, which Verilator needs: apt install g++"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
