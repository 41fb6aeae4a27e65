#!/usr/bin/env bash
# Leaves out each ingredient of each key in turn, as eng/key-mutants.txt says, and runs the tests that need no published
# program: every ingredient has to be missed by one of them. The sources stay as they are; a copy is changed once, so that a
# variable chooses the mutant at run time, and compiled once.
#
#   eng/mutate-keys.sh              every mutant
#   eng/mutate-keys.sh 7 12         these
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git ls-files -z src tests 'Directory.*' global.json .editorconfig | xargs -0 cp --parents -t "$work"

# Prints a line for each mutant: its number, its file, the ingredient.
perl -e '
  my ($number, $file, $old, $new, $part) = (0, "", "", "", "");
  sub apply {
    return if $old eq "";
    chomp($old, $new);
    my $path = "$ARGV[1]/$file";
    open(my $in, "<", $path) or die "$path: $!\n";
    my $text = do { local $/; <$in> };
    my $count = () = $text =~ /\Q$old\E/g;
    die "$file has this $count times, not once: $old\n" if $count != 1;
    $new =~ s{M\("([^"]+)"\)}{$number++; print "$number\t$file\t$1\n"; qq((System.Environment.GetEnvironmentVariable("BPFINCR_MUTANT") == "$number"))}ge;
    $text =~ s/\Q$old\E/$new/;
    open(my $out, ">", $path) or die "$path: $!\n";
    print $out $text;
    ($old, $new) = ("", "");
  }
  open(my $table, "<", $ARGV[0]) or die;
  while (<$table>) {
    if (/^(#|$)/) { next }
    elsif (/^file (.*)$/) { apply(); $file = $1 }
    elsif (s/^- //) { apply(); $old = $_; $part = "old" }
    elsif (s/^\+ //) { $new = $_; $part = "new" }
    elsif ($part eq "old") { $old .= $_ }
    else { $new .= $_ }
  }
  apply();
' eng/key-mutants.txt "$work" >"$work/mutants"

export BPFINCR_TEST_SEQUENCES=${BPFINCR_TEST_SEQUENCES:-200}
suites=(Cache Stages Orchestrator)
for suite in "${suites[@]}"; do
  dotnet build "$work/tests/$suite" -c Release --artifacts-path "$work/artifacts" -p:TreatWarningsAsErrors=false -p:NoWarn=1591 >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
done

# That a mutant is killed is enough; by how short a sequence of edits is not asked.
export BPFINCR_TEST_SHRINK=0

# The key tests of a suite, the quick ones first. A mutant can make one wait for what never comes.
suite() {
  timeout 300 "$work/artifacts/bin/BpfIncr.$1.Tests/release/BpfIncr.$1.Tests" -noLogo -noColor -stopOnFail "${@:2}" >"$work/log" 2>&1
}
# Those of the suites that can see a file.
passes() {
  case $1 in src/Cache/*)
    suite Cache -namespace 'BpfIncr.Cache.Tests.Actions' -namespace 'BpfIncr.Cache.Tests.Index' -class- '*.ActionLockTests' || return ;;
  esac
  case $1 in src/Cache/* | src/Stages/*)
    suite Stages -class '*.OptionTests' || return ;;
  esac
  suite Orchestrator -namespace 'BpfIncr.Orchestrator.Tests.Workspace' -namespace 'BpfIncr.Orchestrator.Tests.Engine' &&
    suite Orchestrator -class '*.ModelTests'
}

passes src/Cache/ || { cat "$work/log" >&2; echo "a test fails without any mutant" >&2; exit 1; }
killed=0 survived=0
while IFS=$'\t' read -r number file ingredient; do
  [ $# -eq 0 ] || [[ " $* " == *" $number "* ]] || continue
  if BPFINCR_MUTANT=$number passes "$file" </dev/null; then
    survived=$((survived + 1))
    echo "$number SURVIVED: $ingredient ($file)"
  else
    killed=$((killed + 1))
    echo "$number killed: $ingredient, by $(grep -m1 -oE '[A-Za-z]+Tests\.[A-Za-z_]+' "$work/log" || echo 'a crash')"
  fi
done <"$work/mutants"
echo "$killed killed, $survived survived"
[ "$survived" -eq 0 ]
