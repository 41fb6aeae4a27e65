using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Stages;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Engine;

public sealed class StepTableTests : IDisposable
{
    private const string Workspace = "/w";
    private static readonly StepId Id = new(Stage.Patch, "xdp", "legacy");

    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly PassTools _tools;
    private readonly InstalledPrograms _programs = new(["never-started"]);
    private readonly Observed _observed = new();

    public StepTableTests()
    {
        _index = IndexDatabase.Open(_directory["index.db"], _ => { });
        _tools = new PassTools(
            new TieredCache(new ActionCache(_directory.Path), new BlobStore(_directory.Path), [], _ => { }), _index, new FileTable(_index, []),
            _programs, _programs.Workers("never-loaded"), []);
    }

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void What_was_never_asked_for_is_new_and_is_remembered()
    {
        var table = NextPass();
        table.Done(Id, Result(), executed: true, TimeSpan.FromSeconds(1));

        var step = Assert.Single(table.Steps);
        Assert.Equal((StepState.Done, Change.New, Source.Executed), (step.State, step.Change, step.Source));
        Assert.Equal([step], _observed.Steps);
        Assert.True(table.Has(Id));
        Assert.Equal(new RememberedStep(Result().Action.Key, Result().Identity), _index.Steps(Workspace)[Id.IndexName]);
    }

    [Fact]
    public void The_same_step_again_is_cached_and_its_warnings_are_not_repeated()
    {
        var first = NextPass();
        first.Done(Id, Result(warning: "unused"), executed: true, default);
        var second = NextPass();
        second.Done(Id, Result(warning: "unused"), executed: false, default);

        Assert.Equal("unused", Assert.Single(Assert.Single(first.Steps).Diagnostics).Message);
        var step = Assert.Single(second.Steps);
        Assert.Equal((Change.Cached, Source.Memory), (step.Change, step.Source));
        Assert.Empty(step.Diagnostics);
    }

    [Fact]
    public void Another_key_with_the_same_output_is_unchanged_and_says_what_differs()
    {
        _tools.Results.Add(Result());
        NextPass().Done(Id, Result(), executed: true, default);
        var table = NextPass();
        table.Done(Id, Result(arguments: ["patch", "--panic=keep", "--new=1"]), executed: true, default);

        var step = Assert.Single(table.Steps);
        Assert.Equal(Change.Unchanged, step.Change);
        Assert.Equal(
            [Reason.Ingredient("--panic", "exit", "keep"), Reason.Ingredient("--new", null, "1"), Reason.Ingredient("--inline", "all", null)],
            step.Reasons);
    }

    [Fact]
    public void Another_output_is_modified()
    {
        NextPass().Done(Id, Result(), executed: true, default);
        var table = NextPass();
        table.Done(Id, Result(output: "other", arguments: ["patch", "--panic=keep"]), executed: false, default);

        Assert.Equal((Change.Modified, Source.ActionCache), (table.Steps.Single().Change, table.Steps.Single().Source));
    }

    [Fact]
    public void A_failure_keeps_the_row_of_before()
    {
        NextPass().Done(Id, Result(), executed: true, default);
        var rows = _index.Steps(Workspace);
        var table = NextPass();
        table.Failed(Id, Result(arguments: ["patch"]).Action, [Diagnostic.Error("BPFI2100", "no")], default);

        Assert.Equal(StepState.Failed, Assert.Single(table.Steps).State);
        Assert.True(Assert.Single(table.Steps).Ran);
        Assert.Equal(rows, _index.Steps(Workspace));
        Assert.True(table.ToRows().ContainsKey(Id));
    }

    [Fact]
    public void A_skipped_step_keeps_the_row_of_before()
    {
        NextPass().Done(Id, Result(), executed: true, default);
        var table = NextPass();
        table.Skipped(Id);

        Assert.Equal((StepState.Skipped, Source.None), (table.Steps.Single().State, table.Steps.Single().Source));
        Assert.True(table.ToRows().ContainsKey(Id));
    }

    [Fact]
    public void What_is_gone_is_removed_once()
    {
        NextPass().Done(Id, Result(), executed: true, default);
        var table = NextPass();
        table.Remove([Id, new StepId(Stage.Link, "never")]);

        Assert.Equal((Change.Removed, Source.None), (Assert.Single(table.Steps).Change, Assert.Single(table.Steps).Source));
        Assert.Empty(table.ToRows());
        Assert.Empty(_index.Steps(Workspace));
    }

    private StepTable NextPass() => new(Workspace, Driver.Load(Workspace, _index).Rows, _tools, _observed);

    private static StepResult Result(string output = "output", string? warning = null, string[]? arguments = null) => new(
        new StepAction(arguments ?? ["patch", "--panic=exit", "--inline=all"], [], [], new InputTree(), ["patched.bc"], ""),
        [new StepOutput("patched.bc", Digest.OfText(output))],
        warning is null ? [] : [DiagnosticStorage.Store(Diagnostic.Warning("BPFI2101", warning))],
        TimeSpan.Zero);

    private sealed class Observed : IPassObserver
    {
        public List<Step> Steps { get; } = [];

        public void Begins(int steps)
        {
        }

        public void Started(StepId step)
        {
        }

        public void Finished(Step step) => Steps.Add(step);

        public void Finished(CrateOutcome crate)
        {
        }

        public void Progress(string line)
        {
        }

        public void Summary(Report report)
        {
        }
    }
}
