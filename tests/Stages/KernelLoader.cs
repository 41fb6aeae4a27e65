using System.Diagnostics;

namespace BpfIncr.Stages.Tests;

/// <summary>Asks the running kernel's verifier. Needs root and bpftool; in CI their absence is a failure.</summary>
internal static class KernelLoader
{
    public static void AssertLoads(string objectFile)
    {
        bool possible = Environment.UserName == "root" && Run("bpftool", "version").Status == 0;
        if (!possible && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("CI must run this test as root and have bpftool");
        Assert.SkipUnless(possible, "loading into the kernel needs root and bpftool");
        string mount = Directory.CreateTempSubdirectory("bpfincr-bpffs-").FullName;
        Assert.Equal(0, Run("mount", "-t", "bpf", "bpf", mount).Status);
        try
        {
            (int status, string output) = Run("bpftool", "prog", "loadall", objectFile, Path.Combine(mount, "programs"));
            Assert.True(status == 0, output);
            // libbpf goes on without type information that the kernel refuses.
            Assert.DoesNotContain("Error loading", output, StringComparison.Ordinal);
        }
        finally
        {
            Run("umount", mount);
            Directory.Delete(mount);
        }
    }

    private static (int Status, string Output) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}
