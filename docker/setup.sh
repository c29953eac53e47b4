#!/bin/sh
# Sets up everything on Debian 12 with Python 3.11: system packages, .venv, wheels. Quick when done.
# `make` calls it; so does the image, in two steps: `setup.sh packages`, and `setup.sh image`, which
# installs the program for the Python that is there.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

wanted=$(sed 's/#.*//' docker/packages.txt)
missing=
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ]; then
        echo "setup: these Debian packages are missing; install them as root:" >&2
        echo "    apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    echo "setup: installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # shellcheck disable=SC2086  # a list of words
    apt-get install -qy --no-install-recommends $missing
fi

case ${1:-} in
packages) exit ;;
image)
    python3 -m pip install -q --no-cache-dir --disable-pip-version-check '.[aws,gcp,spark]'
    python3 -m pip check
    exit
    ;;
esac

stamp=.venv/ready-$(cat setup.cfg pyproject.toml docker/setup.sh | sha256sum | cut -c1-16)
if [ ! -e "$stamp" ]; then
    echo "setup: wheels into .venv (about 6 GB, a few minutes, once)"
    python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
        echo "setup: expected Python 3.11 as python3, got $(python3 --version)" >&2
        exit 1
    }
    # A venv that was moved or cut off while it was made cannot be mended.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .venv
    # The pip that comes with Python 3.11 fails on some of today's wheels.
    .venv/bin/python -m pip install -q --disable-pip-version-check 'pip>=25,<27'
    .venv/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]'
    .venv/bin/python -m pip check
    rm -f .venv/ready-*
    touch "$stamp"
fi
