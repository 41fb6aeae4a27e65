using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Maintenance;

namespace BpfIncr.Cache.Tests.Maintenance;

public sealed class ProvenanceTests : IDisposable
{
    private static readonly DateTime Noon = new(2026, 5, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly SampleCache _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void An_object_leads_back_through_every_step_to_the_sources()
    {
        Add("rustc", 0, [("src/main.rs", "source")], ("objects/0.bc", "bitcode"), ("exports.txt", "main"));
        Add("link", 1, [("objects/0.bc", "bitcode"), ("exports.txt", "main")], ("linked.bc", "linked"));
        Add("codegen", 2, [("linked.bc", "linked")], ("probe.o", "object"));

        var steps = Of("object");

        Assert.Equal(["codegen", "link", "rustc"], steps.Select(s => s.Result.Action.Arguments[0]));
        Assert.All(steps, s => Assert.Equal(0, s.Others));
        Assert.Equal(Noon.AddMinutes(2), steps[0].Result.Completed);
        Assert.Equal(Digest.OfText("source"), steps[^1].Result.Action.Inputs.Files["src/main.rs"]);
    }

    [Fact]
    public void What_only_shares_some_of_the_inputs_is_not_where_they_come_from()
    {
        Add("rustc", 0, [("src/a.rs", "a")], ("objects/0.bc", "a"), ("libraries/core.rlib", "core"));
        Add("rustc", 1, [("src/b.rs", "b")], ("objects/0.bc", "b"), ("libraries/core.rlib", "core"));
        Add("link", 2, [("objects/0.bc", "a"), ("libraries/core.rlib", "core")], ("linked.bc", "linked"));

        Assert.Equal(["linked.bc", "src/a.rs"], Of("linked").Select(s => s.Result).SelectMany(r => r.Action.Arguments[0] == "link" ? r.Outputs.Select(o => o.Name) : r.Action.Inputs.Files.Keys));
    }

    [Fact]
    public void Of_several_that_gave_the_same_it_is_the_last_that_was_finished_before_it_was_read()
    {
        Add("link", 0, [("objects/0.bc", "1")], ("linked.bc", "linked"));
        Add("link", 1, [("objects/0.bc", "2")], ("linked.bc", "linked"));
        Add("link", 3, [("objects/0.bc", "3")], ("linked.bc", "linked"));
        Add("patch", 2, [("linked.bc", "linked")], ("patched.bc", "patched"));

        var link = Of("patched")[1];

        Assert.Equal((Noon.AddMinutes(1), 2), (link.Result.Completed, link.Others));
    }

    [Fact]
    public void A_lost_result_ends_the_way_there_and_unknown_content_has_none()
    {
        Add("link", 0, [("objects/0.bc", "bitcode")], ("linked.bc", "linked"));
        Add("patch", 1, [("linked.bc", "linked")], ("patched.bc", "patched"));
        File.Delete(_cache.Results.PathOf(Of("linked")[0].Result.Action.Key));

        Assert.Equal(["patch"], Of("patched").Select(s => s.Result.Action.Arguments[0]));
        Assert.Empty(Of("linked"));
    }

    private System.Collections.Immutable.ImmutableArray<ProvenanceStep> Of(string content) =>
        Provenance.Of(CacheInventory.Take(_cache.Root, TestContext.Current.CancellationToken), Digest.OfText(content));

    private void Add(string stage, int minute, (string Name, string Content)[] inputs, params (string Name, string Content)[] outputs)
    {
        var tree = new InputTree(inputs.Select(i => KeyValuePair.Create(i.Name, Digest.OfText(i.Content))));
        var action = new StepAction([stage], [], [new("llvm", "22")], tree, ["out"], "");
        _cache.Results.Add(new StepResult(action, [.. outputs.Select(o => new StepOutput(o.Name, _cache.Put(o.Content)))], [], TimeSpan.FromSeconds(1))
        {
            Completed = Noon.AddMinutes(minute),
        });
    }
}
