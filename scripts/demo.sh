#!/bin/sh
# Shows the program without a cloud: the wizard on a terminal, a whole deployment where there is none.
set -eu

program=${1:?usage: demo.sh PROGRAM}

if [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
    exec "$program" --sandbox --speed 4
fi
exec "$program" deploy default --sandbox --yes
