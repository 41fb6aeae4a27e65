using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>What a kernel makes of an object.</summary>
/// <param name="Object">The object.</param>
/// <param name="Verdict">What the kernel makes of it.</param>
/// <param name="IsKnown">Whether that was known, so that nothing was loaded.</param>
internal sealed record ObjectVerdict(CheckedObject Object, Verdict Verdict, bool IsKnown)
{
    /// <summary>The verdict on an object that was loaded, or was known.</summary>
    /// <param name="load">What the kernel said.</param>
    /// <param name="logLines">How many lines of each log are shown.</param>
    public static ObjectVerdict Of(CheckedLoad load, int logLines)
    {
        var content = load.Report is null ? [] : File.ReadAllBytes(load.Object.Path);
        var verdict = load.Report is { } report
            ? Verdict.Of(report, content, logLines, load.Object.IsForAya || AyaLibrary.IsNamedIn(content))
            : new Verdict([Diagnostic.Error("BPFI2705", "libbpf crashed when it loaded the object, or took longer than ten minutes", "see whether a newer libbpf takes it; report it, with the object")]);
        return new ObjectVerdict(load.Object, verdict with { Diagnostics = [.. verdict.Diagnostics.Select(d => d with { Message = $"{load.Object.Name}: {d.Message}" })] }, load.IsKnown);
    }
}

/// <summary>What a kernel makes of all objects.</summary>
/// <param name="Kernel">The kernel's release.</param>
/// <param name="Objects">Every object, in the order in which they were given.</param>
/// <param name="Elapsed">How long it took to find out.</param>
internal sealed record KernelVerdict(string Kernel, IReadOnlyList<ObjectVerdict> Objects, TimeSpan Elapsed)
{
    /// <summary>Whether the kernel takes them all.</summary>
    public bool IsAccepted => Objects.All(o => o.Verdict.IsAccepted);
}
