using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Reporting;

public sealed class ChangeTextTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("a.rs", "a.rs: ")]
    [InlineData("a.rs b.rs", "a.rs, b.rs: ")]
    [InlineData("c.rs b.rs a.rs", "a.rs, b.rs and 1 more: ")]
    [InlineData("a.rs probes", "a.rs: ")]
    [InlineData("probes", "probes/: ")]
    [InlineData("Cargo.lock a.rs", "a.rs: ")]
    [InlineData("Cargo.lock probes", "probes/: ")]
    [InlineData("Cargo.lock", "Cargo.lock: ")]
    [InlineData("", "")]
    public void What_somebody_edited_is_named_before_what_follows_from_it(string paths, string text)
    {
        Directory.CreateDirectory(_directory["probes"]);
        var changed = paths.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => new ChangedPath(_directory[p], Digest.OfText(p)));

        Assert.Equal(text, ChangeText.Of(WorldChange.Unknown with { Changed = [.. changed] }, _directory.Path));
    }
}
