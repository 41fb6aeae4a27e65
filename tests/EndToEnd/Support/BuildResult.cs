namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>What <c>bpfincr build --verbose</c> gave.</summary>
internal sealed class BuildResult(ToolResult result)
{
    /// <summary>The exit code.</summary>
    public int ExitCode => result.ExitCode;

    /// <summary>Standard output.</summary>
    public string Output => result.Output;

    /// <summary>Standard error.</summary>
    public string Errors => result.Errors;

    /// <summary>Every step.</summary>
    public IReadOnlyList<StepLine> Steps { get; } = StepLine.Parse(result.Output);

    /// <summary>The rerun list: every step that is not simply remembered.</summary>
    public string Reruns => StepLine.Reruns(Steps);

    /// <summary>Fails the test unless the build succeeded.</summary>
    public BuildResult Succeeded()
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => result.ToString();
}
