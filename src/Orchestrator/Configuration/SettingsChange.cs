namespace BpfIncr.Orchestrator.Configuration;

/// <summary>What two versions of <c>bpfincr.json</c> mean differently; layout and comments are nothing.</summary>
/// <param name="before">The earlier one; null when there was none that can be read.</param>
/// <param name="now">The present one.</param>
internal sealed class SettingsChange(Settings? before, Settings now)
{
    /// <summary>Whether something differs that every probe has in common.</summary>
    public bool ConcernsAll => before is null || Common(before) != Common(now);

    /// <summary>Whether the features that are asked for can be others.</summary>
    public bool ConcernsFeatures => before is null || Features(before) != Features(now);

    /// <summary>Whether a probe has other settings in one of these variants.</summary>
    public bool Concerns(string probe, IEnumerable<string> variants) =>
        before is null
        || OwnFeatures(before, probe) != OwnFeatures(now, probe)
        || OwnVariants(before, probe) != OwnVariants(now, probe)
        || variants.Any(v => !before.VariantsOf(probe).Contains(v) || Options(before, probe, v) != Options(now, probe, v));

    private static string Common(Settings settings) => string.Join('\n',
    [
        settings.Output, settings.Rustc, settings.Mode?.ToString(), settings.Universe, settings.DefaultFeatures.ToString(),
        settings.Lto.ToString(),
        "features", .. settings.Features,
        "workspaces", .. settings.Workspaces, "env", .. settings.Variables, "inputs", .. settings.Inputs,
        "rustflags", .. settings.RustFlags, "packages", .. settings.Packages,
    ]);

    private static string Features(Settings settings) =>
        string.Join('\n', settings.Probes.Keys.Select(p => $"{p} {OwnFeatures(settings, p)}").Where(t => !t.EndsWith(' ')));

    private static string OwnFeatures(Settings settings, string probe) =>
        settings.Probes.TryGetValue(probe, out var said) ? string.Join(' ', said.Features.Append(said.Skip ? "(skipped)" : "")).Trim() : "";

    private static string OwnVariants(Settings settings, string probe) =>
        settings.Probes.TryGetValue(probe, out var said) ? string.Join(' ', said.Variants.Order(StringComparer.Ordinal)) : "";

    private static string Options(Settings settings, string probe, string variant)
    {
        var options = settings.For(probe, variant);
        return string.Join('\n',
            [.. options.ToPatchOptions().ToArguments(), .. options.ToOptimizeOptions().ToArguments(), .. options.ToCodegenOptions().ToArguments()]);
    }
}
