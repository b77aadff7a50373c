#!/usr/bin/env bash
# Makes sure that a Chromium and Chinese glyphs are there for the browser tests: the system's, or Debian's installed as root.
set -euo pipefail

found() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
glyphs() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh)" ]; }

if found >/dev/null && glyphs; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium and Chinese fonts for the browser tests ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fontconfig fonts-noto-cjk >/dev/null
fi
if found >/dev/null && glyphs; then exit 0; fi
echo "citydeck: the browser tests need Chromium and a Chinese font (Debian: apt-get install chromium fonts-noto-cjk)" >&2
exit 1
