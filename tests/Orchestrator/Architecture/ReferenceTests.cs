using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Tests.Architecture;

/// <summary>References point one way: Orchestrator to Stages and Cache, Stages to the Cache's vocabulary.</summary>
public sealed class ReferenceTests
{
    private static readonly Assembly Cache = typeof(Digest).Assembly, Stages = typeof(Diagnostic).Assembly, Orchestrator = typeof(Driver).Assembly;

    [Fact]
    public void The_cache_knows_neither_stages_nor_orchestrator() => Assert.Empty(OwnReferences(Cache));

    [Fact]
    public void The_stages_know_at_most_the_cache() => Assert.Empty(OwnReferences(Stages).Except([Cache.GetName().Name]));

    [Fact]
    public void The_stages_know_only_the_vocabulary_of_the_cache() =>
        Assert.Empty(NamespacesUsedBy(Stages, "BpfIncr.Cache").Except(["BpfIncr.Cache.Digests", "BpfIncr.Cache.Actions"]));

    [Fact]
    public void The_orchestrator_knows_both() =>
        Assert.Equal([Cache.GetName().Name, Stages.GetName().Name], OwnReferences(Orchestrator).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("src/Cache/BpfIncr.Cache.csproj")]
    [InlineData("src/Stages/BpfIncr.Stages.csproj", "../Cache/BpfIncr.Cache.csproj")]
    [InlineData("src/Orchestrator/BpfIncr.Orchestrator.csproj", "../Cache/BpfIncr.Cache.csproj", "../Stages/BpfIncr.Stages.csproj")]
    public void Projects_refer_to_what_they_may_know(string project, params string[] allowed) => Assert.Equal(
        allowed,
        System.Xml.Linq.XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
            .Select(r => r.Attribute("Include")!.Value).Order(StringComparer.Ordinal));

    private static IEnumerable<string> OwnReferences(Assembly assembly) => assembly.GetReferencedAssemblies()
        .Select(a => a.Name!).Where(n => n is "bpfincr" || n.StartsWith("BpfIncr.", StringComparison.Ordinal));

    private static IEnumerable<string> NamespacesUsedBy(Assembly assembly, string prefix)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences
            .Select(t => metadata.GetString(metadata.GetTypeReference(t).Namespace))
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Distinct()];
    }
}
