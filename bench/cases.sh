# Sourced by run.sh: what is edited, and what is timed after it.

tools=(bpfincr ninja cargo)

run_cases() {
  cd "$workspace"
  cargo_environment+=("CARGO_TARGET_DIR=$temporary/cargo" "CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER=$temporary/linker")
  : >"$temporary/samples"
  # With no repetitions of what compiles all, the rest still starts from a finished build.
  ((heavy)) || build_all
  compare cold "$heavy" forget_all "${tools[@]}"
  compare cold "$heavy" forget_rest rest
  add_samples cold cargo rest cargo-ninja
  ((heavy == 0)) || prepare_sccache
  compare clone "$heavy" forget_sccache_target sccache
  compare clone "$heavy" clone bpfincr copy
  # A clone is a cold build for who has no cache.
  sed -nE '/^cold [0-9]+ (ninja|cargo) /s/^cold /clone /p' "$temporary/samples" >"$temporary/clones"
  cat "$temporary/clones" >>"$temporary/samples"
  cd "$workspace"
  compare nothing "$light" nothing "${tools[@]}"
  compare leaf "$light" edit_leaf "${tools[@]}" rustc
  add_samples leaf rustc stages limit
  expect p1 "$((1000 + light + 1))"
  compare comment "$light" edit_comment "${tools[@]}"
  compare revert "$light" revert_leaf "${tools[@]}"
  compare shared "$heavy" edit_shared "${tools[@]}"
  ((heavy == 0)) || expect "$(checksum_probe)" "$((1000 + heavy))"
  compare shared-revert "$heavy" revert_shared "${tools[@]}"
}

# Prepares, then times every tool; the first of one repetition is the last of the next.
compare() { # compare CASE REPETITIONS PREPARE TOOL...
  local case=$1 repetitions=$2 prepare=$3 repetition tool i
  shift 3
  for ((repetition = 1; repetition <= repetitions; repetition++)); do
    echo "bench: $case, $repetition of $repetitions" >&2
    "$prepare" "$repetition"
    # Nobody builds in the instant after an edit, and no tool trusts a time stamp that young.
    sleep 0.1
    for ((i = 0; i < $#; i++)); do
      tool=${@:(i + repetition) % $# + 1:1}
      time_build "$case" "$repetition" "$tool"
      [ "$case $tool" != "leaf bpfincr" ] || sample_stages "$case" "$repetition"
    done
  done
}

nothing() { :; }
forget_sccache_target() { rm -rf "$temporary/sccache-target"; }
forget_all() { for tool in "${tools[@]}"; do "forget_$tool"; done; }
build_all() { for tool in "${tools[@]}"; do run_build "$tool"; done; }

# The sources elsewhere; the cache has seen them in the workspace only.
clone() {
  rm -rf "$temporary/clone" "$temporary/copy"
  mkdir "$temporary/clone"
  cp -r "$workspace"/{Cargo.*,bpfincr.json,kit,flow,wire,probes} "$temporary/clone"
  cd "$temporary/clone"
}

checksum=wire/src/checksum.rs leaf=probes/p1/src/main.rs
set_leaf() { sed -i "s/EDITION: u64 = .*;/EDITION: u64 = $1;/" "$leaf"; }
set_shared() { sed -i "s/SEED: u32 = .*;/SEED: u32 = $1;/" "$checksum"; }

# Numbers that no other case has used, so that each edit makes sources that were never built.
edit_leaf() { set_leaf "$((1000 + $1))"; }
edit_comment() { sed -i "s|^// comment .*|// comment $1|" "$leaf"; }
edit_shared() { set_shared "$((1000 + $1))"; }

# Built once, edited, built again, and put back.
revert_leaf() { set_leaf "$((2000 + $1))"; build_all; set_leaf "$((1000 + light))"; }
revert_shared() { set_shared "$((2000 + $1))"; build_all; set_shared "$((1000 + heavy))"; }

checksum_probe() { grep -l checksum probes/*/src/main.rs | head -n 1 | cut -d / -f 2; }

# What was timed really happened: the edited constant is in the code of both objects.
expect() { # expect PROBE CONSTANT
  local object
  for object in "$workspace/target/bpf/modern/$1.o" "$temporary/ninja/$1.o"; do
    "$llvm/llvm-objdump" -d "$object" | grep "$(printf '0x%x$' "$2")" >/dev/null && continue
    echo "bench: $object was not built from the last sources" >&2
    exit 1
  done
}
