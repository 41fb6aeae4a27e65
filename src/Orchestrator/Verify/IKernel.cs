using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>A kernel that can be asked to load objects: the one that runs, or one that is booted for it.</summary>
internal interface IKernel
{
    /// <summary>What reports call it.</summary>
    string Name { get; }

    /// <summary>Which kernel it is.</summary>
    KernelIdentity Identity { get; }

    /// <summary>Loads objects, and gives what became of each; null where the loader did not survive.</summary>
    /// <exception cref="UnusableKernelException">The kernel cannot be asked at all.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IAsyncEnumerable<(CheckedObject Object, LoadReport? Report)> LoadAsync(IReadOnlyList<CheckedObject> objects, CancellationToken cancellation);
}

/// <summary>A kernel cannot be asked.</summary>
/// <param name="diagnostic">Why.</param>
internal sealed class UnusableKernelException(Stages.Diagnostic diagnostic) : Exception(diagnostic.Message)
{
    /// <summary>Why.</summary>
    public Stages.Diagnostic Diagnostic { get; } = diagnostic;
}
