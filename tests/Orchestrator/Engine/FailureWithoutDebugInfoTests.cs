using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Workers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Engine;

public sealed class FailureWithoutDebugInfoTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly InstalledPrograms _programs = new(["never-started"]);
    private readonly SemaphoreSlim _slots = new(4);

    public FailureWithoutDebugInfoTests() => _index = IndexDatabase.Open(_directory["index.db"], _ => { });

    public void Dispose()
    {
        _index.Dispose();
        _slots.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("""{ "btf": false }""", "patch", "patch false, patch true", 7)]
    [InlineData("""{ "btf": false }""", "codegen", "patch false, optimize false, codegen false, patch true, optimize true, codegen true", 7)]
    [InlineData("""{ "lineInfo": false }""", "optimize", "patch false, optimize false, patch true, optimize true", 7)]
    [InlineData("{}", "codegen", "patch true, optimize true, codegen true", 7)]
    [InlineData("""{ "btf": false }""", "nothing", "patch false, optimize false, codegen false", 0)]
    public async Task What_fails_without_lines_runs_once_more_with_them_so_that_it_has_its_place(string variant, string failing, string calls, int line)
    {
        var settings = SettingsReader.Read(System.Text.Encoding.UTF8.GetBytes($$"""{ "variants": { "one": {{variant}} } }"""), _directory.Path);
        var tool = new Tool(failing);
        var tools = new PassTools(
            new TieredCache(new ActionCache(_directory.Path), new BlobStore(_directory.Path), [], _ => { }), _index, new FileTable(_index, []), _programs, tool, []);
        var table = new StepTable("/w", ImmutableDictionary<StepId, RememberedStep>.Empty, tools, new NoObserver());
        var resolver = new StepResolver(new StepRunner(tools.Cache, tools.Workers), tools, table, new NoObserver(), _slots, () => { });

        await new ProbeChain(settings, "22", "xdp", resolver).RunAsync([], ["one"], TestContext.Current.CancellationToken);

        Assert.Equal(calls, string.Join(", ", tool.Calls));
        Assert.Equal(line, table.Steps.SelectMany(s => s.Diagnostics).SingleOrDefault()?.Line ?? 0);
    }

    // A program, of which the one thing that is known is whether it has lines.
    private sealed class Tool(string failing) : IToolRunner
    {
        public List<string> Calls { get; } = [];

        public void Warm(IEnumerable<ImmutableArray<string>> sampleArguments, int count)
        {
        }

        public async Task<ToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
        {
            var stage = call.Arguments[0];
            var output = call.Arguments.Single(a => a.StartsWith("--output=", StringComparison.Ordinal))["--output=".Length..];
            var lines = stage == "link" ? "" : stage == "patch"
                ? call.Arguments.Contains("--line-info=true") && call.Arguments.Contains("--btf=true") ? "true" : "false"
                : await File.ReadAllTextAsync(call.Inputs.Single().Path, cancellationToken);
            if (stage != "link")
                Calls.Add($"{stage} {lines}");
            if (stage == failing)
                return new ToolResult(false, [Diagnostic.Error("BPFI2504", "unresolved").At(new SourceLocation("f", lines == "true" ? "a.rs" : null, lines == "true" ? 7 : 0))]);
            await File.WriteAllTextAsync(Path.Combine(call.OutputDirectory, output), lines, cancellationToken);
            return new ToolResult(true, []);
        }
    }
}
