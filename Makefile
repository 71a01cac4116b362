# `make` sets everything up and writes a first handout; `make help` lists the rest.

PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV   ?= .venv
OUT    ?= output
CELL   ?= elman
STEPS  ?= 3
# What makes the PDF: tex, typst, or auto, which is TeX where it is installed.
ENGINE ?= auto
# More words for the program or for pytest: make ARGS=--force, make test ARGS=-x
ARGS   ?=

# Where this is set, each command and each worker of the tests compiles all of derive anew: two seconds.
unexport PYTHONDONTWRITEBYTECODE

BIN     := $(VENV)/bin
SETUP   := $(VENV)/setup.stamp
TEX     := $(VENV)/tex.stamp
PAGES   := $(VENV)/pages.stamp
NAME    := $(CELL)-T$(STEPS)
# A worker runs what stands side by side, so that what tests of a file share is made once; one that is
# done takes over from the other.
PYTEST  := $(BIN)/python -m pytest -n auto --dist worksteal
NEEDS_TEX = test -e $(TEX) || { echo 'The tests need TeX; without it: $(PYTEST)' >&2; exit 1; }
PICTURES := paths flow-norms
SOURCES := $(shell find derive templates -type f ! -name '*.pyc' 2>/dev/null)

# What is missing of a handout that was written; its figures, for instance, are no targets. Any Python
# will do, and none is needed before there is a handout.
GONE := $(if $(wildcard $(OUT)/$(NAME).json),$(shell $(PYTHON) -m derive.clean --gone $(OUT) $(NAME)))

# Also where a typesetter is named, which may be another than the one that made the PDF.
AGAIN := $(if $(GONE)$(filter-out auto,$(ENGINE)),again)
WITHOUT_TEX = test $(ENGINE) != auto || command -v xelatex >/dev/null || \
	echo 'The PDF is made by Typst, as TeX is not installed; for one by TeX: make tex && make'

# A recipe that fails leaves no target that looks up to date.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
.PHONY: all help setup tex handout pdf md html figures flow audit learn pictures ids texts fixed docs examples example-sphinx example-mkdocs example-notebook example-latex check doctor test test-more quick prove coq test-all durations coverage bench bench-page lint format lock security clean distclean

all: handout ## set up and write the handout of CELL=elman for STEPS=3 (the default)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14
	@echo 'Variables: CELL=$(CELL) STEPS=$(STEPS) ENGINE=$(ENGINE) OUT=$(OUT) PYTHON=$(PYTHON) VENV=$(VENV)'

setup: $(SETUP) ## make the virtual environment from the lock file
tex: $(TEX) ## install what TeX lacks, where that is allowed

# Without TeX the PDF is by Typst; once there is TeX, the next `make` makes it by that.
handout: $(OUT)/$(NAME).pdf $(OUT)/$(NAME).md $(OUT)/$(NAME).html $(OUT)/$(NAME).json ## all formats for CELL=… STEPS=…
md: $(OUT)/$(NAME).md ## the Markdown (one run makes all formats, as they share the checks)
html: $(OUT)/$(NAME).html ## the page of HTML
figures: $(OUT)/$(NAME).md ## the figures, in the folder beside the Markdown
pdf: $(OUT)/$(NAME).pdf ## the PDF, by ENGINE=tex or typst if one is named

# A pattern rule with several targets makes them all in one run. They are whole whenever they are there,
# so that make need not remove them when it is stopped. Signals must reach derive, and no shell before it.
.PRECIOUS: $(OUT)/%.pdf $(OUT)/%.md $(OUT)/%.html $(OUT)/%.json
$(OUT)/%.pdf $(OUT)/%.md $(OUT)/%.html $(OUT)/%.json: $(SOURCES) $(SETUP) $(wildcard $(TEX)) $(AGAIN)
	@$(WITHOUT_TEX)
	exec $(BIN)/derive handout $(word 1,$(subst -T, ,$*)) --steps $(word 2,$(subst -T, ,$*)) \
		--format pdf,latex,md,html --out $(OUT) --engine $(ENGINE) $(ARGS)

.PHONY: again
again:

flow: $(SETUP) ## why gradients vanish and explode, measured, as a document
	exec $(BIN)/derive flow --format pdf,md --out $(OUT) --engine $(ENGINE) $(ARGS)

