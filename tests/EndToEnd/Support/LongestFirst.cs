using BpfIncr.EndToEnd.Tests.Kernel;
using BpfIncr.EndToEnd.Tests.Registry;
using Xunit.Sdk;
using Xunit.v3;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// Collections whose tests share something large take longest, as their tests run one after the other. They start first,
/// so that none of them runs alone at the end. All others have another order in each run.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [KernelObjects.Collection, nameof(RegistryTests)];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(c => Long.Any(c.TestCollectionDisplayName.Contains))
            .ThenBy(_ => Random.Shared.Next())];
}
