#!/usr/bin/env bash
# Installs what this machine lacks, from Debian's packages: what is there already is left alone, and so is rustup.
#
#   eng/install.sh build    what ./bpfincr needs: a Rust toolchain with a BPF core, and Native AOT's C toolchain
#   eng/install.sh test     the same, and what the tests load objects, boot kernels, hang file systems and trace files with
#
# Prints nothing and takes a millisecond when there is nothing to do.
set -euo pipefail

missing=()
need() { # need PACKAGE FILE...: the package, unless one of the files is there
  local package=$1 file
  shift
  for file in "$@"; do
    # A pattern that matches nothing stays as it is, and is not there.
    for match in $file; do [ -e "$match" ] && return; done
  done
  missing+=("$package")
}

need rustc-web '/usr/lib/rustlib/etc' '/usr/bin/rustc'
need cargo-web '/usr/bin/cargo'
need libstd-rust-web-dev-bpf '/usr/lib/rustlib/bpfel-unknown-none/lib/libcore-*.rlib'
need clang '/usr/bin/clang'
need zlib1g-dev '/usr/include/zlib.h'
need libssl3 '/usr/lib/*/libssl.so.3'
if [ "${1:-build}" = test ]; then
  need bpftool '/usr/sbin/bpftool'
  need libbpf1 '/usr/lib/*/libbpf.so.1'
  need bindfs '/usr/bin/bindfs'
  need strace '/usr/bin/strace'
  need rust-web-src '/usr/lib/rustlib/src/rust/library/core'
  need qemu-system-x86 '/usr/bin/qemu-system-x86_64'
  need busybox-static '/bin/busybox'
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "bpfincr: these Debian packages are missing: ${missing[*]}" >&2
  echo "bpfincr: install them with: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 3
fi

echo "bpfincr: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "bpfincr: the installation failed; the packages are: ${missing[*]}" >&2
  exit 3
fi
