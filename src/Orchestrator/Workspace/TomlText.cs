using Tomlyn;
using Tomlyn.Model;
using Tomlyn.Serialization;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>Reads what a TOML file says, without its layout: two files that say the same give equal text.</summary>
internal static class TomlText
{
    /// <summary>The top table; null when the text is no TOML.</summary>
    public static TomlTable? Parse(string text)
    {
        try
        {
            return TomlSerializer.Deserialize(text, TomlTables.Default.TomlTable);
        }
        // The parser reports errors, but also throws at some: either way cargo is the one to say what is wrong.
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>The table at a path of names; an empty one when there is none.</summary>
    public static TomlTable Table(TomlTable table, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (!table.TryGetValue(name, out var next) || next is not TomlTable inner)
                return [];
            table = inner;
        }
        return table;
    }

    /// <summary>The strings of an array; none when there is something else.</summary>
    public static IEnumerable<string> Strings(TomlTable table, string name) =>
        table.TryGetValue(name, out var value) && value is TomlArray array ? array.OfType<string>() : [];

    /// <summary>A value in one way of writing it.</summary>
    public static string Render(object? value) => value switch
    {
        TomlTable table => $"{{{string.Join(", ", table.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key} = {Render(m.Value)}"))}}}",
        TomlTableArray tables => $"[{string.Join(", ", tables.Select(Render))}]",
        TomlArray array => $"[{string.Join(", ", array.Select(Render))}]",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => $"{value}",
    };
}

[TomlSerializable(typeof(TomlTable))]
internal sealed partial class TomlTables : TomlSerializerContext;
