using System.Collections.Immutable;
using System.Globalization;

namespace BpfIncr.Stages;

/// <summary>
/// Reads what <see cref="OptionWriter"/> wrote. Every option must be there exactly once and none may be left over: a
/// step that ran with a default nobody wrote down would not be what its key says.
/// </summary>
internal sealed class OptionReader
{
    private readonly List<string> rest;
    private readonly string stage;

    /// <exception cref="FormatException">The arguments are for another stage or another version of it.</exception>
    public OptionReader(string stage, int version, IReadOnlyList<string> arguments)
    {
        this.stage = stage;
        if (arguments.Count == 0 || arguments[0] != stage) throw new FormatException($"not a command line of the {stage} stage");
        rest = [.. arguments.Skip(1)];
        int written = Number("stage-version");
        if (written != version) throw new FormatException($"the {stage} stage has version {version}, the command line says {written}");
    }

    public string Text(string name)
    {
        ImmutableArray<string> values = Each(name);
        return values.Length == 1 ? values[0] : throw new FormatException($"{stage}: --{name} must be given once");
    }

    public bool Flag(string name) => Text(name) switch
    {
        "true" => true,
        "false" => false,
        var other => throw new FormatException($"{stage}: --{name}={other} is neither true nor false"),
    };

    public int Number(string name) =>
        int.TryParse(Text(name) is var text ? text : "", NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"{stage}: --{name}={text} is not a number");

    public T Choice<T>(string name) where T : struct, Enum
    {
        string text = Text(name);
        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(OptionWriter.Spell(value), text, StringComparison.Ordinal)) return value;
        }

        throw new FormatException($"{stage}: --{name}={text} is not one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");
    }

    public ImmutableArray<string> Each(string name)
    {
        string prefix = $"--{name}=";
        ImmutableArray<string> values = [.. rest.Where(Matches).Select(argument => argument[prefix.Length..])];
        rest.RemoveAll(Matches);
        return values;

        bool Matches(string argument) => argument.StartsWith(prefix, StringComparison.Ordinal);
    }

    /// <exception cref="FormatException">An option is not known.</exception>
    public void End()
    {
        if (rest.Count > 0) throw new FormatException($"{stage}: unknown option {rest[0]}");
    }
}
