# Sourced by run.sh: the three builds, how each forgets everything, and the timing of one of them.

prepare_builds() {
  workspace=$temporary/workspace
  export CARGO_HOME=$temporary/home BPFINCR_CACHE_DIR=$temporary/cache
  "$here/workspace.sh" "$workspace" "$probes"
  cargo generate-lockfile --offline -q --manifest-path "$workspace/Cargo.toml"
  mkdir "$temporary/ninja"
  "$here/ninja.sh" "$workspace" "$temporary/ninja" "$llvm" >"$temporary/build.ninja"
  ninja -C "$workspace" -f "$temporary/build.ninja" -t commands -s "$temporary/ninja/p1.bc" |
    sed "s|$temporary/ninja/p1.bc|$temporary/p1.bc|g" >"$temporary/rustc"
  # Cargo takes a bin without a file for stale, so the linker that does nothing leaves one.
  printf '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n: >"$2"\n' >"$temporary/linker"
  chmod +x "$temporary/linker"
}

build_bpfincr() { "$program" build -j "$jobs"; }
build_ninja() { ninja -f "$temporary/build.ninja" -j "$jobs"; }
build_cargo() { env "${cargo_environment[@]}" cargo build --release --target bpfel-unknown-none -j "$jobs"; }
build_rustc() { sh "$temporary/rustc"; }
build_copy() { cp -r "$workspace/target/bpf/modern" "$temporary/copy"; }

# The profile that bpfincr uses, too.
cargo_environment=(
  CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_DEBUG=2 CARGO_PROFILE_RELEASE_LTO=off
  CARGO_PROFILE_RELEASE_PANIC=abort)

forget_bpfincr() { rm -rf "$workspace/target" "$BPFINCR_CACHE_DIR"; }
forget_ninja() { rm -rf "$temporary/ninja" && mkdir "$temporary/ninja"; }
forget_cargo() { rm -rf "$temporary/cargo"; }

# What a build printed is shown only when it failed.
run_build() { # run_build TOOL
  local log=$temporary/log
  "build_$1" >"$log" 2>&1 </dev/null || { cat "$log" >&2; echo "bench: $1 failed" >&2; exit 1; }
}

# A line of samples: what, wall clock and processor time of the build with all its children, in microseconds. The
# latter hardly depends on what else the machine does.
time_build() { # time_build CASE REPETITION TOOL
  local before wall
  read_processor_time
  before=$processor_time wall=${EPOCHREALTIME/./}
  run_build "$3"
  wall=$((${EPOCHREALTIME/./} - wall))
  read_processor_time
  echo "$1 $2 $3 $wall $((processor_time - before))" >>"$temporary/samples"
}

# What all that this shell has waited for has used so far. A subshell would ask for its own.
read_processor_time() {
  local user system
  times >"$temporary/times"
  { read -r _ && read -r user system; } <"$temporary/times"
  processor_time=$(($(microseconds "$user") + $(microseconds "$system")))
}

microseconds() { # microseconds 1m2.345s
  local minutes=${1%m*} milliseconds=${1#*m}
  milliseconds=${milliseconds%s}
  echo $((minutes * 60000000 + 10#${milliseconds/./} * 1000))
}
