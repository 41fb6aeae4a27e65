# Sourced by run.sh: what has to be on the machine, and what the reader of a table wants to know about it.

llvm=
prepare_machine() {
  # Debian's toolchain before any other: bpfincr and its peers take the same one.
  PATH=/usr/bin:$PATH
  unset RUSTC RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_INCREMENTAL
  [ -n "${BPFINCR_PROGRAM:-}" ] || "$here/../bpfincr" --version >/dev/null
  local release
  release=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
  llvm=/usr/lib/llvm-$release/bin
  local missing=()
  command -v ninja >/dev/null || missing+=(ninja-build)
  [ -x "$llvm/llc" ] || missing+=("llvm-$release")
  command -v sccache >/dev/null || missing+=(sccache)
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "bench: installing ${missing[*]}" >&2
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

load() { cut -d ' ' -f 1 /proc/loadavg; }

describe_machine() { # describe_machine LOAD_AT_START
  local llvm_version
  llvm_version=$("$llvm/llc" --version | sed -n 's/.*LLVM version //p')
  echo "$probes probes, \`-j$jobs\`. $("$program" --version | sed 's/+.*//; s/^/bpfincr /'), $(rustc --version | cut -d ' ' -f 1,2)," \
    "$(cargo --version | cut -d ' ' -f 1,2), LLVM $llvm_version, ninja $(ninja --version), $(sccache --version)." \
    "$(nproc) cores ($(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)), Linux $(uname -r | cut -d - -f 1);" \
    "load average $1 before, $(load) after."
}
