#!/bin/sh
# Build dist/flowerneb-wizard-pyXY.pyz, which starts on Python X.Y with nothing installed. $1 is that Python.
set -eu
cd "$(dirname "$0")/.."
version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
work="build/pyz-$version"
echo "collecting what goes into the file, for a minute" >&2
rm -rf "$work"
mkdir -p "$work" dist
"$1" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --require-hashes -r requirements-pyz.txt
# The pins of development without the names that only it needs: what the wizard itself wants, at the tested versions.
"$work/venv/bin/python" scripts/pins.py requirements-dev.txt > "$work/pins.txt"
"$work/venv/bin/shiv" --quiet --compressed --constraint "$work/pins.txt" --console-script flowerneb-wizard \
  --python "/usr/bin/env python$version" --output-file "$work/shiv.pyz" . \
  2> "$work/log" || { cat "$work/log" >&2; exit 1; }
"$1" scripts/pyz_main.py "$work/shiv.pyz" "dist/flowerneb-wizard-py${version%.*}${version#*.}.pyz"
ls -l "dist/flowerneb-wizard-py${version%.*}${version#*.}.pyz"
