using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// One rustc call as cargo made it, complete enough to be made again: when nothing but the sources of a bin changed,
/// the same call with the new sources is what cargo would do, after thinking about all the rest.
/// </summary>
/// <param name="Arguments">The command line, rustc's path first.</param>
/// <param name="Variables">The variables that cargo added to the environment; what was there before it is not recorded.</param>
/// <param name="Directory">The directory it ran in.</param>
public sealed record RustcCall(
    ImmutableArray<string> Arguments, ImmutableSortedDictionary<string, string> Variables, string Directory)
{
    /// <summary>Says which variables cargo was given, so that those which it adds or replaces can be told from them (<see cref="Describe"/>).</summary>
    public const string InheritedVariable = "BPFINCR_INHERITED";

    // They speak of a jobserver that is gone when the call is made again.
    private static readonly string[] Jobserver = ["MAKEFLAGS", "MFLAGS", "CARGO_MAKEFLAGS"];

    // The shell that the script is written for keeps them for itself; cargo has no part in them.
    private static readonly string[] OfShell = ["PWD", "OLDPWD", "SHLVL", "_"];

    /// <summary>Tells this call from others that leave their capture in the same place.</summary>
    public string Identity => Digest.OfText(string.Join('\0', [Directory, .. Arguments, .. Variables.Select(v => $"{v.Key}={v.Value}")])).Hash;

    /// <summary>Variables with digests of their values: what another process compares with, without being told secrets.</summary>
    public static string Describe(IEnumerable<KeyValuePair<string, string?>> variables) =>
        string.Join(' ', variables.Select(v => DigestOf(v.Key, v.Value ?? "")));

    /// <summary>Of all variables, those that cargo added, except what speaks of the one call of cargo alone.</summary>
    public static ImmutableSortedDictionary<string, string> Added(IReadOnlyDictionary<string, string> variables)
    {
        var inherited = variables.GetValueOrDefault(InheritedVariable, "").Split(' ').ToHashSet(StringComparer.Ordinal);
        return variables
            .Where(v => v.Key is not (InheritedVariable or "PATH") && !Jobserver.Contains(v.Key) && !OfShell.Contains(v.Key))
            .Where(v => !inherited.Contains(DigestOf(v.Key, v.Value)))
            .ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>A call from what the kernel says of its process: words and variables, each with a zero behind it. Null when that is no rustc.</summary>
    public static RustcCall? From(ReadOnlySpan<byte> commandLine, ReadOnlySpan<byte> environment, string directory)
    {
        var arguments = Words(commandLine).ToImmutableArray();
        if (arguments.Length < 2 || Path.GetFileName(arguments[0]) != "rustc")
            return null;
        var variables = Words(environment).Select(v => v.Split('=', 2)).Where(v => v.Length == 2)
            .DistinctBy(v => v[0]).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);
        return new RustcCall(arguments, Added(variables), directory);
    }

    /// <summary>Words, also empty ones, with a zero behind each.</summary>
    internal static string[] Words(ReadOnlySpan<byte> text) => text.IsEmpty ? [] : Encoding.UTF8.GetString(text[..^1]).Split('\0');

    private static string DigestOf(string name, string value) => Digest.OfText($"{name}={value}").Short;
}
