using System.Diagnostics;
using System.Runtime.CompilerServices;
using BpfIncr.Cache.Digests;
using BpfIncr.Stages.KernelFunctions;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>The table of the functions that kernels let programs call.</summary>
public sealed class KernelFunctionTableTests
{
    private const string RunningKernel = "/sys/kernel/btf/vmlinux";

    [Fact]
    public void Every_prototype_can_be_read()
    {
        Assert.True(KernelFunctionTable.Names.Count > 300);
        Assert.All(KernelFunctionTable.Names.SelectMany(KernelFunctionTable.Prototypes), static prototype => Assert.Equal(KernelTypeKind.Function, KernelType.Parse(prototype).Kind));
    }

    [Fact]
    public void A_prototype_has_the_types_of_its_text()
    {
        KernelType less = KernelType.Parse(Assert.Single(KernelFunctionTable.Prototypes("bpf_rbtree_add_impl"))).Parameters[2];

        Assert.Equal((KernelTypeKind.Pointer, KernelTypeKind.Function), (less.Kind, less.Target!.Kind));
        Assert.Equal((KernelTypeKind.Bool, 2), (less.Target.Target!.Kind, less.Target.Parameters.Length));
        Assert.Equal((KernelTypeKind.Struct, "bpf_rb_node"), (less.Target.Parameters[0].Target!.Kind, less.Target.Parameters[0].Target!.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fn(")]
    [InlineData("fn()")]
    [InlineData("int")]
    [InlineData("*")]
    [InlineData("fn() -> void more")]
    public void What_is_no_type_is_refused(string text) => Assert.Throws<FormatException>(() => KernelType.Parse(text));

    // A kernel may have functions that the table does not know yet.
    [Fact]
    public void The_running_kernel_has_the_prototypes_of_the_table()
    {
        bool possible = File.Exists(RunningKernel);
        if (!possible && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("CI must run this test on a kernel with type information");
        Assert.SkipUnless(possible, "the running kernel has no type information");

        string[] rows = Output(Path.Combine(Root(), "eng", "kernel-functions.sh"), RunningKernel);

        List<(string Name, string Prototype)> known = [.. rows.Select(static row => row.Split(' ', 2)).Select(static parts => (parts[0], parts[1])).Where(static row => KernelFunctionTable.Prototypes(row.Item1).Count > 0)];
        Assert.True(known.Count > 10, $"{rows.Length} functions, {known.Count} of them known");
        Assert.All(known, static row => Assert.Contains(row.Prototype, KernelFunctionTable.Prototypes(row.Name)));
    }

    [Fact]
    public void The_table_is_an_ingredient_of_patchs_keys()
    {
        string table = File.ReadAllText(Path.Combine(Root(), "src", "Stages", "KernelFunctions", "functions.txt"));

        Assert.Contains($"--kernel-functions={Digest.OfText(table)}", new PatchOptions().ToArguments());
    }

    private static string[] Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Root([CallerFilePath] string source = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "..", ".."));
}
