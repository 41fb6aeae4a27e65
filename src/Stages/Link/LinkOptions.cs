using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace BpfIncr.Stages.Link;

/// <summary>What the link stage can be told: nothing yet beyond its version.</summary>
public sealed record LinkOptions
{
    /// <summary>The stage's name on a command line.</summary>
    public const string Stage = "link";

    /// <summary>Raised whenever the stage gives other bytes for the same input.</summary>
    public const int Version = 3;

    /// <summary>The canonical command line, without files.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Every stage's options have this member; this one's happen to be empty.")]
    public ImmutableArray<string> ToArguments() => new OptionWriter(Stage, Version).ToArguments();

    /// <summary>Reads <see cref="ToArguments"/> back.</summary>
    /// <exception cref="FormatException">The arguments are not of this stage and version.</exception>
    public static LinkOptions Parse(IReadOnlyList<string> arguments)
    {
        new OptionReader(Stage, Version, arguments).End();
        return new LinkOptions();
    }
}
