using System.Collections.Immutable;
using BpfIncr.Stages.Rustc;
using BpfIncr.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace BpfIncr.Stages.Tests.Rustc;

public sealed class LinkCaptureTests : IDisposable
{
    private static readonly RustcCall Call = new(
        ["/usr/bin/rustc", "--cfg", "feature=\"a b\"", "größer"],
        ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("CARGO_PKG_NAME", "xdp"), KeyValuePair.Create("TOLD", "a\nb=c")]),
        "/work space");

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

    // Process numbers come again, above all in containers, and a killed linker leaves its file.
    [Fact]
    public void What_a_killed_linker_of_the_same_number_left_does_not_matter()
    {
        _directory.Write($"deps/xdp-01.{Environment.ProcessId}", "hal");

        Write([[1]], []);

        Assert.NotNull(LinkCapture.TryRead(_output));
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
    public void The_call_comes_back_as_it_was()
    {
        Write([[1]], []);

        var call = LinkCapture.TryRead(_output)?.Call;

        Assert.Equal(Call.Arguments, call?.Arguments);
        Assert.Equal(Call.Variables, call?.Variables);
        Assert.Equal(Call.Directory, call?.Directory);
    }

    [Fact]
    public void A_parent_that_is_no_rustc_made_no_call() => Assert.Null(RustcCall.OfParent());

    private void Write(List<byte[]> objects, List<string> libraries)
    {
        Directory.CreateDirectory(_directory["deps"]);
        var files = objects.Select((content, i) =>
        {
            var path = _directory[$"{i}.o"];
            File.WriteAllBytes(path, content);
            return path;
        });
        LinkCapture.Write(LinkerCommandLine.Parse(
            ["--export-symbols", _directory.Write("symbols", "xdp_main\nPARSED\n"), .. files, .. libraries, "-o", _output])!, Call);
    }
}
