#!/bin/sh
# code-server from the npm registry into FOLDER, for Node.js 20: test/browser/install.sh FOLDER
# Its own installation also builds what the tests do without and few machines can build (Kerberos).
set -eu

mkdir -p "$1"
cd "$1"
npm pack --silent code-server@4.100.3
tar xzf code-server-4.100.3.tgz
packages="npm install --silent --ignore-scripts --omit=dev --no-audit --no-fund"

cd package
$packages
npm rebuild --silent argon2 --build-from-source
cd lib/vscode
$packages
npm rebuild --silent @vscode/spdlog native-watchdog
npm rebuild --silent @parcel/watcher node-pty || echo "without a terminal or watched files" >&2
(cd extensions && $packages)
echo "CODE_SERVER=$(cd ../.. && pwd)/out/node/entry.js"
