using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Linker;

/// <summary>
/// Releases of one LLVM major, whoever has built them, make the same object of the same module. The module goes from one to the other
/// as text, which none of them refuses.
/// </summary>
public sealed class LlvmReleaseTests : IDisposable
{
    private const string Rustc = "/usr/bin/rustc";

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_release_of_a_major_makes_the_same_object()
    {
        var major = Major(Rustc);
        var others = Toolchains().Where(r => Major(r) == major).ToList();
        if (others.Count == 0)
            Assert.Skip($"NOT COMPARED: there is no second libLLVM {major} here; rustup has none");
        Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, "corpus"), _directory["corpus"]);
        File.CreateSymbolicLink(_directory["bpf-linker"], Repository.Program);

        foreach (var (package, program) in (IEnumerable<(string, string)>)
            [("language", "enums"), ("language", "iterators"), ("language", "moves"), ("language", "overflows"), ("language", "signed"), ("language", "wide"), ("kinds", "struct_ops")])
        {
            var module = Module(package, program);
            var expected = Link(Rustc, program, module);
            foreach (var other in others)
                Assert.True(expected.SequenceEqual(Link(other, program, module)), $"{program}: {other} makes another object");
        }
    }

    // What rustc has linked of a program, before it is optimized.
    private string Module(string package, string program)
    {
        var arguments = (string[])["rustc", "-q", "--release", "--offline", "--target", "bpfel-unknown-none", "-p", package, "--bin", program, "--",
            $"-Clinker={_directory["bpf-linker"]}", "-Cdebuginfo=2", "-Clink-arg=--btf", "-Clink-arg=--emit=llvm-bc", $"-Clink-arg=--dump-module={_directory[program]}"];
        var result = Tool.Run("/usr/bin/cargo", _directory["corpus"], arguments, ("RUSTC", Rustc), ("BPFINCR_CACHE_DIR", _directory["cache"]));
        Assert.True(result.ExitCode == 0, result.ToString());
        return _directory[$"{program}/pre-opt.ll"];
    }

    private byte[] Link(string rustc, string program, string module)
    {
        var output = _directory[$"{program}.o"];
        var result = Tool.Run(
            _directory["bpf-linker"], _directory.Path, ["--btf", "--export", $"{program},LICENSE,INPUT,CONSTANT,ssthresh,cong_avoid,undo_cwnd", "-o", output, "--log-file", _directory["log"], module],
            ("RUSTC", rustc), ("BPFINCR_CACHE_DIR", _directory["cache"]));
        Assert.True(result.ExitCode == 0, result.ToString());
        // Otherwise it would be the object of another release that is compared.
        Assert.All(File.ReadLines(_directory["log"]), l => Assert.Contains(" Executed", l, StringComparison.Ordinal));
        File.Delete(_directory["log"]);
        return File.ReadAllBytes(output);
    }

    private static IEnumerable<string> Toolchains()
    {
        var rustup = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".rustup/toolchains");
        return Directory.Exists(rustup) ? Directory.EnumerateDirectories(rustup).Select(d => Path.Combine(d, "bin/rustc")).Where(File.Exists) : [];
    }

    private static string Major(string rustc) =>
        Tool.Run(rustc, "/", ["-vV"]).Output.Split('\n').First(l => l.StartsWith("LLVM version: ", StringComparison.Ordinal))["LLVM version: ".Length..].Split('.')[0];
}
