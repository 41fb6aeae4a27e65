# Sourced by run.sh: from an edit to its object while `bpfincr watch` runs, beside the rustc call alone.

run_watch_case() { # run_watch_case REPETITIONS
  local repetition watching constant
  (($1)) || return 0
  cd "$workspace"
  mkfifo "$temporary/never"
  exec 3<>"$temporary/never"
  "$program" watch -j "$jobs" >"$temporary/log" 2>&1 </dev/null &
  watching=$!
  wait_until 60 grep -q "up to date" "$temporary/log"
  # The first edit is not timed: nobody has read the libraries yet.
  for ((repetition = 0; repetition <= $1; repetition++)); do
    echo "bench: watch, $repetition of $1" >&2
    sleep 0.5
    constant=$((3000 + repetition))
    time_edit "$repetition" "$watching" "$(sed "s/EDITION: u64 = .*;/EDITION: u64 = $constant;/" "$leaf")"
    ((repetition == 0)) || time_build watch "$repetition" rustc
  done
  kill "$watching"
  wait "$watching"
  exec 3>&-
  "$llvm/llvm-objdump" -d target/bpf/modern/p1.o | grep "$(printf '0x%x$' $((constant + 1)))" >/dev/null ||
    { echo "bench: the watched object was not built from the last source" >&2; exit 1; }
}

# The processor time is that of the watching program with all its children.
time_edit() { # time_edit REPETITION PROCESS TEXT
  local before wall
  touch "$temporary/mark"
  before=$(microseconds_of "$2")
  wall=${EPOCHREALTIME/./}
  printf '%s\n' "$3" >"$leaf"
  wait_until 60 test target/bpf/modern/p1.o -nt "$temporary/mark"
  wall=$((${EPOCHREALTIME/./} - wall))
  sleep 0.3
  (($1 == 0)) || echo "watch $1 bpfincr $wall $(($(microseconds_of "$2") - before))" >>"$temporary/samples"
}

# Looks once a millisecond; nothing is ever written to the descriptor that it waits for.
wait_until() { # wait_until SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || { echo "bench: this did not happen: $*" >&2; exit 1; }
    read -rt 0.001 -u 3 || true
  done
}

# In ticks of 10 ms: the process, its ended children, and those that live, each with their ended ones.
microseconds_of() { # microseconds_of PROCESS
  cat "/proc/$1/stat" $(cat "/proc/$1"/task/*/children | sed 's|[0-9]\+|/proc/&/stat|g') 2>/dev/null |
    awk '{ sub(/.*\) /, ""); ticks += $12 + $13 + $14 + $15 } END { print ticks * 10000 }'
}
