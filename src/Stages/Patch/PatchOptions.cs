using System.Collections.Immutable;
using BpfIncr.Stages.KernelFunctions;

namespace BpfIncr.Stages.Patch;

/// <summary>How the linked module is made fit for the BPF machine.</summary>
public sealed record PatchOptions
{
    /// <summary>The stage's name on a command line.</summary>
    public const string Stage = "patch";

    /// <summary>Raised whenever the stage gives other bytes for the same input.</summary>
    public const int Version = 6;

    /// <summary>Which functions are inlined.</summary>
    public InlinePolicy Inline { get; init; } = InlinePolicy.All;

    /// <summary>What a panic becomes.</summary>
    public PanicPolicy Panic { get; init; } = PanicPolicy.Exit;

    /// <summary>Whether type information is kept for the object's BTF.</summary>
    public bool Btf { get; init; } = true;

    /// <summary>Whether source lines are kept; without them an edit that only moves lines stops at this stage.</summary>
    public bool LineInfo { get; init; } = true;

    /// <summary>The canonical command line, without files.</summary>
    public ImmutableArray<string> ToArguments() => new OptionWriter(Stage, Version)
        .Add("inline", Inline)
        .Add("panic", Panic)
        .Add("btf", Btf)
        .Add("line-info", LineInfo)
        .Add("kernel-functions", KernelFunctionTable.Digest)
        .ToArguments();

    /// <summary>Reads <see cref="ToArguments"/> back.</summary>
    /// <exception cref="FormatException">The arguments are not of this stage and version.</exception>
    public static PatchOptions Parse(IReadOnlyList<string> arguments)
    {
        var reader = new OptionReader(Stage, Version, arguments);
        var options = new PatchOptions
        {
            Inline = reader.Choice<InlinePolicy>("inline"),
            Panic = reader.Choice<PanicPolicy>("panic"),
            Btf = reader.Flag("btf"),
            LineInfo = reader.Flag("line-info"),
        };
        if (reader.Text("kernel-functions") is var table && table != KernelFunctionTable.Digest) throw new FormatException($"patch: the table of the kernel's functions is not {table}");
        reader.End();
        return options;
    }
}
