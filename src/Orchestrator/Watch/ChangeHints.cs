namespace BpfIncr.Orchestrator.Watch;

/// <summary>What may have changed, as file events have it. Whoever has a hint looks at the file itself.</summary>
/// <param name="Paths">Paths that events named.</param>
/// <param name="IsComplete">Whether every event is among them; if not, anything may have changed.</param>
internal sealed record ChangeHints(IReadOnlyCollection<string> Paths, bool IsComplete)
{
    /// <summary>No event came.</summary>
    public static readonly ChangeHints None = new([], true);

    /// <summary>Anything may have changed.</summary>
    public static readonly ChangeHints Anything = new([], false);

    /// <summary>Whether something may have changed that matters.</summary>
    public bool Concern(Func<string, bool> matters) => !IsComplete || Paths.Any(matters);
}
