using System.Collections.Immutable;

namespace BpfIncr.Stages.Rustc;

/// <summary>What finds crates instead of compiling them.</summary>
/// <param name="Program">The command line that compiles a crate or finds it; rustc's path and arguments follow.</param>
/// <param name="Session">What that command line needs to know; passed on in <see cref="SessionVariable"/>.</param>
public sealed record CrateFinder(ImmutableArray<string> Program, string Session)
{
    /// <summary>The variable that holds the session.</summary>
    public const string SessionVariable = "BPFINCR_CRATES";
}

/// <summary>
/// What cargo and build scripts start as rustc (<c>RUSTC</c>): a script that lets what is compiled for a probe use
/// unstable features, adds the flags which keep the paths of this machine out of all outputs, and hands cargo's calls
/// that compile a crate to a <see cref="CrateFinder"/>.
/// </summary>
public static class RustcScript
{
    /// <summary>The variable that lets a stable rustc take unstable features, which libraries for BPF need.</summary>
    public const string UnstableVariable = "RUSTC_BOOTSTRAP";

    // Tools between cargo and rustc, such as sccache, know a rustc by its name.
    private const string Name = "rustc";

    /// <summary>Writes the script, unless it is there, and gives its path.</summary>
    /// <param name="targetDirectory">Cargo's target directory.</param>
    /// <param name="toolchain">The rustc that is started in the end.</param>
    /// <param name="finder">What finds crates; null where rustc always runs, and nothing is added.</param>
    /// <param name="flags">Flags for every call of cargo's that compiles.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static string Write(
        string targetDirectory, Toolchain toolchain, CrateFinder? finder, IEnumerable<string> flags)
    {
        var rustc = ToolScript.Quote([toolchain.Rustc]);
        // Another rustc at the same place makes another script, and cargo asks it anew what it is.
        return ToolScript.Write(targetDirectory, Name, $"""
            # {toolchain.Version.Trim().ReplaceLineEndings("; ")}
            # What is compiled for a probe is known by its linker, which build scripts of such crates are told, too.
            case "$* $CARGO_ENCODED_RUSTFLAGS" in
              *{CaptureLinker.Flag}*) export {UnstableVariable}=1 ;;
            esac
            {(finder is null ? "" : Finding(rustc, finder, flags))}
            exec {rustc} "$@"
            """);
    }

    // A probe's bin has a step of its own; questions have no outputs, and those of build scripts no metadata: none of
    // them costs more than this shell.
    private static string Finding(string rustc, CrateFinder finder, IEnumerable<string> flags) => $"""
        case "$*" in
          *" --crate-type bin "*" --target "*) exec {rustc} "$@" {ToolScript.Quote(flags)} ;;
          *" metadata="*" --out-dir "*)
            exec {ToolScript.Quote(finder.Program)} {rustc} "$@" {ToolScript.Quote(flags)} ;;
        esac
        """;
}
