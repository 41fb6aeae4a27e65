using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Index;

public sealed class IndexDatabaseTests : IDisposable
{
    private static readonly RememberedFile File1 = new(new FileStamp(5, -1, long.MaxValue, ulong.MaxValue), Digest.OfText("12345"));
    private static readonly RememberedFile File2 = new(new FileStamp(3, 2, 3, 4), Digest.OfText("abc"));

    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;

    public IndexDatabaseTests() => _index = Open();

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_fresh_index_knows_nothing()
    {
        Assert.Empty(_index.FilesBelow("/"));
        Assert.Null(_index.FileAt("/a"));
        Assert.Empty(_index.Steps("/w"));
        Assert.Null(_index.Memo("m"));
    }

    [Fact]
    public void Files_are_known_by_path_and_by_directory()
    {
        _index.RememberFiles([new("/w/a", File1), new("/w/b/c", File2), new("/w2/a", File2), new("/w", File2)]);

        Assert.Equal(File1, _index.FileAt("/w/a"));
        Assert.Null(_index.FileAt("/w/A"));
        Assert.Equal(["/w/a", "/w/b/c"], _index.FilesBelow("/w").Keys.Order(StringComparer.Ordinal));
        Assert.Equal(File2, _index.FilesBelow("/w")["/w/b/c"]);
    }

    [Fact]
    public void A_directory_is_not_a_prefix_of_names()
    {
        _index.RememberFiles([new("/w-old/a", File1), new("/w.bak/a", File1), new("/w/é/😀", File2), new("/w0", File1)]);

        Assert.Equal(["/w/é/😀"], _index.FilesBelow("/w").Keys);
    }

    [Fact]
    public void What_is_remembered_again_replaces_what_was()
    {
        _index.RememberFiles([new("/w/a", File1)]);
        _index.RememberFiles([new("/w/a", File2)]);
        _index.RememberMemo("m", [1]);
        _index.RememberMemo("m", [2]);

        Assert.Equal(File2, _index.FileAt("/w/a"));
        Assert.Equal([2], _index.Memo("m"));
    }

    [Fact]
    public void Steps_belong_to_their_workspace_until_they_are_forgotten()
    {
        var (one, other) = (new RememberedStep(Digest.OfText("k1"), Digest.OfText("i1")), new RememberedStep(Digest.OfText("k2"), Digest.OfText("i2")));
        _index.RememberSteps("/w", [new EndedStep("link a", one, Ran: true, Outcome: null)]);
        _index.RememberSteps("/w", [new EndedStep("link b", one, Ran: true, Outcome: null)]);
        _index.RememberSteps("/w", [new EndedStep("link b", other, Ran: true, Outcome: null)]);
        _index.RememberSteps("/v", [new EndedStep("link a", other, Ran: true, Outcome: null)]);

        Assert.Equal(new() { ["link a"] = one, ["link b"] = other }, _index.Steps("/w"));
        _index.ForgetSteps("/w", ["link a", "link never"]);
        Assert.Equal(new() { ["link b"] = other }, _index.Steps("/w"));
        Assert.Equal(new() { ["link a"] = other }, _index.Steps("/v"));
    }

    [Fact]
    public void Steps_of_a_probe_are_not_those_of_one_whose_name_goes_on()
    {
        var step = new RememberedStep(Digest.OfText("k"), Digest.OfText("i"));
        foreach (var name in (string[])["xdp link", "xdp/old patch", "xdp-parse link", "xdp.v2 link", "xdp2 link", "xdp_a link", "tc link", "XDP link"])
            _index.RememberSteps("/w", [new EndedStep(name, step, Ran: true, Outcome: null)]);

        Assert.Equal(["xdp link", "xdp/old patch"], _index.Steps("/w", ["xdp"]).Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["tc link", "xdp2 link"], _index.Steps("/w", ["xdp2", "tc"]).Keys.Order(StringComparer.Ordinal));
        Assert.Empty(_index.Steps("/w", []));
        Assert.Equal(8, _index.Steps("/w").Count);
    }

    [Fact]
    public void When_a_step_ran_and_when_it_was_found_are_two_outcomes()
    {
        var row = new RememberedStep(Digest.OfText("k"), Digest.OfText("i"));
        _index.RememberSteps("/w", [new EndedStep("a link", row, Ran: true, [1]), new EndedStep("a/v patch", null, Ran: true, [2])]);
        _index.RememberSteps("/w", [new EndedStep("a link", null, Ran: false, [3])]);
        _index.RememberSteps("/w", [new EndedStep("a link", null, Ran: false, [4])]);

        Assert.Equal([("a link", false, 4), ("a link", true, 1), ("a/v patch", true, 2)], _index.Outcomes("/w", "a").Select(o => (o.Step, o.Ran, (int)o.Record[0])).Order());
        Assert.Equal(new() { ["a link"] = row }, _index.Steps("/w"));
        _index.ForgetSteps("/w", ["a link"]);
        Assert.Single(_index.Outcomes("/w", "a"));
    }

    [Fact]
    public void Inputs_belong_to_their_workspace_and_probe()
    {
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        _index.RememberInputs("/w", "all", first, [new("a", "\n/w/a\n"), new("b", "\n/w/b\n")]);
        _index.RememberInputs("/w", "all", second, [new("b", "\n/w/b2\n")]);
        _index.RememberInputs("/v", "all", first, [new("a", "\n/v/a\n")]);

        Assert.Null(_index.Inputs("/w", "all", first));
        Assert.Equal([("a", "\n/w/a\n"), ("b", "\n/w/b2\n")], _index.Inputs("/w", "all", second)!.Order());
        _index.ForgetWorkspace("/w");
        Assert.Null(_index.Inputs("/w", "all", second));
        Assert.Single(_index.Inputs("/v", "all", first)!);
    }

    [Fact]
    public void Forgetting_a_workspace_keeps_the_others_files_and_memos()
    {
        var step = new RememberedStep(Digest.OfText("k"), Digest.OfText("i"));
        foreach (var workspace in (string[])["/w", "/v"])
            _index.RememberSteps(workspace, [new EndedStep("link a", step, Ran: true, Outcome: null)]);
        _index.RememberFiles([new("/w/a", File1)]);
        _index.RememberMemo("m", [1]);

        _index.ForgetWorkspace("/w");

        Assert.Empty(_index.Steps("/w"));
        Assert.Single(_index.Steps("/v"));
        Assert.NotNull(_index.FileAt("/w/a"));
        Assert.NotNull(_index.Memo("m"));
    }

    [Fact]
    public void Everything_is_known_to_the_next_process()
    {
        _index.RememberFiles([new("/w/a", File1)]);
        _index.RememberMemo("m", [7]);

        using var next = Open();

        Assert.Equal(File1, next.FileAt("/w/a"));
        Assert.Equal([7], next.Memo("m"));
    }

    private IndexDatabase Open() =>
        IndexDatabase.Open(_directory["cache/index.db"], why => Assert.Fail($"the index was replaced: {why}"));
}
