#!/usr/bin/env bash
# Holds the program against endpoints and faults that nobody here wrote, and the embedded endpoint against boto3.
# Installs them, pinned, into a virtual environment outside the checkout; needs Python 3.10 or newer.
set -euo pipefail
cd "$(dirname "$0")/../.."

pins=("ministack==1.5.33" "moto[server]==5.2.5" "boto3==1.43.106" "microburst==0.10.0")
python="${PYTHON:-python3}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/stacktrail-interop"
venv="$cache/$(printf '%s ' "$("$python" -V 2>&1)" "${pins[@]}" | cksum | cut -d' ' -f1)"
if [ ! -e "$venv/installed" ]; then
  "$python" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "${pins[@]}"
  touch "$venv/installed"
fi

# As the tests build it, so that it need not be built again after them.
cargo test --quiet --test e2e --no-run
"$venv/bin/python" tests/interop/faults.py "${CARGO_TARGET_DIR:-target}/debug/stacktrail"
exec "$venv/bin/python" tests/interop/interop.py "${CARGO_TARGET_DIR:-target}/debug/stacktrail"
