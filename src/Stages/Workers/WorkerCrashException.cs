namespace BpfIncr.Stages.Workers;

/// <summary>A worker did not answer a call: it ended, or it took too long.</summary>
/// <param name="message">What happened, in one clause.</param>
/// <param name="output">What it wrote to standard error.</param>
internal sealed class WorkerCrashException(string message, string output) : Exception(message)
{
    /// <summary>What the worker wrote to standard error.</summary>
    public string Output { get; } = output;
}
