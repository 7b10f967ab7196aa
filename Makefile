# One door to everything. `make compare` and `make test` prepare what they need by themselves.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.govsim-ready
PYTEST := $(PY) -m pytest -n 2
PIP := $(PY) -m pip --disable-pip-version-check
LOCK_EXTRAS := --extra dev
ARGS ?=
export GOVSIM_PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup compare test test-slow test-mesa4 lab bench lint lock clean
.DELETE_ON_ERROR:

help:  ## Show the targets / 显示全部命令
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Prepare .venv with the pinned packages / 准备运行环境

$(STAMP): requirements.lock pyproject.toml
	@$(PY) -c '' 2>/dev/null || { python=$$(sh tools/find_python.sh) && "$$python" -m venv --clear $(VENV); }
	@echo "Installing the pinned packages; the first time takes a minute. / 正在安装依赖，首次约需一分钟。"
	@$(PIP) install -qq --require-hashes --no-deps --only-binary :all: -r requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@touch $@

compare: $(STAMP)  ## The first comparison; ARGS="..." passes options / 第一次对比
	@$(BIN)/govsim compare $(ARGS)

test: $(STAMP)  ## All tests but the slow ones / 测试（不含慢测试）
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: $(STAMP)  ## The slow tests / 慢测试
	$(PYTEST) -m slow $(ARGS)

test-mesa4: $(STAMP)  ## The Mesa face on Mesa 4's pre-release / 在 Mesa 4 预发布版上测试
	$(PY) -m pytest tests/docking/test_mesa4.py $(ARGS)

lab: $(STAMP)  ## Open the first notebook in JupyterLab / 打开入门笔记本
	$(BIN)/jupyter lab notebooks/01_first_comparison.ipynb $(ARGS)

bench: $(STAMP)  ## Measure the engine's speed / 测量引擎速度
	$(PY) -m benchmarks.engine $(ARGS)

lint: $(STAMP)  ## Check style, format and types / 检查代码风格与类型
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock:  ## Renew requirements.lock from pyproject.toml / 更新依赖锁定文件
	@$(PY) -c '' 2>/dev/null || { python=$$(sh tools/find_python.sh) && "$$python" -m venv --clear $(VENV); }
	$(PIP) install -qq "uv>=0.8"
	$(BIN)/uv pip compile pyproject.toml $(LOCK_EXTRAS) --quiet --universal --python-version 3.12 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	  --constraint tools/lock_constraints.txt --no-config --output-file requirements.lock $(ARGS)

clean:  ## Remove .venv and every cache / 清除环境与缓存
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