audit: $(SETUP) ## formulas of well-known texts, tested, as a document
	exec $(BIN)/derive audit --format pdf,md --out $(OUT) --engine $(ENGINE) $(ARGS)

learn: $(SETUP) ## a long-memory task, learnt with the derived gradients (a minute)
	exec $(BIN)/derive learn --format pdf,md --out $(OUT) --engine $(ENGINE) $(ARGS)

docs: $(SETUP) ## the project's own site, in docs/_build/html (some minutes)
	$(BIN)/python -m sphinx -W -n --keep-going -j auto -b html docs docs/_build/html -d docs/_build/trees $(ARGS)

examples: example-sphinx example-mkdocs example-notebook example-latex ## the examples of embedding, each in its _build folder

example-sphinx: $(SETUP) ## derivations in a project of Sphinx
	$(BIN)/python -m sphinx -W -n --keep-going -q -b html examples/sphinx examples/sphinx/_build/html

example-mkdocs: $(SETUP) ## the same for MkDocs
	$(BIN)/python -m mkdocs build --strict -q -f examples/mkdocs/mkdocs.yml -d _build

example-notebook: $(SETUP) ## the same for Jupyter, executed, as HTML
	$(BIN)/python -m nbconvert --config examples/notebook/offline.py --to html --execute \
		examples/notebook/bptt.ipynb --output-dir examples/notebook/_build

example-latex: $(SETUP) | $(TEX) ## the same for an article in LaTeX
	@test -e $(TEX) || { echo 'No PDF. What TeX lacks: make doctor' >&2; exit 1; }
	$(BIN)/derive export elman --dialect latex --out examples/latex/pieces -q >/dev/null
	cd examples/latex && mkdir -p _build && for pass in 1 2; do \
		xelatex -halt-on-error -interaction=batchmode -output-directory=_build main.tex || exit 1; done

bench: $(SETUP) ## measure side by side, some minutes; ARGS="--only code --fast", ARGS="-o FILE" keeps the values
	$(BIN)/python -m benchmarks.bench $(ARGS)

bench-page: $(SETUP) ## the same in turns, by the processor's seconds, for docs/performance.md; ARGS="--only WORD"
	$(BIN)/python -m benchmarks.together -o benchmarks/results.json $(ARGS)
	$(BIN)/python -m benchmarks.page

check: $(SETUP) ## check every equation of every cell
	$(BIN)/derive check

# They are tracked, as README.md shows them; a test tells when they are out of date.
pictures: $(PICTURES:%=docs/pictures/%.svg) docs/pictures/grad-W-terms.svg docs/pictures/wings.svg docs/pictures/page.png ## renew the pictures of README.md and docs/, and the sample

$(PICTURES:%=docs/pictures/%.svg): $(OUT)/elman-T3.md
	cp $(OUT)/elman-T3-figures/$(@F) $@

docs/pictures/grad-W-terms.svg: $(SOURCES) | $(SETUP)
	$(BIN)/derive show elman-grad-W-terms-3 --as svg > $@

docs/pictures/elman-T3.pdf: $(OUT)/elman-T3.pdf
	cp $< $@

docs/pictures/page.png: docs/pictures/elman-T3.pdf
	@command -v pdftoppm >/dev/null || { echo 'A page is drawn by pdftoppm: apt-get install poppler-utils' >&2; exit 1; }
	$(BIN)/python -m tools.draw_page $< $@

