#!/usr/bin/env bash
# Looks at the exported page in headless Chromium, installing Debian's where that is allowed.
# Skips with a word where there is no browser and none can be had. PICTURES=DIR keeps the screenshots.
set -euo pipefail
cd "$(dirname "$0")/../.."

browser="$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)"
if [ -z "$browser" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1 || true
  browser="$(command -v chromium || true)"
fi
if [ -z "$browser" ]; then
  echo "skipped: no Chromium here, and none can be installed"
  exit 0
fi

# As the tests build it, so that it need not be built again after them.
cargo test --quiet --test e2e --no-run
exec "${PYTHON:-python3}" tests/interop/page.py "${CARGO_TARGET_DIR:-target}/debug/stacktrail" "$browser"
