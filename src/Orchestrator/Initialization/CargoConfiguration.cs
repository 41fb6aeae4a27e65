using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;
using Tomlyn.Model;

namespace BpfIncr.Orchestrator.Initialization;

/// <summary>The <c>.cargo/config.toml</c> of a directory, as far as it says what is built.</summary>
internal static class CargoConfiguration
{
    /// <summary>The file's top table; null when it is not there or no TOML.</summary>
    public static TomlTable? Read(string directory)
    {
        var file = Path.Combine(directory, ".cargo", "config.toml");
        return FileStamp.IsRegularFile(file) ? TomlText.Parse(File.ReadAllText(file)) : null;
    }

    /// <summary>The targets that are built where nothing else is said.</summary>
    public static IReadOnlyList<string> TargetsOf(TomlTable configuration)
    {
        var build = TomlText.Table(configuration, "build");
        return build.TryGetValue("target", out var target) && target is string triple ? [triple] : [.. TomlText.Strings(build, "target")];
    }

    /// <summary>Flags, which cargo also takes as one string with blanks between them.</summary>
    public static IEnumerable<string> Flags(TomlTable table, string name) => table.TryGetValue(name, out var value) && value is string text
        ? text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        : TomlText.Strings(table, name);

    /// <summary>A variable that cargo sets for what it starts; null when it sets none of that name.</summary>
    public static string? Variable(TomlTable configuration, string name) => TomlText.Table(configuration, "env").TryGetValue(name, out var value)
        ? value as string ?? (value is TomlTable table && table.TryGetValue("value", out var inner) ? inner as string : null)
        : null;
}
