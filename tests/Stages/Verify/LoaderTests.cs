using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Stages.Tests.Verify;

/// <summary>Objects that are meant for other loaders than libbpf, in the running kernel.</summary>
[Collection(nameof(Loader))]
public sealed class LoaderTests : LlvmTests
{
    private const string License = "@LICENSE = constant [4 x i8] c\"GPL\\00\", section \"license\"\n";

    [Fact]
    public void RedBPFs_iterator_goes_over_what_its_section_says()
    {
        LoadReport report = Load("task_iter/prog", "", License);

        ProgramReport program = Assert.Single(report.Programs);
        Assert.True(program.State == ProgramState.Accepted, program.Log);
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
