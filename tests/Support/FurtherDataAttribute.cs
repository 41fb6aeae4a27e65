using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace BpfIncr.Tests.Support;

/// <summary>
/// A row of a theory that is played from continuous integration on. A quick run has the rows of <c>InlineData</c>, which
/// stand for these: the same mechanism with another value.
/// </summary>
/// <param name="arguments">The arguments of the test.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class FurtherDataAttribute(params object?[] arguments) : DataAttribute
{
    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
        MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new(Amounts.Level == TestLevel.Quick ? [] : [new TheoryDataRow(arguments)]);

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;
}