docs/pictures/wings.svg: $(SOURCES) .importlinter $(wildcard tools/*.py) | $(SETUP)
	$(BIN)/python -m tools.draw_wings

# Tracked as well, as a shell that completes cannot wait for them to be derived.
ids: $(SETUP) ## renew the ids that shells complete
	$(BIN)/python -m tools.equation_ids > $(VENV)/ids.txt && mv $(VENV)/ids.txt derive/cli/ids.txt

# What is the same in all documents, as it was looked at: whoever renews it has looked at a PDF and a page.
texts: $(SETUP) ## renew the table of the sentences that were read
	$(BIN)/python -m tools.looked_at_texts > $(VENV)/texts.txt && mv $(VENV)/texts.txt derive/document/texts.txt
	$(BIN)/python -m tools.looked_up_references > $(VENV)/references.txt && mv $(VENV)/references.txt derive/chapters/references.txt

fixed: $(SETUP) ## renew the table of definitions of LaTeX and of the style sheet that were looked at
	$(BIN)/python -m tools.fixed_texts > $(VENV)/fixed.txt && mv $(VENV)/fixed.txt derive/publishing/fixed.txt

doctor: $(SETUP) ## say what this machine lacks, and how to get it
	$(BIN)/derive doctor

# No failure without Coq: the tests that ask it are then left out, and say so.
coq: ## install Coq and what its files import, where that is allowed
	@command -v coqc >/dev/null || tools/apt-install coq libcoq-mathcomp-algebra-tactics \
		|| echo 'Going on without Coq.'

prove: $(SETUP) coq ## prove the formulas of every cell, by the checker and by Coq (an hour where it is slow)
	$(BIN)/python -m tools.prove_all $(ARGS)

# Lint first, as it is soon done.  What takes minutes of its own is for test-all.
test: lint $(TEX) $(PAGES) coq ## lint and all tests but deferred ones; installs what they need, TeX and Coq included
	@$(NEEDS_TEX)
	$(PYTEST) -m 'not deferred' $(ARGS)

# Between the two: what a commit that changes much should pass before it is handed in.
test-more: lint $(TEX) $(PAGES) coq ## of every test one case at least (half an hour and more)
	@$(NEEDS_TEX)
	$(PYTEST) -m 'not deferred' --every $(ARGS)

quick: $(SETUP) ## the tests that are fast, in a minute
	$(PYTEST) -m 'not slow and not deferred' $(ARGS)

test-all: lint $(TEX) $(PAGES) coq ## every test; those that compare with torch want it installed
	@$(NEEDS_TEX)
	@$(BIN)/python -c 'import torch' 2>/dev/null \
		|| echo "Tests with torch are left out; for them: $(BIN)/python -m pip install '.[torch]'"
	$(PYTEST) $(ARGS)

durations: $(SETUP) ## measure which tests are slow: tests/slow.txt
	$(PYTEST) -m 'not deferred' --measure $(ARGS)

coverage: $(SETUP) ## which lines and branches of derive the tests run
	@test -x $(BIN)/coverage || { echo "No pytest-cov here: $(BIN)/python -m pip install '.[coverage]'" >&2; exit 1; }
	$(PYTEST) --cov --cov-report=term:skip-covered $(ARGS)

lint: $(SETUP) ## ruff, mypy, and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(SETUP) ## put the source in its one format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(SETUP) ## choose versions anew and write requirements.lock
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
		--all-build-deps --extra test --extra lock --extra security --extra coverage --extra bench --no-header --no-emit-options \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements.lock pyproject.toml

# Strict, as it passes otherwise when the advisories cannot be reached and nothing was compared.
security: $(SETUP) ## compare the locked versions with the published advisories (network)
	@test -x $(BIN)/pip-audit || { echo 'No pip-audit here: $(BIN)/python -m pip install pip-audit' >&2; exit 1; }
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements.lock \
		|| { echo 'Not passed: an advisory names a locked version, or the advisories were not reached.' >&2; exit 1; }

clean: ## remove what was written, keep the set-up
	$(if $(wildcard $(OUT)),$(PYTHON) -m derive.clean $(OUT))
	find derive tests -name __pycache__ -prune -exec rm -r {} +
	rm -rf build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

distclean: clean ## remove the virtual environment too
	rm -rf $(VENV)

# PyLaTeX comes as source only: without isolation it is built by the setuptools of the lock file.
$(SETUP): requirements.lock pyproject.toml tools/make-venv tools/get_pip.py
	tools/make-venv $(PYTHON) $(VENV)
	awk '/^[a-z]/ { on = /^(packaging|pip|setuptools|wheel)==/ } on' requirements.lock > $(VENV)/build.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/build.lock
	$(BIN)/python -m pip install --quiet --require-hashes --no-build-isolation -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# No stamp without TeX, and no failure either.
$(TEX): derive/tex.txt tools/install-tex | $(SETUP)
	@if tools/install-tex; then touch $@; else \
		rm -f $@; echo 'Going on without TeX: Typst makes the PDF.'; fi

# What tests of pages need: a browser, and axe-core, of whose package only the script is used. Without
# them these tests are skipped, and say so.
$(PAGES): tests/axe.lock | $(SETUP)
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit; done; \
		tools/apt-install chromium || echo 'Going on without Chromium: tests in the browser are skipped.'
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $<
	@touch $@
