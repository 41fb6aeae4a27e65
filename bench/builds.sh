# Sourced by run.sh: the builds, how each forgets everything, and the timing of one of them.

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
build_sccache() {
  env "${cargo_environment[@]}" RUSTC_WRAPPER=sccache CARGO_TARGET_DIR="$temporary/sccache-target" \
    cargo build --release --target bpfel-unknown-none -j "$jobs"
}
# Everything of ninja's graph but its rustc calls: what is left to do after `cargo build`.
build_rest() { build_ninja; }

# The profile that bpfincr uses, too.
cargo_environment=(
  CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_DEBUG=2 CARGO_PROFILE_RELEASE_LTO=off
  CARGO_PROFILE_RELEASE_PANIC=abort)

forget_bpfincr() { rm -rf "$workspace/target" "$BPFINCR_CACHE_DIR"; }
forget_ninja() { rm -rf "$temporary/ninja" && mkdir "$temporary/ninja"; }
forget_cargo() { rm -rf "$temporary/cargo"; }
forget_rest() { find "$temporary/ninja" \( -name '*.linked.bc' -o -name '*.optimized.bc' -o -name '*.o' \) -delete; }

# A server of our own on a port of our own, with a cache that has seen this very directory.
prepare_sccache() {
  export SCCACHE_DIR=$temporary/sccache SCCACHE_SERVER_PORT=$((20000 + $$ % 10000)) SCCACHE_IDLE_TIMEOUT=0
  sccache --start-server >/dev/null 2>&1
  run_build sccache
}
stop_sccache() { [ -z "${SCCACHE_SERVER_PORT:-}" ] || sccache --stop-server >/dev/null 2>&1 || true; }

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

# What the last build of bpfincr says of the stages behind rustc, as a sample: they run in workers that are loaded.
sample_stages() { # sample_stages CASE REPETITION
  awk -v prefix="$1 $2 stages" '$1 ~ /^(link|patch|optimize|codegen)$/ { total += $(NF - 1) * ($NF == "s" ? 1e6 : 1e3) }
    END { print prefix, int(total), int(total) }' "$temporary/log" >>"$temporary/samples"
}

# The sum of two samples of a repetition, as one of a third tool: work that one would do after the other.
add_samples() { # add_samples CASE TOOL TOOL NAME
  awk -v name="$1" -v one="$2" -v other="$3" -v sum="$4" '
    $1 == name && ($3 == one || $3 == other) { wall[$2] += $4; processor[$2] += $5; parts[$2]++ }
    END { for (i in parts) if (parts[i] == 2) print name, i, sum, wall[i], processor[i] }
  ' "$temporary/samples" >"$temporary/sums"
  cat "$temporary/sums" >>"$temporary/samples"
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
