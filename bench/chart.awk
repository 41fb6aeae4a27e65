# A table of table.awk to an SVG: one bar for each row, from 1 (the peer) to the ratio, on a logarithmic axis from 0.01 to 10.
BEGIN {
  FS = " *\\| *"
  left = 470; width = 440; height = 22; low = log(0.01); high = log(10)
}

function x(ratio) {
  ratio = ratio < 0.01 ? 0.01 : ratio > 10 ? 10 : ratio
  return left + width * (log(ratio) - low) / (high - low)
}

function escape(text) { gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/`/, "", text); return text }

$6 ~ /^\*\*[0-9.]+\*\*/ {
  split($6, parts, /\*\*/)
  label[++n] = $2 " / " $3
  value[n] = parts[2]
}

END {
  total = n * height + 60
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", left + width + 60, total
  print "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
  printf "<text x=\"%d\" y=\"18\" fill=\"#333\">time of bpfincr / time of the peer: left of 1 bpfincr is faster</text>\n", left - 60
  for (tick = 0.01; tick < 11; tick *= 10) {
    printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"28\" y2=\"%d\" stroke=\"%s\"/>\n", x(tick), x(tick), total - 24, (tick > 0.5 && tick < 2 ? "#333" : "#ccc")
    printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#333\">%s</text>\n", x(tick), total - 8, tick
  }
  for (i = 1; i <= n; i++) {
    y = 32 + (i - 1) * height
    from = x(value[i] < 1 ? value[i] : 1); to = x(value[i] < 1 ? 1 : value[i])
    printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#333\">%s</text>\n", left - 8, y + 14, escape(label[i])
    printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", from, y + 2, to - from + 0.5, height - 6, (value[i] < 1 ? "#2a8a4a" : "#b5482f")
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#333\">%s</text>\n", (value[i] < 1 ? from - 4 : to + 4), y + 14, (value[i] < 1 ? "end" : "start"), value[i]
  }
  print "</svg>"
}
