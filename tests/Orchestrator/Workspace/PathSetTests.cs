using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace BpfIncr.Orchestrator.Tests.Workspace;

public sealed class PathSetTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;

    public PathSetTests() => _index = IndexDatabase.Open(_directory["index.db"], _ => { });

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Property(Arbitrary = [typeof(NameArbitraries)])]
    public void Reads_back_what_it_wrote(LineName[] files, LineName[] trees, LineName[] variables)
    {
        var paths = new PathSet(Set(files), Set(trees), Set(variables));

        var read = PathSet.Decode(paths.Encode());

        Assert.NotNull(read);
        Assert.Equal(paths.Files, read.Files);
        Assert.Equal(paths.Trees, read.Trees);
        Assert.Equal(paths.Variables, read.Variables);
    }

    [Property]
    public void Garbage_is_no_path_set_and_no_exception(byte[] content)
    {
        if (PathSet.Decode(content) is { } read)
            Assert.Equal(read.Encode(), PathSet.Decode(read.Encode())?.Encode());
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file ")]
    [InlineData("link a")]
    [InlineData("file a\nb\n")]
    public void Another_text_is_no_path_set(string text) => Assert.Null(PathSet.Decode(Encoding.UTF8.GetBytes(text)));

    [Property(Arbitrary = [typeof(NameArbitraries)])]
    public void No_name_in_an_input_tree_leads_outside(LineName name)
    {
        var parts = PathSet.InputName(name.Text).Split('/');

        Assert.DoesNotContain("..", parts);
        Assert.NotEqual("", parts[0]);
    }

    [Theory]
    [InlineData("src/main.rs", "src/main.rs")]
    [InlineData("../shared/lib.rs", "(parent)/shared/lib.rs")]
    [InlineData("../../../a", "(parent)/(parent)/(parent)/a")]
    [InlineData("/etc/passwd", "(machine)/etc/passwd")]
    [InlineData("//a", "(machine)/a")]
    [InlineData("..a/b..", "..a/b..")]
    public void A_name_in_an_input_tree_is_relative(string path, string name) => Assert.Equal(name, PathSet.InputName(path));

    [Theory]
    [InlineData("/ws/checkout/src/main.rs", "src/main.rs")]
    [InlineData("/ws/shared/lib.rs", "../shared/lib.rs")]
    [InlineData("/etc/hostname", "/etc/hostname")]
    [InlineData("/workshop/a", "/workshop/a")]
    public void A_path_with_nothing_in_common_with_the_checkout_has_the_same_name_from_every_other(string path, string name) =>
        Assert.Equal(name, PathSet.NameOf(path, "/ws/checkout"));

    [Fact]
    public void The_files_of_an_action_are_found_again()
    {
        string[] names = ["/etc/hostname", "../(a)/b", "(c", "(machine)/d", "src/main.rs"];
        var inputs = new InputTree(names.Select(n => KeyValuePair.Create(PathSet.InputName(n), Digest.OfText(n))));
        inputs.Add(PathSet.OwnName("cargo", "packages"), Digest.OfText(""));

        var paths = PathSet.Of(new StepAction(["rustc"], [], [], inputs, ["*"], ""));

        Assert.Equal(string.Join('\n', names.Order(StringComparer.Ordinal)), string.Join('\n', paths.Files));
    }

    [Fact]
    public void Files_trees_and_variables_become_ingredients()
    {
        _directory.Write("w/src/main.rs", "main");
        _directory.Write("w/data/one", "1");
        _directory.Write("w/data/deep/two", "2");
        _directory.Write("shared.rs", "shared");
        var paths = new PathSet(["src/main.rs", "../shared.rs", "src/gone.rs"], ["data"], ["BPFINCR_TEST_NEVER_SET", "PATH"]);

        var (inputs, variables) = (new InputTree(), new Dictionary<string, string>());
        paths.AddTo(inputs, variables, _directory["w"], new FileTable(_index, []));

        Assert.Equal(["(parent)/shared.rs", "data/deep/two", "data/one", "src/main.rs"], inputs.Files.Keys);
        Assert.Equal(Digest.OfText("2"), inputs.Files["data/deep/two"]);
        Assert.Equal("(not set)", variables["BPFINCR_TEST_NEVER_SET"]);
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), variables["PATH"]);
    }

    [Fact]
    public void A_directory_where_a_file_was_read_counts_with_all_that_is_in_it()
    {
        _directory.Write("w/table/one", "1");
        _directory.Write("w/table/.hidden", "2");
        var inputs = new InputTree();

        new PathSet(["table"], [], []).AddTo(inputs, new Dictionary<string, string>(), _directory["w"], new FileTable(_index, []));

        Assert.Equal(["table/.hidden", "table/one"], inputs.Files.Keys);
    }

    [Fact]
    public void A_crate_that_has_its_place_compiled_in_is_another_one_in_each_checkout()
    {
        var variables = new Dictionary<string, string>();
        new PathSet([], [], ["CARGO_MANIFEST_DIR"]).AddTo(new InputTree(), variables, _directory["w"], new FileTable(_index, []));

        Assert.Equal(_directory["w"], variables["CARGO_MANIFEST_DIR"]);
    }

    private static ImmutableSortedSet<string> Set(LineName[] names) => [.. names.Select(n => n.Text)];
}

/// <summary>A name as file systems and environments have them, without line breaks.</summary>
public sealed record LineName(string Text)
{
    public override string ToString() => Text;
}

public static class NameArbitraries
{
    public static Arbitrary<LineName> Name() => Gen.Elements("a", "b.rs", "..", ".", "/", "//", " ", "é", "😀", "file ", "=", "\r", "\t", "\\")
        .NonEmptyListOf().Select(parts => string.Concat(parts)).Where(name => name.Trim('/').Length > 0).Select(name => new LineName(name)).ToArbitrary();
}
