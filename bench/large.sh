#!/usr/bin/env bash
# Writes a Cargo package of large probes: bench/large.sh DIRECTORY PROBES PROGRAMS
#
# Each probe has PROGRAMS programs, each of which has its own copy of the decoders in bench/large/src: some 40 kB of code a
# program before anything is optimized.
set -euo pipefail
directory=$1 probes=$2 programs=$3
source=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/large

mkdir -p "$directory"
cp -r "$source"/. "$directory"
mkdir "$directory/src/bin"
for ((probe = 1; probe <= probes; probe++)); do
  {
    cat <<'RUST'
#![no_std]
#![no_main]

use large::map::PerCpuArray;
use large::{summarize, Summary, WINDOW};

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 4] = *b"GPL\0";

#[no_mangle]
#[link_section = ".maps"]
static MESSAGES: PerCpuArray<[u8; WINDOW], 1> = PerCpuArray::new();

#[no_mangle]
#[link_section = ".maps"]
static SUMMARIES: PerCpuArray<Summary, 256> = PerCpuArray::new();
RUST
    for ((program = 1; program <= programs; program++)); do
      cat <<RUST

#[no_mangle]
#[link_section = "tc"]
extern "C" fn program$program(_: usize) -> i32 {
    let (Some(message), Some(summary)) = (MESSAGES.get(0), SUMMARIES.get($program)) else { return 0 };
    *summary = summarize::<$((probe * 1000 + program))>(message);
    summary.fault as i32
}
RUST
    done
  } >"$directory/src/bin/large$probe.rs"
done
