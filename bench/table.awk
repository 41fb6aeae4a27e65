# Samples ("CASE REPETITION TOOL WALL PROCESSOR", microseconds) to a Markdown table: one row for each case and peer.
# Times are "median (minimum–maximum)" of the wall clock. Ratios are those of the medians; beside the first is the
# smallest and the largest ratio of two times of one repetition.

BEGIN {
  title["cold"] = "cold build"
  title["clone"] = "fresh clone, warm cache"
  title["nothing"] = "nothing to do"
  title["leaf"] = "body edit in one probe"
  title["comment"] = "comment edit in one probe"
  title["revert"] = "that edit taken back"
  title["watch"] = "body edit with `bpfincr watch`, save to object"
  title["shared"] = "edit in a shared crate"
  title["shared-revert"] = "that edit taken back"
  peer_count = split("ninja cargo cargo-ninja rustc limit sccache copy lto fat", peers, " ")
  peer["ninja"] = "ninja"
  peer["cargo"] = "`cargo build`"
  peer["cargo-ninja"] = "`cargo build`, then ninja for the rest"
  peer["rustc"] = "its rustc call alone"
  peer["limit"] = "its rustc call, then LLVM in a loaded process"
  peer["sccache"] = "`cargo build` with a warm sccache"
  peer["copy"] = "`cp -r` of the objects"
  peer["lto"] = "bpfincr with `lto`"
  peer["fat"] = "cargo with fat LTO, opt, llc, llvm-strip"
}

{
  if (!($1 in seen)) { seen[$1] = 1; cases[++case_count] = $1 }
  time[$1, $3, ++count[$1, $3]] = $4
  at[$1, $3, $2] = $4
  # The shell counts whole milliseconds.
  processor[$1, $3, count[$1, $3]] = $5 > 0 ? $5 : 500
}

function sort(values, n,    i, j, value) {
  for (i = 2; i <= n; i++) {
    value = values[i]
    for (j = i - 1; j > 0 && values[j] > value; j--) values[j + 1] = values[j]
    values[j + 1] = value
  }
}

function median(values, n) { return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2 }

# Fills `sorted` with the times of a tool and gives their median.
function load(from, name, tool,    i, n) {
  n = count[name, tool]
  for (i = 1; i <= n; i++) sorted[i] = from[name, tool, i]
  sort(sorted, n)
  return median(sorted, n)
}

function cell(name, tool,    middle, second) {
  middle = load(time, name, tool)
  second = middle >= 1000000
  return sprintf(second ? "%.2f s (%.2f–%.2f)" : "%.1f ms (%.1f–%.1f)", middle / (second ? 1e6 : 1e3), \
    sorted[1] / (second ? 1e6 : 1e3), sorted[count[name, tool]] / (second ? 1e6 : 1e3))
}

function ratio(from, name, tool) { return load(from, name, "bpfincr") / load(from, name, tool) }

function row(name, tool,    i, n, ratios) {
  n = count[name, tool]
  for (i = 1; i <= n; i++) ratios[i] = at[name, "bpfincr", i] / at[name, tool, i]
  sort(ratios, n)
  printf "| %s | %s | %s | %s | **%.2f** (%.2f–%.2f) | %.2f | %d |\n", title[name], peer[tool], cell(name, "bpfincr"), \
    cell(name, tool), ratio(time, name, tool), ratios[1], ratios[n], ratio(processor, name, tool), n
}

END {
  print "| work | beside | bpfincr | peer | ratio | processor time | repetitions |"
  print "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
  for (c = 1; c <= case_count; c++) {
    for (t = 1; t <= peer_count; t++)
      if ((cases[c], peers[t]) in count) row(cases[c], peers[t])
  }
}
