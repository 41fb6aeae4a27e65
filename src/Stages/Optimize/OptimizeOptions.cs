using System.Collections.Immutable;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// How the module is optimized. The kernel's CPU level is not among it: the passes run for the generic machine, whose
/// cost model every level shares, so that a change of level reruns only codegen.
/// </summary>
public sealed record OptimizeOptions
{
    /// <summary>The stage's name on a command line.</summary>
    public const string Stage = "optimize";

    /// <summary>Raised whenever the stage gives other bytes for the same input.</summary>
    public const int Version = 11;

    /// <summary>LLVM's optimization level; not used when <see cref="Pipeline"/> is set.</summary>
    public OptimizeLevel Level { get; init; } = OptimizeLevel.O2;

    /// <summary>A pass pipeline in LLVM's syntax that takes the place of the default one; or null.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Whether every loop with a known bound is unrolled, up to a size that no kernel takes: those before 5.3 allow no loops.</summary>
    public bool Unroll { get; init; }

    /// <summary>Whether, under <see cref="Unroll"/>, a loop may stay that would make its function too large to encode: the kernel takes loops.</summary>
    public bool KeepsLargeLoops { get; init; }

    /// <summary>Further LLVM command line options, in order.</summary>
    public ImmutableArray<string> LlvmOptions { get; init; } = [];

    /// <summary>The canonical command line, without files.</summary>
    public ImmutableArray<string> ToArguments() => new OptionWriter(Stage, Version)
        .Add("level", Level)
        .Add("pipeline", Pipeline ?? "")
        .Add("unroll", Unroll)
        .Add("keeps-large-loops", KeepsLargeLoops)
        .AddEach("llvm-option", LlvmOptions)
        .ToArguments();

    /// <summary>Reads <see cref="ToArguments"/> back.</summary>
    /// <exception cref="FormatException">The arguments are not of this stage and version.</exception>
    public static OptimizeOptions Parse(IReadOnlyList<string> arguments)
    {
        var reader = new OptionReader(Stage, Version, arguments);
        var options = new OptimizeOptions
        {
            Level = reader.Choice<OptimizeLevel>("level"),
            Pipeline = reader.Text("pipeline") is { Length: > 0 } pipeline ? pipeline : null,
            Unroll = reader.Flag("unroll"),
            KeepsLargeLoops = reader.Flag("keeps-large-loops"),
            LlvmOptions = reader.Each("llvm-option"),
        };
        reader.End();
        return options;
    }

    /// <inheritdoc/>
    public bool Equals(OptimizeOptions? other) =>
        other is not null && ToArguments().SequenceEqual(other.ToArguments());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Level, Pipeline, Unroll, KeepsLargeLoops, LlvmOptions.Length);
}
