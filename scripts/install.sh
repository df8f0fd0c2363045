#!/bin/sh
# Install secure_rag from this folder: no network, no compiler, no administrator needed.
#
#   ./install.sh [--prefix DIR] [--bin DIR]
#
#   --prefix DIR   where the program goes (default: ~/.local/share/secure-rag/app)
#   --bin DIR      where the command is linked (default: ~/.local/bin)
#
# Takes about a minute. Models go to ~/.local/share/secure-rag/models, or to the
# folder that SECURE_RAG_MODELS names.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
prefix=$data/secure-rag/app
bin=$HOME/.local/bin

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=${2:?--prefix needs a folder}; shift 2 ;;
    --bin) bin=${2:?--bin needs a folder}; shift 2 ;;
    *) fail "unknown option $1 (see the first lines of this file)" ;;
  esac
done

echo "==> checking the files (10 seconds)"
(cd "$here" && sha256sum --check --quiet SHA256SUMS) || fail "a file differs from SHA256SUMS"

[ "$(uname -m)" = "@MACHINE@" ] || fail "made for @MACHINE@, this is $(uname -m)"
if [ "@MACHINE@" = x86_64 ] && ! grep -qw avx2 /proc/cpuinfo; then
  fail "llama.cpp in this bundle needs a processor with AVX2"
fi

python=
for candidate in python@PYTHON@ python3; do
  if command -v "$candidate" > /dev/null 2>&1 &&
    [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = "@PYTHON@" ]; then
    python=$(command -v "$candidate")
    break
  fi
done
[ -n "$python" ] || fail "needs Python @PYTHON@, the version this bundle was made with"

echo "==> installing into $prefix (one minute)"
mkdir -p "$prefix" "$bin"
"$python" -m venv --without-pip --clear "$prefix/venv"
pip=$(echo "$here"/wheels/pip-*.whl)
"$prefix/venv/bin/python" "$pip/pip" install --quiet --no-index --no-deps \
  --disable-pip-version-check --root-user-action ignore "$here"/wheels/*.whl
"$prefix/venv/bin/python" -c 'import llama_cpp, onnxruntime, lancedb' ||
  fail "the installed libraries do not load here; is this system older than the building one?"

echo "==> adding the models (20 seconds)"
cd /
"$prefix/venv/bin/secure-rag" models add "$here/models.bundle"
"$prefix/venv/bin/secure-rag" models list
ln -sf "$prefix/venv/bin/secure-rag" "$bin/secure-rag"

echo "==> done: $bin/secure-rag"
case :$PATH: in
  *:"$bin":*) ;;
  *) echo "    $bin is not on your PATH; add it, or call the command by its full name" ;;
esac
echo "    try: secure-rag demo"
