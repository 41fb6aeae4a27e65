using System.Runtime.CompilerServices;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>
/// What patch, optimize and a part of codegen make of small modules, as text: <c>Golden/NAME.ll</c> becomes <c>Golden/NAME.expected.ll</c>. With
/// <c>BPFINCR_UPDATE_GOLDEN=1</c> the expected texts are written anew; read what changed before you commit it.
/// </summary>
public sealed class GoldenTests : IDisposable
{
    // Another LLVM prints another text.
    private const string Llvm = "22.";

    private readonly LlvmContext context;

    public GoldenTests()
    {
        TestLlvm.Load();
        context = new LlvmContext("BPFI2201");
    }

    public void Dispose() => context.Dispose();

    [Theory]
    [InlineData("panic-exit", PanicPolicy.Exit)]
    [InlineData("panic-keep", PanicPolicy.Keep)]
    [InlineData("panic-reject", PanicPolicy.Reject)]
    public void Panics(string name, PanicPolicy policy) => Check(name, module => PatchStage.Apply(new PatchOptions { Panic = policy }, module));

    [Theory]
    [InlineData("inline-all", InlinePolicy.All)]
    [InlineData("inline-calls", InlinePolicy.Calls)]
    public void Inlining(string name, InlinePolicy policy) => Check(name, module => PatchStage.Apply(new PatchOptions { Inline = policy }, module));

    [Theory]
    [InlineData("host", true, true)]
    [InlineData("comment-moves-nothing", true, true)]
    [InlineData("no-line-info", true, false)]
    [InlineData("no-btf", false, false)]
    [InlineData("kernel-functions", true, true)]
    public void Target_and_debug_info(string name, bool btf, bool lineInfo) =>
        Check(name, module => PatchStage.Apply(new PatchOptions { Btf = btf, LineInfo = lineInfo }, module));

    [Theory]
    [InlineData("copy-unknown", false)]
    [InlineData("copy-short", false)]
    [InlineData("unroll", true)]
    [InlineData("unreachable", false)]
    [InlineData("relaxed", false)]
    [InlineData("context-choice", false)]
    public void Optimization(string name, bool unroll) => Check(name, module => OptimizeStage.Apply(new OptimizeOptions { Unroll = unroll }, module));

    [Theory]
    [InlineData("copy-words", false)]
    [InlineData("copy-unaligned", true)]
    public void Copies(string name, bool unaligned) => Check(name, module => new CopySplitter(module, unaligned).Run());

    [Fact]
    public void Every_text_belongs_to_a_test() => Assert.Equal(18, Directory.GetFiles(In(""), "*.expected.ll").Length);

    private void Check(string name, Action<LlvmModule> stage)
    {
        Assert.StartsWith(Llvm, LlvmLibrary.Version, StringComparison.Ordinal);
        using LlvmModule module = TestLlvm.Parse(context, File.ReadAllText(In($"{name}.ll")));

        stage(module);

        Assert.Empty(context.Diagnostics);
        Assert.Null(module.Verify());
        // As it is written: some things are gone only then.
        using LlvmModule written = context.ParseBitcode(module.ToBitcode(), "")!;
        string made = string.Join('\n', written.ToText().Split('\n').SkipWhile(line => line.StartsWith("; ModuleID", StringComparison.Ordinal) || line.StartsWith("source_filename", StringComparison.Ordinal)));
        string expected = In($"{name}.expected.ll");
        if (Environment.GetEnvironmentVariable("BPFINCR_UPDATE_GOLDEN") == "1") File.WriteAllText(expected, made);
        Assert.Equal(File.ReadAllText(expected), made);
    }

    private static string In(string name, [CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "Golden", name);
}
