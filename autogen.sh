#!/bin/sh
# Make configure from a git checkout.
cd "$(dirname "$0")" && mkdir -p m4 build-aux && exec autoreconf --install --force
