using BpfIncr.Stages.Rustc;
using Tomlyn.Model;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// Cargo's first resolver, that of packages before edition 2021. A feature on cargo's command line is there one of the package in the root
/// directory and cannot name it, while those of other members have to be named. Everywhere else a feature can always name its package.
/// </summary>
internal static class FirstResolver
{
    /// <summary>The name of the package that features cannot name; null when there is none.</summary>
    public static string? UnnamedPackage(CargoWorkspace workspace)
    {
        var manifest = Path.Combine(workspace.Root, "Cargo.toml");
        var root = workspace.Members.Select(id => workspace.Packages[id]).FirstOrDefault(p => p.ManifestPath == manifest);
        return root is not null && File.Exists(manifest) && Resolves(File.ReadAllText(manifest)) ? root.Name : null;
    }

    /// <summary>Whether a manifest in the root directory of a workspace, which has a package, asks for it.</summary>
    public static bool Resolves(string manifest)
    {
        if (TomlText.Parse(manifest) is not { } table)
            return false;
        var (package, workspace) = (TomlText.Table(table, "package"), TomlText.Table(table, "workspace"));
        return (Text(workspace, "resolver") ?? Text(package, "resolver")) is { } resolver
            ? resolver == "1"
            : EditionOf(package, workspace) is null or "2015" or "2018";
    }

    private static string? EditionOf(TomlTable package, TomlTable workspace) =>
        package.TryGetValue("edition", out var edition) && edition is TomlTable ? Text(TomlText.Table(workspace, "package"), "edition") : Text(package, "edition");

    private static string? Text(TomlTable table, string name) => table.TryGetValue(name, out var value) ? value as string : null;
}
