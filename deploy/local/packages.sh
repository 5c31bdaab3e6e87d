#!/usr/bin/env bash
# Makes sure that commands exist: `packages.sh command=debian-package ...`.
# As root on a Debian machine it installs what is missing; elsewhere it says in one line what to install.
set -euo pipefail

missing=()
for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%=*}" ] || missing+=("${pair#*=}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing: install ${missing[*]} (Debian: sudo apt-get install --no-install-recommends ${missing[*]}) and run this again." >&2
    exit 1
fi

echo "Installing ${missing[*]} ..."
# The packages would start servers of their own on the default ports; Tocsin starts its own instances.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
