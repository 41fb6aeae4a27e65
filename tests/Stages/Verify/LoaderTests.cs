using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Stages.Tests.Verify;

/// <summary>Objects that are meant for other loaders than libbpf, in the running kernel.</summary>
[Collection(nameof(Loader))]
public sealed class LoaderTests : LlvmTests
{
    private const string License = "@LICENSE = constant [4 x i8] c\"GPL\\00\", section \"license\"\n";

    // bpf_trace_printk, which only programs under the GPL may call.
    private const string Print = """
        %text = alloca i64
          store i64 105, ptr %text
          %printed = call i64 inttoptr (i64 6 to ptr)(ptr %text, i32 8)
        """;

    [Fact]
    public void RedBPFs_iterator_goes_over_what_its_section_says()
    {
        LoadReport report = Load("task_iter/prog", "", License);

        ProgramReport program = Assert.Single(report.Programs);
        Assert.True(program.State == ProgramState.Accepted, program.Log);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@COUNTS = global { i32, i32, i32, i32, i32 } { i32 2, i32 4, i32 8, i32 3, i32 0 }, section \"maps\"\n")]
    public void An_object_without_a_license_is_taken_as_aya_takes_it(string maps)
    {
        LoadReport report = Load("xdp", Print, maps);

        ProgramReport program = Assert.Single(report.Programs);
        Assert.True(program.State == ProgramState.Accepted, program.Log);
        Diagnostic finding = Assert.Single(Verdict.Of(report, [], 12).Diagnostics);
        Assert.Equal(("BPFI2707", Severity.Warning), (finding.Id, finding.Severity));
        Assert.Contains("static LICENSE: [u8; 4] = *b\"GPL\\0\"", finding.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_keeps_the_license_that_it_has()
    {
        LoadReport report = Load("xdp", Print, License.Replace("GPL", "MIT", StringComparison.Ordinal));

        ProgramReport program = Assert.Single(report.Programs);
        Assert.Contains("cannot call GPL-restricted function", program.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Verdict.Of(report, [], 12).Diagnostics, static finding => finding.Id == "BPFI2707");
    }

    private LoadReport Load(string section, string body, string globals)
    {
        using LlvmModule module = TestLlvm.Parse(Context, $$"""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            {{globals}}
            define i32 @prog(ptr %context) section "{{section}}" {
              {{body}}
              ret i32 0
            }
            """);
        byte[] content = CodegenStage.Generate(new CodegenOptions(), module)!;
        Assert.Empty(Context.Diagnostics);
        // Says whether the kernel can be asked.
        using var kernel = new KernelLoader();
        LibbpfLibrary.Load(LibbpfLibrary.Find()!);
        LibbpfMessages.Listen();
        return Loader.Run(content, 10_000);
    }
}
