using System.Collections.Immutable;

namespace BpfIncr.Stages.Codegen;

/// <summary>What kind of object is made.</summary>
public sealed record CodegenOptions
{
    /// <summary>The stage's name on a command line.</summary>
    public const string Stage = "codegen";

    /// <summary>Raised whenever the stage gives other bytes for the same input.</summary>
    public const int Version = 11;

    /// <summary>The instruction set level.</summary>
    public BpfCpu Cpu { get; init; } = BpfCpu.Generic;

    /// <summary>LLVM's feature string, such as <c>+alu32</c>; or empty.</summary>
    public string Features { get; init; } = "";

    /// <summary>LLVM's code generation level, 0 to 3.</summary>
    public int Level { get; init; } = 3;

    /// <summary>The byte order of the kernels that the object is for.</summary>
    public ByteOrder ByteOrder { get; init; }

    /// <summary>What is written: an object, or its text.</summary>
    public EmittedFile Emit { get; init; }

    /// <summary>Whether an object without a program is an error; one with maps or functions for other objects has none.</summary>
    public bool RequiresProgram { get; init; } = true;

    /// <summary>Whether DWARF and everything else no loader reads is removed.</summary>
    public bool Strip { get; init; } = true;

    /// <summary>Whose section names the object has.</summary>
    public SectionNames SectionNames { get; init; } = SectionNames.Keep;

    /// <summary>Whether the kernel has data that is there before a program runs; where not, its use is an error.</summary>
    public bool GlobalData { get; init; } = true;

    /// <summary>Whether the kernel takes loops; where not, one that is left is an error.</summary>
    public bool Loops { get; init; } = true;

    /// <summary>Which atomic operations the kernel has; use of another one is an error.</summary>
    public AtomicSupport Atomics { get; init; } = AtomicSupport.Ordered;

    /// <summary>Whether the kernel has functions that programs may call (kfuncs); where not, a call is an error unless the function is declared as weak.</summary>
    public bool KernelFunctions { get; init; } = true;

    /// <summary>How many instructions the kernel takes in a program; 0 for any number.</summary>
    public int MaxInstructions { get; init; }

    /// <summary>Further LLVM command line options, in order.</summary>
    public ImmutableArray<string> LlvmOptions { get; init; } = [];

    /// <summary>Whether the features say that the kernels' machines take words at any place.</summary>
    public bool TakesUnalignedWords => Features.Split(',').Contains("+allows-misaligned-mem-access");

    /// <summary>The canonical command line, without files.</summary>
    public ImmutableArray<string> ToArguments() => new OptionWriter(Stage, Version)
        .Add("cpu", Cpu)
        .Add("features", Features)
        .Add("level", Level)
        .Add("byte-order", ByteOrder)
        .Add("emit", Emit)
        .Add("requires-program", RequiresProgram)
        .Add("strip", Strip)
        .Add("section-names", SectionNames)
        .Add("global-data", GlobalData)
        .Add("loops", Loops)
        .Add("atomics", Atomics)
        .Add("kernel-functions", KernelFunctions)
        .Add("max-instructions", MaxInstructions)
        .AddEach("llvm-option", LlvmOptions)
        .ToArguments();

    /// <summary>Reads <see cref="ToArguments"/> back.</summary>
    /// <exception cref="FormatException">The arguments are not of this stage and version.</exception>
    public static CodegenOptions Parse(IReadOnlyList<string> arguments)
    {
        var reader = new OptionReader(Stage, Version, arguments);
        var options = new CodegenOptions
        {
            Cpu = reader.Choice<BpfCpu>("cpu"),
            Features = reader.Text("features"),
            Level = reader.Number("level"),
            ByteOrder = reader.Choice<ByteOrder>("byte-order"),
            Emit = reader.Choice<EmittedFile>("emit"),
            RequiresProgram = reader.Flag("requires-program"),
            Strip = reader.Flag("strip"),
            SectionNames = reader.Choice<SectionNames>("section-names"),
            GlobalData = reader.Flag("global-data"),
            Loops = reader.Flag("loops"),
            Atomics = reader.Choice<AtomicSupport>("atomics"),
            KernelFunctions = reader.Flag("kernel-functions"),
            MaxInstructions = reader.Number("max-instructions"),
            LlvmOptions = reader.Each("llvm-option"),
        };
        reader.End();
        return options;
    }

    /// <inheritdoc/>
    public bool Equals(CodegenOptions? other) =>
        other is not null && ToArguments().SequenceEqual(other.ToArguments());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Cpu, Features, Level, (ByteOrder, Emit), RequiresProgram, (Strip, SectionNames, GlobalData, Loops, Atomics, KernelFunctions, MaxInstructions), LlvmOptions.Length);
}
