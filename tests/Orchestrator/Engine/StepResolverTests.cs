using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Workers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Engine;

public sealed class StepResolverTests : IDisposable
{
    private const string Output = "patched.bc";
    private static readonly StepAction Action = new(["patch", $"--output={Output}"], [], [], new InputTree(), [Output], "");

    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly InstalledPrograms _programs = new(["never-started"]);
    private readonly Tool _tool = new();
    private readonly SemaphoreSlim _slots = new(4);

    public StepResolverTests() => _index = IndexDatabase.Open(_directory["index.db"], _ => { });

    public void Dispose()
    {
        _index.Dispose();
        _slots.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Equal_steps_at_the_same_time_run_once()
    {
        var table = new StepTable("/w", ImmutableDictionary<StepId, RememberedStep>.Empty, Tools(), new NoObserver());
        var resolver = Resolver(table);

        var one = resolver.ResolveAsync(new(Stage.Patch, "xdp", "one"), Action, Output, TestContext.Current.CancellationToken);
        var two = resolver.ResolveAsync(new(Stage.Patch, "xdp", "two"), Action, Output, TestContext.Current.CancellationToken);
        _tool.Finish();

        Assert.Equal((await one)!.Identity, (await two)!.Identity);
        Assert.Equal(1, _tool.Calls);
        Assert.Equal([Source.ActionCache, Source.Executed], table.Steps.Select(s => s.Source).Order());
    }

    [Fact]
    public async Task A_step_whose_run_was_cancelled_elsewhere_is_run_here()
    {
        using var stopped = new CancellationTokenSource();
        var one = NewResolver().ResolveAsync(new(Stage.Patch, "xdp", "one"), Action, Output, stopped.Token);
        var two = NewResolver().ResolveAsync(new(Stage.Patch, "xdp", "one"), Action, Output, TestContext.Current.CancellationToken);

        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        _tool.Finish();

        Assert.NotNull(await two);
        Assert.Equal(2, _tool.Calls);
    }

    [Fact]
    public async Task A_result_that_lacks_what_the_step_gives_is_made_again()
    {
        var tools = Tools();
        tools.Results.Add(new StepResult(Action, [new("another.bc", tools.Blobs.Put("x"u8))], [], TimeSpan.Zero));
        _tool.Finish();

        var result = await NewResolver().ResolveAsync(new(Stage.Patch, "xdp", "one"), Action, Output, TestContext.Current.CancellationToken);

        Assert.True(result!.Has(Output));
        Assert.True(tools.Results.TryGet(Action.Key)!.Has(Output));
        Assert.Equal(1, _tool.Calls);
    }

    private StepResolver NewResolver() =>
        Resolver(new StepTable("/w", ImmutableDictionary<StepId, RememberedStep>.Empty, Tools(), new NoObserver()));

    private StepResolver Resolver(StepTable table)
    {
        var tools = Tools();
        return new StepResolver(new StepRunner(tools.Cache, tools.Workers), tools, table, new NoObserver(), _slots, () => Assert.Fail("a step failed"));
    }

    private PassTools Tools() => new(
        new TieredCache(new ActionCache(_directory.Path), new BlobStore(_directory.Path), [], _ => { }), _index, new FileTable(_index, []), _programs, _tool, []);

    private sealed class Tool : IToolRunner
    {
        private readonly TaskCompletionSource _finish = new();
        private int _calls;

        public int Calls => _calls;

        public void Finish() => _finish.SetResult();

        public void Warm(IEnumerable<ImmutableArray<string>> sampleArguments, int count)
        {
        }

        public async Task<ToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            await _finish.Task.WaitAsync(cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(call.OutputDirectory, Output), "patched", cancellationToken);
            return new ToolResult(true, []);
        }
    }
}
