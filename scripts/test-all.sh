#!/bin/sh
# Every check on each Python from 3.10 to 3.14 that this machine has; a checkout of its own for each.
set -eu
cd "$(dirname "$0")/.."
tested=""
failed=""
for version in 3.10 3.11 3.12 3.13 3.14; do
  # A shim of pyenv is there for every version, and fails where its version is not chosen.
  if ! "python$version" -c '' 2>/dev/null; then
    echo "python$version: not on this machine"
    continue
  fi
  tested="$tested $version"
  place="build/test-$version"
  rm -rf "$place"
  git clone --quiet . "$place"
  if make -C "$place" test PYTHON="python$version" > "$place.log" 2>&1; then
    echo "python$version: $(grep -E '[0-9]+ passed' "$place.log" | tail -1)"
  else
    echo "python$version: failed, see $place.log"
    failed="$failed $version"
  fi
done
test -n "$tested" && test -z "$failed"
