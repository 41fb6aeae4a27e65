using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace BpfIncr.Stages.Tests;

/// <summary>Asks the running kernel, through a BPF file system of its own. Needs root and bpftool; in CI their absence is a failure.</summary>
internal sealed partial class KernelLoader : IDisposable
{
    private readonly string mount;
    private int loaded;

    public KernelLoader()
    {
        bool possible = Environment.UserName == "root" && Run("bpftool", "version").Status == 0;
        if (!possible && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("CI must run this test as root and have bpftool");
        Assert.SkipUnless(possible, "loading into the kernel needs root and bpftool");
        mount = Directory.CreateTempSubdirectory("bpfincr-bpffs-").FullName;
        Assert.Equal(0, Run("mount", "-t", "bpf", "bpf", mount).Status);
    }

    public void Dispose()
    {
        Run("umount", mount);
        Directory.Delete(mount);
    }

    /// <summary>Has the verifier look at every program of an object, and gives the directory where they are.</summary>
    public string Load(string objectFile)
    {
        string programs = Path.Combine(mount, $"{++loaded}");
        (int status, string output) = Run("bpftool", "prog", "loadall", objectFile, programs);
        Assert.True(status == 0, output);
        // libbpf goes on without type information that the kernel refuses.
        Assert.False(output.Contains("Error loading", StringComparison.Ordinal), output);
        return programs;
    }

    /// <summary>What is said of an object that the kernel refuses.</summary>
    public string Refusal(string objectFile)
    {
        (int status, string output) = Run("bpftool", "prog", "loadall", objectFile, Path.Combine(mount, $"{++loaded}"));
        Assert.True(status != 0, "the kernel takes it");
        return output;
    }

    /// <summary>Runs a program of an object once for each file with a packet, and gives what it returned.</summary>
    public IReadOnlyList<uint> Run(string objectFile, string program, IReadOnlyList<string> packets)
    {
        string programs = Load(objectFile);
        var returned = new List<uint>();
        foreach (string packet in packets)
        {
            (int status, string output) = Run("bpftool", "prog", "run", "pinned", Path.Combine(programs, program), "data_in", packet);
            Assert.True(status == 0, output);
            returned.Add(uint.Parse(Returned().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }

        Directory.Delete(programs, recursive: true);
        return returned;
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

    [GeneratedRegex(@"Return value: (\d+)")]
    private static partial Regex Returned();
}
