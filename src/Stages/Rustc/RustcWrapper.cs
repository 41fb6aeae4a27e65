using System.Collections.Immutable;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// What cargo starts in the place of rustc (<c>RUSTC_WRAPPER</c>): a script that adds the flags which keep the paths of
/// this machine out of all outputs, lets what is compiled for a probe use unstable features, and hands the calls that compile a
/// crate to this program, which may find their outputs instead.
/// </summary>
/// <param name="Program">The command line that compiles a crate or finds it; rustc's path and arguments follow.</param>
/// <param name="Session">What that command line needs to know; passed on in <see cref="SessionVariable"/>.</param>
public sealed record RustcWrapper(ImmutableArray<string> Program, string Session)
{
    /// <summary>The variable that holds the session.</summary>
    public const string SessionVariable = "BPFINCR_CRATES";

    /// <summary>The variable that lets a stable rustc take unstable features, which libraries for BPF need: they are made for nightly ones.</summary>
    public const string UnstableVariable = "RUSTC_BOOTSTRAP";

    private const string Name = "bpfincr-rustc";

    /// <summary>Writes the script, unless it is there, and gives its path.</summary>
    /// <param name="targetDirectory">Cargo's target directory.</param>
    /// <param name="flags">Flags for every call that compiles.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public string Write(string targetDirectory, IEnumerable<string> flags) => ToolScript.Write(targetDirectory, Name, $"""
        # Build scripts and macros, which are compiled without a target, see no more than this rustc has.
        case "$*" in
          *" --target "*) export {UnstableVariable}=1 ;;
        esac
        # A probe's bin has a step of its own, and rustc's questions have no outputs: neither costs more than this shell.
        case "$*" in
          *" --crate-type bin "*" --target "*) exec "$@" {ToolScript.Quote(flags)} ;;
          *" --out-dir "*) exec {ToolScript.Quote(Program)} "$@" {ToolScript.Quote(flags)} ;;
        esac
        exec "$@"
        """);
}
