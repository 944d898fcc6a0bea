#!/bin/sh
# Installs the Koa application with its packages, in the versions of the lock file:
#   sh koa/install.sh [FOLDER]
# Needs Node 18 or later, with npm. On Debian: apt-get install nodejs npm
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../../target/koa-migration}
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$here/app.mjs" "$folder"
cd "$folder"
# Once is enough for each lock file.
if ! cmp -s package-lock.json installed; then
  npm ci --no-audit --no-fund --ignore-scripts
  cp package-lock.json installed
fi
