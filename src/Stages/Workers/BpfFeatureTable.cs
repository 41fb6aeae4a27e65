using System.Collections.Immutable;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Workers;

/// <summary>
/// The CPU levels and features that a libLLVM knows for BPF, from its own list. Needed because LLVM passes over names
/// that it does not know.
/// </summary>
/// <param name="Cpus">The CPU levels.</param>
/// <param name="Features">The features, without a sign.</param>
public sealed record BpfFeatureTable(ImmutableArray<string> Cpus, ImmutableArray<string> Features)
{
    /// <summary>Makes LLVM print its list to the process's standard error. Ends with the process: LLVM has no other way to say it.</summary>
    /// <param name="llvmPath">Absolute path of the libLLVM.</param>
    /// <returns>The process's exit code.</returns>
    public static int Print(string llvmPath)
    {
        LlvmLibrary.Load(llvmPath, []);
        BpfMachine.Create(BpfMachine.LittleEndian, features: "+help").Dispose();
        return 0;
    }

    /// <summary>Reads the list: two headings, and below each <c>  name - meaning</c>.</summary>
    public static BpfFeatureTable Parse(string list)
    {
        var (cpus, features) = (ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<string>());
        ImmutableArray<string>.Builder? names = null;
        foreach (var line in list.Split('\n'))
        {
            if (line.StartsWith("Available", StringComparison.Ordinal))
                names = line.Contains("CPU", StringComparison.Ordinal) ? cpus : features;
            else if (line.StartsWith("  ", StringComparison.Ordinal) && line.Contains(" - ", StringComparison.Ordinal))
                names?.Add(line.Trim().Split(' ')[0]);
        }
        return new BpfFeatureTable(cpus.ToImmutable(), features.ToImmutable());
    }
}
