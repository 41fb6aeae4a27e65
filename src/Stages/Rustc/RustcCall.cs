using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    /// <summary>Variables with digests of their values: what another process compares with, without being told secrets.</summary>
    public static string Describe(IEnumerable<KeyValuePair<string, string?>> variables) =>
        string.Join(' ', variables.Select(v => DigestOf(v.Key, v.Value ?? "")));

    /// <summary>Of all variables, those that cargo added, except what speaks of the one call of cargo alone.</summary>
    public static ImmutableSortedDictionary<string, string> Added(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var inherited = (Environment.GetEnvironmentVariable(InheritedVariable) ?? "").Split(' ').ToHashSet(StringComparer.Ordinal);
        return variables
            .Where(v => v.Key is not (InheritedVariable or "PATH") && !Jobserver.Contains(v.Key))
            .Where(v => !inherited.Contains(DigestOf(v.Key, v.Value)))
            .ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    private static string DigestOf(string name, string value) => Digest.OfText($"{name}={value}").Short;

    /// <summary>The call of the rustc that started this process as its linker; null when the parent is something else.</summary>
    public static RustcCall? OfParent()
    {
        try
        {
            var parent = $"/proc/{ParentId()}";
            var arguments = Split(File.ReadAllBytes($"{parent}/cmdline")).ToImmutableArray();
            if (arguments.Length < 2 || Path.GetFileName(arguments[0]) != "rustc")
                return null;
            var variables = Added(Split(File.ReadAllBytes($"{parent}/environ"))
                .Select(v => v.Split('=', 2))
                .Where(v => v.Length == 2)
                .Select(v => KeyValuePair.Create(v[0], v[1])));
            var directory = new DirectoryInfo($"{parent}/cwd").ResolveLinkTarget(returnFinalTarget: false);
            return directory is null ? null : new RustcCall(arguments, variables, directory.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The bytes to store.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RustcJson.Default.RustcCall);

    /// <summary>Reads <see cref="Encode"/> back; null for anything else.</summary>
    public static RustcCall? Decode(byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, RustcJson.Default.RustcCall);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // "4711 (a name) S 4710 …": the name may hold anything, so the fields are counted from its end.
    private static string ParentId()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
    }

    private static string[] Split(byte[] text) =>
        Encoding.UTF8.GetString(text).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}

[JsonSerializable(typeof(RustcCall))]
internal sealed partial class RustcJson : JsonSerializerContext;
