#!/usr/bin/env bash
# Unpacks registry crates, with all that they depend on, from Debian's librust-*-dev packages into artifacts/crates, as
# a directory source for cargo: the tests compile what users compile, without the crate registry. Nothing is installed,
# and no root is needed: apt has its lists and its cache in a directory of this script's.
#
# Prints nothing and takes a few milliseconds when the crates are there. Exits with 3 when Debian cannot be reached.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

# Crates as they are now: those of an older Debian are years old.
suite=forky
crates=(anyhow bitflags bytemuck bytemuck-derive darling hashbrown heapless memoffset num-enum proc-macro2
  proc-macro2-diagnostics quote serde serde-derive serde-json static-assertions syn thiserror zerocopy zerocopy-derive)
packages=("${crates[@]/#/librust-}")
packages=("${packages[@]/%/-dev}")

directory=artifacts/crates
wanted="$suite ${crates[*]}"
[ "$(cat "$directory/.made-of" 2>/dev/null)" != "$wanted" ] || exit 0
log=$(mktemp)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$log"' EXIT
fail() {
  tail -n 5 "$log" >&2
  echo "bpfincr: $*; tests with registry crates are skipped" >&2
  exit 3
}

command -v apt-get >/dev/null || fail "there is no apt-get"
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/$') ||
  fail "apt knows no archive of Debian"
mkdir -p "$scratch"/{lists/partial,cache/archives/partial,debs,tree}
# Nothing counts as installed, so that apt selects all that a crate depends on.
touch "$scratch/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main" >"$scratch/sources.list"
cat >"$scratch/apt.conf" <<CONF
#clear APT::Update; // hooks for the cache and the lists of the system
APT::Update::Error-Mode "any";
APT::Install-Recommends "false";
Acquire::Languages "none";
Dir::Etc::SourceList "$scratch/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$scratch/lists";
Dir::State::Status "$scratch/status";
Dir::Cache "$scratch/cache";
CONF
chmod -R a+rwX "$scratch" # apt downloads as a user of its own
apt=(apt-get -q -y -c "$scratch/apt.conf")

"${apt[@]}" update >"$log" 2>&1 || fail "Debian $suite cannot be read"
"${apt[@]}" --print-uris install "${packages[@]}" >"$scratch/uris" 2>"$log" || fail "Debian $suite lacks a crate"
# Of the packages that apt names, those of crates are enough: no compiler, no C library.
mapfile -t names < <(sed -nE "s/^'[^']+' (librust-[^ ]+-dev)_.*/\1/p" "$scratch/uris")
(cd "$scratch/debs" && "${apt[@]}" download "${names[@]}" >"$log" 2>&1) || fail "a package cannot be downloaded"
for deb in "$scratch"/debs/*.deb; do
  # One that only names others holds none.
  dpkg-deb --fsys-tarfile "$deb" |
    tar -x --no-same-owner -C "$scratch/tree" ./usr/share/cargo/registry 2>/dev/null || true
done
[ -d "$scratch/tree/usr/share/cargo/registry" ] || fail "the packages hold no crates"
rm -rf "$directory"
mkdir -p "$(dirname "$directory")"
mv "$scratch/tree/usr/share/cargo/registry" "$directory"
echo "$wanted" >"$directory/.made-of"
