#!/bin/sh
# Print a Python that can run govsim (3.12 to 3.14: what numba supports), or say what to install.
# Each candidate is run: a command of that name may exist and still not work.

ok='import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info[:2] < (3, 15))'

try() {
    [ -n "$1" ] && command -v "$1" >/dev/null 2>&1 && "$1" -c "$ok" >/dev/null 2>&1 || return 1
    "$1" -c 'import sys; print(sys.executable)'
    exit 0
}

if [ -n "${GOVSIM_PYTHON:-}" ]; then
    try "$GOVSIM_PYTHON"
    echo "GOVSIM_PYTHON=$GOVSIM_PYTHON is not a working Python 3.12, 3.13 or 3.14; looking further." >&2
fi
for name in python3.12 python3.13 python3.14 python3 python; do
    try "$name"
done
for file in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-4]*/bin/python; do
    try "$file"
done

cat >&2 <<'MESSAGE'

govsim needs Python 3.12, 3.13 or 3.14 with its venv module, and none was found.
  Install one (python.org, conda, pyenv; on Debian or Ubuntu: apt install python3 python3-venv),
  or name yours:  make setup GOVSIM_PYTHON=/path/to/python3.12
找不到可用的 Python：govsim 需要 Python 3.12、3.13 或 3.14（含 venv 模块）。
  请先安装（python.org、conda、pyenv；Debian/Ubuntu：apt install python3 python3-venv），
  或指明其位置：make setup GOVSIM_PYTHON=/path/to/python3.12

MESSAGE
exit 1
