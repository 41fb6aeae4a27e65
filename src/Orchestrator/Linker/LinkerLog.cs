using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Reuse;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>Shows what steps find, and writes each to the log that <c>--log-file</c> names.</summary>
internal sealed class LinkerLog(Output output, string? file) : IPassObserver
{
    private readonly ConcurrentQueue<Step> _steps = [];

    /// <summary>Whether a step did work.</summary>
    public bool HasRun => _steps.Any(s => s.Ran);

    /// <summary>Writes the log.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write()
    {
        if (file is null)
            return;
        // cargo runs several linkers at once, and all have the same log.
        using var log = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        log.Write(Encoding.UTF8.GetBytes(string.Concat(_steps.Where(s => s.State != StepState.Skipped).Select(s => $"{Line(s)}\n"))));
    }

    /// <inheritdoc/>
    public void Finished(Step step)
    {
        _steps.Enqueue(step);
        output.Show(step.Diagnostics);
    }

    /// <inheritdoc/>
    public void Begins(int steps)
    {
    }

    /// <inheritdoc/>
    public void Started(StepId step)
    {
    }

    /// <inheritdoc/>
    public void Finished(CrateOutcome crate)
    {
    }

    /// <inheritdoc/>
    public void Progress(string line)
    {
    }

    /// <inheritdoc/>
    public void Summary(Report report)
    {
    }

    private static string Line(Step step) => step.State == StepState.Failed
        ? $"{step.Id}: failed"
        : string.Create(CultureInfo.InvariantCulture, $"{step.Id}: {step.Source} {step.Elapsed.TotalMilliseconds:0.0} ms");
}
