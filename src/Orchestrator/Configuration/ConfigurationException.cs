namespace BpfIncr.Orchestrator.Configuration;

/// <summary>Something in <c>bpfincr.json</c> is wrong. Caught where the file is read, and shown with file, line and column.</summary>
internal sealed class ConfigurationException(TextPosition position, string message, string? hint) : Exception(message)
{
    public TextPosition Position { get; } = position;

    public string? Hint { get; } = hint;
}
