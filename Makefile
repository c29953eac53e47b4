# The commands of the README. Each sets up what it needs; the second time that takes a moment.

PYTHON := .venv/bin/python
SAMPLE := build/sample

.PHONY: help setup sample test slow gpu bench spark spark-jar fresh format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install system packages (as root), .venv and wheels
	@docker/setup.sh

sample: setup ## build small corpora and an evaluation set from sources/examples
	@.venv/bin/shardwright build pipelines/recipes/sample.yaml --out $(SAMPLE)
	@.venv/bin/shardwright build pipelines/recipes/sample-sft.yaml --out $(SAMPLE)-sft
	@.venv/bin/shardwright build pipelines/recipes/sample-questions.yaml --out $(SAMPLE)-questions
	@rm -rf $(SAMPLE)-judged
	@.venv/bin/shardwright evaluation-set $(SAMPLE)-questions --out $(SAMPLE)-judged \
		--count 8 --depth 1 --training $(SAMPLE)-sft
	@echo "corpus: $(SAMPLE), and $(SAMPLE)-sft for fine-tuning, judged by $(SAMPLE)-judged"
	@echo "report: $(SAMPLE)/report/index.html"
	@echo "next:   .venv/bin/shardwright inspect $(SAMPLE)"

test: setup ## run every check: ruff, mypy, pytest
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -n 2 --dist loadfile

slow: setup ## run the checks that take minutes
	$(PYTHON) -m pytest -m slow

gpu: setup ## run the checks and measurements that need a GPU
	$(PYTHON) -m pytest -m gpu -s

bench: setup ## measure against other tools; prints the table of tests/benchmarks/README.md
	$(PYTHON) -m pytest -m bench -s tests/benchmarks

spark: setup ## build on a Spark cluster of two workers and compare with local builds
	$(PYTHON) -m pytest -s tests/pipelines/test_spark.py

spark-jar: setup ## build the job server that `--runner spark` starts
	@docker/spark/jar.sh

fresh: ## prove `make sample` and `make test` on a bare Debian 12 (as root; some twenty minutes)
	docker/fresh.sh build/fresh

format: setup ## format the code
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

clean: ## remove what was built, but not .venv
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
