# Two commands for newcomers: `make demo` and `make test`. Both make their own .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test check gallery clean

demo: $(VENV)/.base
	@rm -rf demo && mkdir demo
	@echo "== enroll: each sub-folder of gallery/ is a name"
	$(BIN)/fewshot enroll gallery/ --gallery demo/gallery.db
	@echo "== match: pictures that were not enrolled, two of them of nobody enrolled"
	@$(BIN)/fewshot match probes/ --gallery demo/gallery.db --montage demo/montage.png; \
		test $$? -eq 1  # 1: all readable and at least one unknown, as it should be
	@echo "Look at demo/montage.png: each picture beside its best references."
	@echo "Go on: . $(VENV)/bin/activate; export FEWSHOT_GALLERY=demo/gallery.db; fewshot list"

test: $(VENV)/.all check
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(VENV)/.all
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

gallery: $(VENV)/.base  ## draw gallery/ and probes/ anew
	$(BIN)/python scripts/draw_gallery.py --out .

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; ok = (3, 10) <= sys.version_info < (3, 14); \
		sys.exit(0 if ok else "fewshot needs Python 3.10 to 3.13; this is " + sys.version.split()[0] \
		+ ": name another, as in: make PYTHON=python3.12 demo")'
	@echo "== making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "python3 has no venv here; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.base: $(VENV)/.python pyproject.toml constraints.txt
	@echo "== installing fewshot (a minute)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.all: $(VENV)/.python pyproject.toml constraints.txt
	@echo "== installing fewshot with all its extras (a minute or two)"
	@$(PIP) --editable '.[all]'
	@touch $@ $(VENV)/.base

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
