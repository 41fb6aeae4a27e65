namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>What <c>bpfincr build --verbose --explain</c> gave. A step that ran without a reason fails the test, whatever the test is about.</summary>
internal sealed class BuildResult
{
    private readonly ToolResult _result;

    public BuildResult(ToolResult result)
    {
        _result = result;
        Steps = StepLine.Parse(result.Output);
        foreach (var step in Steps.Where(s => s.Outcome is not (StepLine.Remembered or "Removed/None" or "skipped")))
            Assert.True(step.Reasons.Count > 0, $"{step.Step} {step.Outcome} has no reason\n{result}");
    }

    /// <summary>The exit code.</summary>
    public int ExitCode => _result.ExitCode;

    /// <summary>Standard output.</summary>
    public string Output => _result.Output;

    /// <summary>Standard error.</summary>
    public string Errors => _result.Errors;

    /// <summary>Every step.</summary>
    public IReadOnlyList<StepLine> Steps { get; }

    /// <summary>The rerun list: every step that is not simply remembered.</summary>
    public string Reruns => StepLine.Reruns(Steps);

    /// <summary>The reasons of a step: <c>patch xdp-hash/modern</c>.</summary>
    public IReadOnlyList<string> ReasonsOf(string step) => Steps.Last(s => s.Step == step).Reasons;

    /// <summary>Fails the test unless the build succeeded.</summary>
    public BuildResult Succeeded()
    {
        Assert.True(_result.ExitCode == 0, _result.ToString());
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _result.ToString();
}
