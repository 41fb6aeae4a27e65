using System.Text;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>The library that probes for aya's loader are written with, by the name that it has and by the one that it had.</summary>
internal static class AyaLibrary
{
    private static readonly string[] Names = ["aya-ebpf", "aya-bpf"];

    // In types and symbols it is the crate's name, in lines its directory's.
    private static readonly byte[][] Signs = [.. Names.SelectMany(static n => (string[])[n, n.Replace('-', '_')]).Select(Encoding.UTF8.GetBytes)];

    /// <summary>Whether it is among packages.</summary>
    public static bool IsAmong(IEnumerable<CargoPackage> packages) => packages.Any(static p => Names.Contains(p.Name));

    /// <summary>Whether an object names it: in the types of its maps, in symbols or in lines.</summary>
    public static bool IsNamedIn(ReadOnlySpan<byte> content)
    {
        foreach (var sign in Signs)
            if (content.IndexOf(sign) >= 0)
                return true;
        return false;
    }
}
