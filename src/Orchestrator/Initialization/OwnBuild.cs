using System.Collections.Immutable;
using System.Text.RegularExpressions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;
using Tomlyn.Model;

namespace BpfIncr.Orchestrator.Initialization;

/// <summary>What a project's own build sets for its probes: in build scripts that call aya's, and in Cargo's configuration beside the probes.</summary>
/// <param name="RustFlags">Flags for rustc.</param>
/// <param name="Features">Features that are switched on.</param>
/// <param name="DefaultFeatures">Whether default features are.</param>
/// <param name="LinksByArgument">Whether a build script hands rustc a kind of library that is unstable.</param>
internal sealed partial record OwnBuild(
    ImmutableArray<string> RustFlags, ImmutableSortedSet<string> Features, bool DefaultFeatures, bool LinksByArgument)
{
    /// <summary>What is set for probes.</summary>
    /// <param name="members">The members of all workspaces of the project.</param>
    /// <param name="probes">The packages with probes.</param>
    /// <param name="closure">Those packages and what they depend on.</param>
    /// <param name="workspaces">The directories of the workspaces with probes.</param>
    public static OwnBuild Of(
        IEnumerable<CargoPackage> members, IReadOnlyCollection<CargoPackage> probes, IEnumerable<CargoPackage> closure, IEnumerable<string> workspaces)
    {
        var loaders = members.SelectMany(ScriptsOf).Where(static text => AyaBuild().IsMatch(text)).ToList();
        var known = probes.SelectMany(static p => p.Features.Keys).ToHashSet(StringComparer.Ordinal);
        return new OwnBuild(
            [.. workspaces.Concat(probes.Select(static p => p.Directory)).Distinct(StringComparer.Ordinal).SelectMany(Configured)],
            [.. loaders.SelectMany(static text => FeatureLists().Matches(text)).SelectMany(static m => Texts().Matches(m.Groups[1].Value)).Select(static m => m.Groups[1].Value).Where(known.Contains)],
            !loaders.Exists(static text => NoDefaultFeatures().IsMatch(text)),
            closure.SelectMany(ScriptsOf).Any(static text => LinkArgument().IsMatch(text)));
    }

    private static IEnumerable<string> ScriptsOf(CargoPackage package) => package.Targets
        .Where(static t => t.Kinds.Contains("custom-build") && t.SourcePath is not null && FileStamp.IsRegularFile(t.SourcePath))
        .Select(static t => RustText.WithoutComments(File.ReadAllText(t.SourcePath!)));

    // Those of "build" are for the probes where they are what is built there.
    private static IEnumerable<string> Configured(string directory)
    {
        if (CargoConfiguration.Read(directory) is not { } configuration)
            return [];
        var build = TomlText.Table(configuration, "build");
        var targets = TomlText.Table(configuration, "target").Where(static t => IsBpf(t.Key)).Select(static t => t.Value).OfType<TomlTable>();
        IEnumerable<TomlTable> tables = CargoConfiguration.TargetsOf(configuration).Any(IsBpf) ? [build, .. targets] : targets;
        return ForTheCompiler([.. tables.SelectMany(static t => CargoConfiguration.Flags(t, "rustflags"))]);
    }

    private static bool IsBpf(string target) => target.StartsWith("bpf", StringComparison.Ordinal);

    // bpfincr is the linker, which variants have settings for.
    private static IEnumerable<string> ForTheCompiler(ImmutableArray<string> flags)
    {
        for (var i = 0; i < flags.Length; i++)
        {
            var isPair = flags[i] is "-C" or "--codegen" && i + 1 < flags.Length;
            var isLinkers = ForTheLinker().IsMatch(isPair ? $"-C{flags[i + 1]}" : flags[i]);
            if (!isLinkers)
                yield return flags[i];
            if (isPair && !isLinkers)
                yield return flags[i + 1];
            i += isPair ? 1 : 0;
        }
    }

    [GeneratedRegex(@"^(?:-C|--codegen=)link(?:er|-arg)")]
    private static partial Regex ForTheLinker();

    [GeneratedRegex(@"\baya_build\b")]
    private static partial Regex AyaBuild();

    [GeneratedRegex(@"\bfeatures\s{0,20}:\s{0,20}&\s{0,20}\[([^\]]{0,2000})\]")]
    private static partial Regex FeatureLists();

    [GeneratedRegex("\"([^\"]{1,200})\"")]
    private static partial Regex Texts();

    [GeneratedRegex(@"\bno_default_features\s{0,20}:\s{0,20}true\b")]
    private static partial Regex NoDefaultFeatures();

    [GeneratedRegex(@"cargo::?rustc-link-lib=link-arg\b")]
    private static partial Regex LinkArgument();
}
