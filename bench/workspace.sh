#!/usr/bin/env bash
# Writes a Cargo workspace to build: bench/workspace.sh DIRECTORY PROBES
#
# Three shared crates, each above the next (kit, flow, wire), and one package for each probe. One probe in ten, ten
# at the most, calls the checksum in wire; the others are of two kinds that do not.
set -euo pipefail
directory=$1 probes=$2
source=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/workspace

checksum_probes=$((probes < 100 ? (probes + 9) / 10 : 10))
step=$((probes / checksum_probes))

# The last of each step, so that p1, the probe that is edited, is an ordinary one.
kind() {
  if (($1 % step == 0 && $1 / step <= checksum_probes)); then echo checksum; elif (($1 % 2)); then echo xdp; else echo tc; fi
}

mkdir -p "$directory"
cp -r "$source"/{Cargo.toml,bpfincr.json,kit,flow,wire} "$directory"
for ((i = 1; i <= probes; i++)); do
  package=$directory/probes/p$i
  mkdir -p "$package/src"
  template=$(<"$source/probes/$(kind "$i").rs")
  printf '%s\n' "${template/NUMBER: u16 = 0/NUMBER: u16 = $i}" >"$package/src/main.rs"
  printf '[package]\nname = "p%s"\nversion.workspace = true\nedition.workspace = true\npublish.workspace = true\n\n[dependencies]\nkit.workspace = true\n' "$i" >"$package/Cargo.toml"
done
