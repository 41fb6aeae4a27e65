#!/bin/sh
# Writes the functions that kernels let programs call (kfuncs) with their prototypes: the table that patch takes types from.
#
#     eng/kernel-functions.sh [BTF...] >src/Stages/KernelFunctions/functions.txt
#
# Each BTF is type information of a kernel: /sys/kernel/btf/vmlinux, or a vmlinux. The oldest comes first; without any, the running kernel is asked.
# A function counts when one of the kernels tags it as bpf_kfunc, which they do since 6.10, or when it is named below; its prototypes are those that
# any of them has. Loaders compare prototypes by the kinds of the types, without qualifiers and typedefs, so these are left out. Raise nothing by
# hand: the table's digest is an ingredient of patch's keys.
set -eu
[ $# -gt 0 ] || set -- /sys/kernel/btf/vmlinux

# Kernels lost these before they had tags.
untagged="cgroup_rstat_flush cgroup_rstat_updated"

for btf; do
  echo "kernel"
  bpftool btf dump file "$btf"
done | awk -v untagged="$untagged" '
  function field(text, name) {
    return match(text, name "=[0-9]+") ? substr(text, RSTART + length(name) + 1, RLENGTH - length(name) - 1) : ""
  }
  function type(id,   kind, text, i) {
    if (id == 0) return "void"
    kind = kinds[id]
    if (kind == "PTR") return "*" type(field(rest[id], "type_id"))
    if (kind ~ /^(CONST|VOLATILE|RESTRICT|TYPE_TAG|TYPEDEF)$/) return type(field(rest[id], "type_id"))
    if (kind == "STRUCT" || kind == "UNION") return tolower(kind) " " names[id]
    if (kind ~ /^ENUM/) return "enum " names[id]
    if (kind == "INT") {
      if (rest[id] ~ /encoding=BOOL/) return "bool"
      return (rest[id] ~ /encoding=(SIGNED|CHAR)/ ? "i" : "u") field(rest[id], "nr_bits")
    }
    if (kind != "FUNC_PROTO") return "?"
    text = "fn("
    for (i = 1; i <= count[id]; i++) text = text (i > 1 ? ", " : "") type(parameter[id, i])
    return text ") -> " type(field(rest[id], "ret_type_id"))
  }
  function finish(   id, row) {
    for (id in tagged) wanted[names[id]] = 1
    for (id in functions) {
      row = names[id] " " type(field(rest[id], "type_id"))
      if (row !~ /\?/) rows[row] = rows[row] == "" ? kernel : rows[row]
    }
    split("", kinds); split("", names); split("", rest); split("", functions); split("", tagged); split("", count); split("", parameter)
  }
  BEGIN { split(untagged, list, " "); for (i in list) wanted[list[i]] = 1 }
  $0 == "kernel" { finish(); kernel++; next }
  /^\[/ {
    id = substr($1, 2, length($1) - 2)
    kinds[id] = $2
    names[id] = substr($3, 2, length($3) - 2)
    rest[id] = $0
    count[id] = 0
    if ($2 == "FUNC") functions[id] = 1
    if ($2 == "DECL_TAG" && names[id] == "bpf_kfunc") tagged[field($0, "type_id")] = 1
    next
  }
  # A parameter of a prototype; members of structures come here, too, and are not used.
  { parameter[id, ++count[id]] = field($0, "type_id") }
  END {
    finish()
    for (row in rows) { split(row, part, " "); if (part[1] in wanted) printf "%s\t%03d\t%s\n", part[1], rows[row], row }
  }' | LC_ALL=C sort | cut -f3
