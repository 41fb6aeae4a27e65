using System.Diagnostics;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;

namespace BpfIncr.Stages.Tests;

/// <summary>Finds the libLLVM of the installed rustc, and loads it once for tests that use it in this process.</summary>
internal static class TestLlvm
{
    private static readonly Lazy<string> Found = new(Find);

    /// <summary>Absolute path of the library.</summary>
    public static string Path => Found.Value;

    public static void Load() => LlvmLibrary.Load(Path, [.. OptimizeStage.BaseOptions, .. CodegenStage.BaseOptions]);

    /// <summary>Parses textual IR; whoever asks disposes the context.</summary>
    public static LlvmModule Parse(LlvmContext context, string text) => context.ParseText(System.Text.Encoding.UTF8.GetBytes(text));

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("BPFINCR_TEST_LLVM") is { Length: > 0 } given) return given;
        string sysroot = Output("rustc", "--print", "sysroot");
        string[] directories = [System.IO.Path.Combine(sysroot, "lib"), "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"];
        return directories.Where(Directory.Exists)
            .SelectMany(static directory => Directory.EnumerateFiles(directory, "libLLVM*.so*"))
            .OrderByDescending(static file => file.Contains(".so.", StringComparison.Ordinal))
            .FirstOrDefault() ?? throw new InvalidOperationException("no libLLVM found: set BPFINCR_TEST_LLVM to one with the BPF target");
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Trim();
    }
}
