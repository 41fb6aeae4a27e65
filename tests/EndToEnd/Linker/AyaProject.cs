using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Linker;

/// <summary>
/// The fixture in the style of aya's template, with the program on the path under the name that rustc calls the linker of BPF
/// targets by.
/// </summary>
internal sealed class AyaProject : IDisposable
{
    private const string Cargo = "/usr/bin/cargo", Rustc = "/usr/bin/rustc";

    private readonly TestDirectory _directory = new();

    public AyaProject()
    {
        Directory.CreateDirectory(_directory["bin"]);
        File.CreateSymbolicLink(Linker, Repository.Program);
        Copy("project");
    }

    /// <summary>The linker.</summary>
    public string Linker => _directory["bin/bpf-linker"];

    /// <summary>A path beside the projects.</summary>
    public string this[string path] => _directory[path];

    /// <summary>Another copy of the project.</summary>
    public void Copy(string name) => Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, "aya-style"), _directory[name]);

    /// <summary>Runs cargo in a copy.</summary>
    public ToolResult Run(string project, IEnumerable<(string, string)> environment, params string[] arguments) => Tool.Run(
        Cargo, _directory[project], arguments,
        [
            // aya's libraries are made for a nightly rustc, and this one is as good with it.
            ("RUSTC_BOOTSTRAP", "1"),
            ("RUSTC", Rustc), ("PATH", $"{_directory["bin"]}:{Environment.GetEnvironmentVariable("PATH")}"), ("BPFINCR_CACHE_DIR", _directory["cache"]),
            ("CARGO_NET_OFFLINE", "true"), .. environment,
        ]);

    /// <summary>Has rustc call the linker with further arguments, and gives what is written.</summary>
    public (ToolResult Result, string Output) Link(string project, params IEnumerable<string> arguments)
    {
        string[] flags = ["--cfg=bpf_target_arch=\"x86_64\"", "-Cdebuginfo=2", .. arguments.Select(a => a.StartsWith("-C", StringComparison.Ordinal) || a.StartsWith("--remap", StringComparison.Ordinal) ? a : $"-Clink-arg={a}")];
        var result = Run(
            project, [("CARGO_ENCODED_RUSTFLAGS", string.Join('\u001f', flags))],
            "build", "-q", "--package", "flow-watch-ebpf", "--release", "--target", "bpfel-unknown-none");
        return (result, _directory[$"{project}/target/bpfel-unknown-none/release/flow-watch"]);
    }

    /// <summary>Calls the linker by hand.</summary>
    public ToolResult Call(params IEnumerable<string> arguments) => Tool.Run(
        Linker, _directory.Path, arguments, ("BPFINCR_CACHE_DIR", _directory["cache"]), ("RUSTC", Rustc));

    /// <summary>Fails when the kernel does not take an object whole.</summary>
    public void AssertLoads(string path)
    {
        var check = Tool.Run(Repository.Program, _directory.Path, ["check", path], ("BPFINCR_CACHE_DIR", _directory["cache"]));
        Assert.True(check.ExitCode == 0 && check.Errors.Length == 0, check.ToString());
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
