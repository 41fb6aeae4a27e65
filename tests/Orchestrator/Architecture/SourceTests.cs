namespace BpfIncr.Orchestrator.Tests.Architecture;

public sealed class SourceTests
{
    private const int MaximumLines = 400;

    public static TheoryData<string> Projects => ["Cache", "Stages", "Orchestrator"];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_are_folders(string project) => Assert.All(Repository.Sources($"src/{project}"), file =>
        Assert.Contains($"namespace BpfIncr.{string.Join('.', file.Split('/')[1..^1])};", Repository.Lines(file)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_file_is_too_long_to_be_read(string project) =>
        Assert.All(Repository.Sources($"src/{project}"), file => Assert.InRange(Repository.Lines(file).Length, 1, MaximumLines));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Nothing_is_left_to_be_done(string project) => Assert.All(Repository.Sources($"src/{project}"), file =>
        Assert.DoesNotContain(Repository.Lines(file), l => l.Contains("TODO", StringComparison.Ordinal) || l.Contains("FIXME", StringComparison.Ordinal)
            || l.Contains("NotImplementedException", StringComparison.Ordinal)));
}
