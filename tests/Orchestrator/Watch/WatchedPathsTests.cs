using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Watch;

namespace BpfIncr.Orchestrator.Tests.Watch;

/// <summary>Which events can matter.</summary>
public sealed class WatchedPathsTests
{
    private readonly WatchedPaths _watched = new("/w", "/w/cache/v1") { Output = "/w/target/bpf" };

    public WatchedPathsTests() => _watched.Add(PassRecord.Of(1, "", [],
    [
        Entry("/w/src/main.rs", directory: false),
        Entry("/w/src", directory: true),
        Entry("/w/data/", directory: true),
        Entry("/elsewhere/rust-toolchain", directory: false),
        Entry("/w/target/bpf/modern/p.o", directory: false),
        Entry("/w/target/bpf/cargo/x.d", directory: false),
    ]));

    [Theory]
    [InlineData("/w/src/main.rs", true)]
    [InlineData("/w/src/new.rs", true)]
    [InlineData("/w/src/.main.rs.swp", false)]
    [InlineData("/w/src/main.rs~", false)]
    [InlineData("/w/data/.hidden", true)]
    [InlineData("/w/README.md", false)]
    [InlineData("/elsewhere/rust-toolchain", true)]
    [InlineData("/elsewhere/something", false)]
    [InlineData("/elsewhere", true)]
    [InlineData("/w/target/bpf/modern/p.o", true)]
    [InlineData("/w/target/bpf/cargo/x.d", false)]
    public void An_event_matters_when_its_path_was_looked_at_or_listed(string path, bool matters) =>
        Assert.Equal(matters, _watched.Matters(path));

    [Theory]
    [InlineData("/w/README.md", true)]
    [InlineData("/w/deep/down/mod.rs", true)]
    [InlineData("/w/.git/index", false)]
    [InlineData("/w/target/debug/x", false)]
    [InlineData("/w/cache/v1/blobs/tmp/x", false)]
    [InlineData("/w/target/bpf/cargo/x.d", false)]
    [InlineData("/elsewhere/something", false)]
    public void After_a_failure_anything_may_matter_that_a_source_may_be(string path, bool may) =>
        Assert.Equal(may, _watched.MayMatter(path));

    [Fact]
    public void The_directories_are_those_of_all_paths() => Assert.Equal(
        ["/elsewhere", "/w", "/w/data", "/w/src", "/w/target/bpf/modern"], _watched.Directories.Order(StringComparer.Ordinal));

    private static KeyValuePair<string, PassEntry> Entry(string path, bool directory) =>
        KeyValuePair.Create(path, new PassEntry(FileStamp.Missing, default, IsRacy: false, directory, IsSource: true));
}
