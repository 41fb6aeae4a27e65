using System.Collections.Immutable;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>One thing in <c>bpfincr.json</c> that is wrong.</summary>
/// <param name="Position">Where.</param>
/// <param name="Message">What.</param>
/// <param name="Hint">What to do about it, or null.</param>
internal sealed record ConfigurationError(TextPosition Position, string Message, string? Hint);

/// <summary>Something in <c>bpfincr.json</c> is wrong. Caught where the file is read, and shown with file, line and column.</summary>
internal sealed class ConfigurationException(params IEnumerable<ConfigurationError> errors) : Exception
{
    /// <summary>Everything that is wrong, in the order of the file.</summary>
    public ImmutableArray<ConfigurationError> Errors { get; } =
        [.. errors.OrderBy(e => e.Position.Line).ThenBy(e => e.Position.Column)];
}
