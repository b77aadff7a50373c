#!/usr/bin/env bash
# Says what a machine lacks before anything is installed on it. Argument: the Python to use.
set -euo pipefail

fail() { echo "citydeck: $1" >&2; exit 1; }

python=$1
command -v "$python" >/dev/null || fail "no '$python' here; install Python 3.11 or 3.12, or say where it is: make up PYTHON=/path/to/python3.11"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
  3.11 | 3.12) ;;
  *) fail "'$python' is Python $version, CityDeck needs 3.11 or 3.12; say where one is: make up PYTHON=/path/to/python3.11" ;;
esac
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "this Python cannot make environments; install its venv package (Debian: apt-get install python$version-venv)"
free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
[ "$free" -ge 4096 ] || fail "only $free MB are free here, 4096 MB are needed; free some disk or clone elsewhere"
