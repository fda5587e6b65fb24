#!/usr/bin/env bash
# object-cache.sh FOLDER g++ ARGUMENT... -o OBJECT SOURCE
# Compiles, or copies the object when the same command was run before. Only sources of Verilator's own library are
# kept: what they include does not depend on the folder of the build.
set -euo pipefail
folder=$1
shift
source=${*: -1}
object=${*: -2:1}
case $source in
  */include/verilated*.cpp) ;;
  *) exec "$@" ;;
esac
kept=$folder/$(printf '%s\n' "$@" | sha256sum | cut -c 1-32).o
if [ ! -e "$kept" ]; then
  "$@"
  cp "$object" "$kept.$$"
  mv "$kept.$$" "$kept"
else
  cp "$kept" "$object"
fi
