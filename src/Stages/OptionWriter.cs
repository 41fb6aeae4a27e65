using System.Collections.Immutable;

namespace BpfIncr.Stages;

/// <summary>Writes a stage's options in their canonical order: the result is part of an action, so it must not vary.</summary>
internal sealed class OptionWriter
{
    private readonly ImmutableArray<string>.Builder arguments = ImmutableArray.CreateBuilder<string>();

    public OptionWriter(string stage, int version)
    {
        arguments.Add(stage);
        Add("stage-version", version);
    }

    public OptionWriter Add(string name, string value)
    {
        arguments.Add($"--{name}={value}");
        return this;
    }

    public OptionWriter Add(string name, bool value) => Add(name, value ? "true" : "false");

    public OptionWriter Add(string name, int value) => Add(name, value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public OptionWriter Add<T>(string name, T value) where T : struct, Enum => Add(name, Spell(value));

    /// <summary>How a choice is written.</summary>
    public static string Spell<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    public OptionWriter AddEach(string name, ImmutableArray<string> values)
    {
        foreach (string value in values) Add(name, value);
        return this;
    }

    public ImmutableArray<string> ToArguments() => arguments.ToImmutable();
}
