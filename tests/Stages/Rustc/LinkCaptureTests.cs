using System.Diagnostics;
using BpfIncr.Stages.Rustc;
using BpfIncr.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace BpfIncr.Stages.Tests.Rustc;

public sealed class LinkCaptureTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _output;

    public LinkCaptureTests() => _output = _directory["deps/xdp-01"];

    public void Dispose() => _directory.Dispose();

    [Property(MaxTest = 30)]
    public void What_was_captured_reads_back(NonEmptyArray<byte[]> objects, PositiveInt libraries)
    {
        var names = Enumerable.Range(0, libraries.Get).Select(i => $"/lib with space/lib{i}.rlib").ToList();
        Write([.. objects.Get], [.. names]);

        var capture = LinkCapture.TryRead(_output);

        Assert.NotNull(capture);
        Assert.Equal(_output, capture.Output);
        Assert.Equal(objects.Get, capture.Objects);
        Assert.Equal(names, capture.Libraries);
        Assert.Equal(["xdp_main", "PARSED"], capture.Exports);
    }

    [Fact]
    public void More_than_ten_objects_keep_their_order()
    {
        Write([.. Enumerable.Range(0, 12).Select(i => new[] { (byte)i })], []);

        Assert.Equal(Enumerable.Range(0, 12).Select(i => (byte)i), LinkCapture.TryRead(_output)!.Objects.Select(o => o.Single()));
    }

    [Fact]
    public void A_later_capture_takes_the_place_of_the_first_and_leaves_nothing_beside_it()
    {
        Write([[1]], []);
        Write([[2]], []);

        Assert.Equal([2], LinkCapture.TryRead(_output)!.Objects.Single());
        Assert.Equal([_output], Directory.EnumerateFiles(_directory["deps"]));
    }

    [Fact]
    public void Other_names_that_end_like_objects_are_not_captured()
    {
        File.WriteAllBytes(_directory["in.o"], [3]);

        Link("-o", _output, "-L", "missing.o", "--cpu", "x.o", "--cpu-features", "y.o", "--target", "-o", _directory["in.o"]);

        Assert.Equal([3], LinkCapture.TryRead(_output)!.Objects.Single());
    }

    [Theory]
    [InlineData("rustc names no output", "in.o")]
    [InlineData("missing.o", "missing.o", "-o", "out")]
    [InlineData("nowhere/out", "-o", "nowhere/out")]
    public void A_linker_that_cannot_do_its_work_says_so(string message, params string[] arguments)
    {
        var (exit, errors) = Run(CaptureLinker.Name, arguments);

        Assert.NotEqual(0, exit);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_another_linker_wrote_is_no_capture()
    {
        Assert.Null(LinkCapture.TryRead(_directory.Write("elf", "\u007fELF\u0002\u0001\u0001")));
        Assert.Null(LinkCapture.TryRead(_directory.Write("empty", "")));
        Assert.Null(LinkCapture.TryRead(_directory["missing"]));
    }

    [Fact]
    public void A_truncated_capture_is_none()
    {
        Write([new byte[100]], ["/lib/libcore.rlib"]);
        var content = File.ReadAllBytes(_output);

        for (var length = 0; length < content.Length; length++)
        {
            File.WriteAllBytes(_output, content[..length]);
            Assert.True(LinkCapture.TryRead(_output) is null, $"{length} of {content.Length} bytes");
        }
    }

    [Fact]
    public void The_call_comes_back_with_the_variables_that_cargo_added()
    {
        Directory.CreateDirectory(_directory["deps"]);
        // A shell that calls itself rustc, and lives on while its linker runs.
        var (exit, errors) = Run(
            "env", ["-i", "PATH=/usr/bin:/bin", "HOME=/h", "TOLD=before", $"{RustcCall.InheritedVariable}={Inherited}", "CARGO_PKG_NAME=xdp", "TOLD=a\nb=c", "MAKEFLAGS=-j",
            "bash", "-c", "exec -a /usr/bin/rustc sh -c '\"$@\"; exit $?' rustc \"$@\"", "bash", Linker, "-o", _output, "--cfg", "feature=\"a b\"", "", "größer"]);

        Assert.True(exit == 0, errors);
        var call = LinkCapture.TryRead(_output)?.Call;
        Assert.NotNull(call);
        Assert.Equal("/usr/bin/rustc", call.Arguments[0]);
        Assert.Equal(["--cfg", "feature=\"a b\"", "", "größer"], call.Arguments[^4..]);
        Assert.Equal([KeyValuePair.Create("CARGO_PKG_NAME", "xdp"), KeyValuePair.Create("TOLD", "a\nb=c")], call.Variables.Where(v => v.Key is not ("PWD" or "_" or "SHLVL" or "OLDPWD")));
        Assert.Equal(_directory.Path, call.Directory);
    }

    [Fact]
    public void A_parent_that_is_no_rustc_made_no_call()
    {
        Write([[1]], []);

        Assert.Null(LinkCapture.TryRead(_output)!.Call);
    }

    private static string Inherited => RustcCall.Describe([new("PATH", "/usr/bin:/bin"), new("HOME", "/h"), new("TOLD", "before")]);

    private string Linker => Path.Combine(CaptureLinker.Write(_directory["target dir"]), CaptureLinker.Name);

    private void Write(List<byte[]> objects, List<string> libraries)
    {
        Directory.CreateDirectory(_directory["deps"]);
        var files = objects.Select((content, i) =>
        {
            var path = _directory[$"{i}.o"];
            File.WriteAllBytes(path, content);
            return path;
        });
        Link(["--export-symbols", _directory.Write("symbols", "xdp_main\nPARSED\n"), .. files, .. libraries, "-o", _output]);
    }

    private void Link(params string[] arguments)
    {
        Directory.CreateDirectory(_directory["deps"]);
        var (exit, errors) = Run(CaptureLinker.Name, arguments);
        Assert.True(exit == 0, errors);
    }

    private (int Exit, string Errors) Run(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program == CaptureLinker.Name ? Linker : program, arguments) { RedirectStandardError = true, WorkingDirectory = _directory.Path };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
