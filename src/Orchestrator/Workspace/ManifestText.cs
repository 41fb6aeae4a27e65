using Tomlyn.Model;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>What a manifest's text says about features and dependencies, for a comparison with another version of it.</summary>
internal static class ManifestText
{
    // Where a package comes from shows elsewhere: in its own manifest, and in the lock file.
    private static readonly string[] RequestKeys = ["default-features", "default_features", "features", "optional", "package", "workspace"];

    /// <summary>
    /// Everything that decides features: what is asked of each dependency, and what each feature switches on. Null when
    /// the text is no manifest.
    /// </summary>
    public static IEnumerable<string>? Requests(string text)
    {
        if (TomlText.Parse(text) is not { } manifest)
            return null;
        var package = TomlText.Table(manifest, "package").TryGetValue("name", out var name) ? $"{name}" : "";
        var targets = TomlText.Table(manifest, "target").Values.OfType<TomlTable>();
        return [
            .. targets.Prepend(manifest).SelectMany(DependencyTables).SelectMany(t => t).Select(d => $"{d.Key} <- {Request(d.Value)}"),
            .. TomlText.Table(manifest, "features").Select(f => $"{package} has {f.Key} = {TomlText.Render(f.Value)}"),
        ];
    }

    /// <summary>The names in <c>[workspace.dependencies]</c> that stand for something else than before; null when the text is no manifest.</summary>
    public static IReadOnlySet<string>? ChangedDependencies(string before, string now)
    {
        if (TomlText.Parse(before) is not { } old || TomlText.Parse(now) is not { } @new)
            return null;
        var then = TomlText.Table(old, "workspace", "dependencies");
        // One that is new has no users whose own manifests are not new too.
        return TomlText.Table(@new, "workspace", "dependencies")
            .Where(d => then.TryGetValue(d.Key, out var was) && TomlText.Render(was) != TomlText.Render(d.Value))
            .Select(d => d.Key).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The patterns by which one version of a root manifest has or excludes members and the other does not.</summary>
    public static IEnumerable<string> ChangedMembers(string before, string now) =>
        Members(before) is { } then && Members(now) is { } members ? then.Except(members).Concat(members.Except(then)) : ["*"];

    private static List<string>? Members(string text) => TomlText.Parse(text) is { } manifest && TomlText.Table(manifest, "workspace") is var workspace
        ? [.. TomlText.Strings(workspace, "members"), .. TomlText.Strings(workspace, "exclude").Select(e => $"!{e}")]
        : null;

    private static IEnumerable<TomlTable> DependencyTables(TomlTable table) => table
        .Where(m => m.Key.EndsWith("dependencies", StringComparison.Ordinal))
        .Select(m => m.Value).OfType<TomlTable>();

    private static string Request(object? value) => value is TomlTable table
        ? string.Join(' ', RequestKeys.Where(table.ContainsKey).Select(k => $"{k} = {TomlText.Render(table[k])}"))
        : "";
}
