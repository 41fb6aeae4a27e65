using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Accesses of one of several fields of a context, of which kernels take none at an address that is chosen.</summary>
public sealed class ContextAccessTests : LlvmTests
{
    private const string Chosen = "%offset = select i1 %large, i64 0, i64 8 ; %at = getelementptr i8, ptr %context, i64 %offset ; ";
    private const string Load = "%value = load i32, ptr %at, align 4 ; ret i32 %value";

    public static TheoryData<string, int> Repaired => new()
    {
        { $"{Chosen}{Load}", 2 },
        { $"{Chosen}%value = load volatile i32, ptr %at, align 4 ; ret i32 %value", 2 },
        { $"%other = getelementptr i8, ptr %context, i64 8 ; %at = select i1 %large, ptr %context, ptr %other ; {Load}", 2 },
        { $"%offset = zext i1 %large to i64 ; %at = getelementptr i32, ptr %context, i64 %offset ; {Load}", 2 },
        { $"%offset = select i1 %large, i32 0, i32 2 ; %at = getelementptr i32, ptr %context, i32 %offset ; {Load}", 2 },
        { $"%bit = zext i1 %large to i64 ; %odd = shl i64 %bit, 3 ; %offset = add i64 %odd, 4 ; %at = getelementptr i8, ptr %context, i64 %offset ; {Load}", 2 },
        { $"%first = select i1 %large, i64 8, i64 32 ; %offset = select i1 %small, i64 0, i64 %first ; %at = getelementptr i8, ptr %context, i64 %offset ; {Load}", 3 },
        { $"%first = select i1 %large, i64 0, i64 48 ; %base = getelementptr i8, ptr %context, i64 %first ; %second = select i1 %small, i64 0, i64 4 ; %at = getelementptr i8, ptr %base, i64 %second ; {Load}", 4 },
        { $"br i1 %large, label %a, label %b ; a: ; %at.a = getelementptr i8, ptr %context, i64 8 ; br label %b ; b: ; %at = phi ptr [ %context, %0 ], [ %at.a, %a ] ; {Load}", 2 },
        { $"{Chosen}%short = load i16, ptr %at, align 4 ; %value = zext i16 %short to i32 ; ret i32 %value", 2 },
        { "%offset = select i1 %large, i64 8, i64 32 ; %at = getelementptr i8, ptr %context, i64 %offset ; store i32 %x, ptr %at, align 4 ; ret i32 0", 2 },
        { "%offset = select i1 %large, i64 8, i64 32 ; %at = getelementptr i8, ptr %context, i64 %offset ; %old = load i32, ptr %at, align 4 ; %new = add i32 %old, 1 ; store i32 %new, ptr %at, align 4 ; ret i32 0", 4 },
    };

    [Theory]
    [MemberData(nameof(Repaired))]
    public void A_field_that_is_chosen_is_accessed_in_a_branch_of_its_own(string body, int accesses)
    {
        using LlvmModule module = Parse(body);

        ContextAccess.Run(module);

        Assert.Null(module.Verify());
        Assert.Equal(accesses, Accesses(module).Count);
        Assert.All(Accesses(module), access => Assert.True(Place(module, access).IsInContext, module.ToText()));
        Assert.DoesNotContain("@bpfincr.", module.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Repaired))]
    public void The_kernel_takes_what_it_refuses_otherwise(string body, int accesses)
    {
        using var kernel = new KernelLoader();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");
        try
        {
            string before = Write("before.o", repaired: false), after = Write("after.o", repaired: true);

            string refusal = kernel.Refusal(before);
            kernel.Load(after);

            Assert.True(accesses > 1);
            Assert.Contains("dereference of modified ctx ptr", refusal, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        string Write(string name, bool repaired)
        {
            string path = Path.Combine(directory.FullName, name);
            using LlvmModule module = Parse(body);
            PatchStage.Apply(new PatchOptions(), module);
            if (repaired) OptimizeStage.Apply(new OptimizeOptions(), module);
            byte[] made = CodegenStage.Generate(new CodegenOptions(), module)!;
            Assert.Empty(Context.Diagnostics);
            File.WriteAllBytes(path, made);
            return path;
        }
    }

    [Fact]
    public void A_function_that_is_called_with_the_context_is_repaired()
    {
        using LlvmModule module = Parse(
            "%value = call i32 @reads(ptr %context, i1 %large) ; ret i32 %value",
            "define internal i32 @reads(ptr %context, i1 %large) noinline { %offset = select i1 %large, i64 0, i64 8 ; %at = getelementptr i8, ptr %context, i64 %offset ; %value = load i32, ptr %at ; ret i32 %value }");

        ContextAccess.Run(module);

        Assert.Equal(2, Accesses(module).Count);
    }

    [Theory]
    // The kernel takes a constant offset as it is.
    [InlineData("%at = getelementptr i8, ptr %context, i64 8 ; %value = load i32, ptr %at ; ret i32 %value")]
    // Nobody knows how far this goes.
    [InlineData("%wide = zext i32 %x to i64 ; %at = getelementptr i8, ptr %context, i64 %wide ; %value = load i32, ptr %at ; ret i32 %value")]
    // The stack is no context.
    [InlineData("%stack = alloca i64 ; store i64 0, ptr %stack ; %offset = select i1 %large, i64 0, i64 4 ; %at = getelementptr i8, ptr %stack, i64 %offset ; %value = load i32, ptr %at ; ret i32 %value")]
    [InlineData("%stack = alloca i64 ; store i64 0, ptr %stack ; %at = select i1 %large, ptr %stack, ptr %context ; %value = load i32, ptr %at ; ret i32 %value")]
    // An order that is asked for is not given up.
    [InlineData("%offset = select i1 %large, i64 0, i64 8 ; %at = getelementptr i8, ptr %context, i64 %offset ; %value = load atomic i32, ptr %at acquire, align 4 ; ret i32 %value")]
    public void Anything_else_stays(string body)
    {
        using LlvmModule module = Parse(body);
        string before = module.ToText();

        ContextAccess.Run(module);

        Assert.Equal(before, module.ToText());
    }

    private static List<LLVMValueRef> Accesses(LlvmModule module) => [.. module.DefinedFunctions().SelectMany(LlvmModule.Instructions)
        .Where(static instruction => LLVM.LLVMGetInstructionOpcode(instruction) is LLVMOpcode.Load or LLVMOpcode.Store)];

    private static MemoryPlace Place(LlvmModule module, LLVMValueRef access) => MemoryPlace.Of(
        LLVM.LLVMGetOperand(access, LLVM.LLVMGetInstructionOpcode(access) == LLVMOpcode.Load ? 0u : 1u), LLVM.LLVMGetModuleDataLayout(module.Ref));

    private LlvmModule Parse(string body, string further = "") => TestLlvm.Parse(Context, $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @LICENSE = constant [4 x i8] c"GPL\00", section "license"
        define i32 @prog(ptr %context) section "tc" {
          %x = call i32 inttoptr (i64 7 to ptr)()
          %large = icmp ugt i32 %x, 5
          %small = icmp ult i32 %x, 2
          {{body.Replace(" ; ", "\n  ", StringComparison.Ordinal)}}
        }
        {{further.Replace(" ; ", "\n  ", StringComparison.Ordinal)}}
        """);
}
