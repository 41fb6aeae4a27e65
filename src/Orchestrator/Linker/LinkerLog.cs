using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>Shows what steps find, and writes each to the log that <c>--log-file</c> names.</summary>
/// <param name="output">Where findings go.</param>
/// <param name="file">The log; null for none.</param>
/// <param name="objects">The paths of the inputs that steps call <c>objects/N.bc</c>.</param>
internal sealed partial class LinkerLog(Output output, string? file, IReadOnlyList<string> objects) : IPassObserver, IDisposable
{
    // bpfincr's own builds always have lines; here that is up to who calls rustc.
    private const string Lines = "the line is shown when rustc is called with -C debuginfo=1 (in Cargo.toml: debug = 1 in the profile)";

    // cargo runs several linkers at once, and all have the same log.
    private readonly FileStream? _log = file is null ? null : new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
    private readonly ConcurrentQueue<Step> _steps = [];

    /// <summary>Whether a step did work.</summary>
    public bool HasRun => _steps.Any(s => s.Ran);

    /// <summary>Writes the log.</summary>
    public void Dispose()
    {
        _log?.Write(Encoding.UTF8.GetBytes(string.Concat(_steps.Where(s => s.State != StepState.Skipped).Select(s => $"{Line(s)}\n"))));
        _log?.Dispose();
    }

    /// <inheritdoc/>
    public void Finished(Step step)
    {
        _steps.Enqueue(step);
        foreach (var diagnostic in step.Diagnostics)
            output.Show(Named(diagnostic), step.Id.Probe);
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

    private static string? HintFor(Diagnostic diagnostic) => diagnostic is { Function: not null, File: null }
        ? string.Join("; ", ((string?[])[diagnostic.Hint?.TrimEnd('.'), Lines]).OfType<string>())
        : diagnostic.Hint;

    private Diagnostic Named(Diagnostic diagnostic) =>
        diagnostic with { Hint = HintFor(diagnostic), Message = ObjectName().Replace(diagnostic.Message, m => objects[int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture)]) };

    [GeneratedRegex(@"objects/(\d+)\.bc")]
    private static partial Regex ObjectName();

    private static string Line(Step step) => step.State == StepState.Failed
        ? $"{step.Id}: failed"
        : string.Create(CultureInfo.InvariantCulture, $"{step.Id}: {step.Source} {step.Elapsed.TotalMilliseconds:0.0} ms");
}
