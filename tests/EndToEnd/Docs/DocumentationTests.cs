using System.Text.RegularExpressions;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Docs;

/// <summary>What is written for people is true.</summary>
public sealed partial class DocumentationTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void Every_diagnostic_is_in_the_list_and_the_list_has_no_other()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories);
        var used = sources.SelectMany(f => Id().Matches(File.ReadAllText(f)).Select(m => m.Value));
        var listed = File.ReadLines(Document("docs/diagnostics.md")).Where(l => l.StartsWith("| BPFI", StringComparison.Ordinal)).Select(l => l.Split(' ')[1]);

        Assert.Equal(used.Distinct().Order(StringComparer.Ordinal), listed);
    }

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        foreach (var document in Documents())
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
            {
                var target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value.Split('#')[0]);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{document} links to {link.Groups[1].Value}");
            }
    }

    [Theory]
    [InlineData("bpfincr build")]
    [InlineData("bpfincr build --explain")]
    [InlineData("bpfincr build --dry-run")]
    [InlineData("bpfincr build --dry-run --json")]
    [InlineData("bpfincr audit")]
    [InlineData("bpfincr doctor")]
    [InlineData("bpfincr doctor --json")]
    [InlineData("bpfincr cache path")]
    [InlineData("bpfincr cache stats")]
    [InlineData("bpfincr cache stats --json")]
    [InlineData("bpfincr cache gc")]
    [InlineData("bpfincr cache gc --max-size 10G --max-age 30d")]
    [InlineData("bpfincr cache gc --max-size 0 --dry-run")]
    [InlineData("bpfincr cache pin release-1.4")]
    [InlineData("bpfincr cache pin")]
    [InlineData("bpfincr cache verify")]
    [InlineData("bpfincr clean")]
    [InlineData("bpfincr clean --cache")]
    public void An_example_of_the_help_runs(string example)
    {
        var checkout = checkouts.NewWithOwnCache();
        var arguments = example.Split(' ')[1..];

        Assert.Contains(example, checkout.Run(arguments.TakeWhile(a => a[0] != '-').Append("--help")).Output + checkout.Run("--help").Output, StringComparison.Ordinal);
        var result = checkout.Run(arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Theory]
    [InlineData("build")]
    [InlineData("watch")]
    [InlineData("affected")]
    [InlineData("explain")]
    [InlineData("check")]
    [InlineData("audit")]
    [InlineData("cache")]
    [InlineData("cache path")]
    [InlineData("cache stats")]
    [InlineData("cache gc")]
    [InlineData("cache pin")]
    [InlineData("cache unpin")]
    [InlineData("cache verify")]
    [InlineData("cache why")]
    [InlineData("cache export")]
    [InlineData("cache import")]
    [InlineData("key")]
    [InlineData("key generate")]
    [InlineData("key show")]
    [InlineData("clean")]
    [InlineData("doctor")]
    public void Every_command_has_help_with_an_example(string command)
    {
        var checkout = checkouts.New();

        var help = checkout.Run(command.Split(' ').Append("--help"));

        Assert.Equal(0, help.ExitCode);
        Assert.Contains($"Examples:\n  bpfincr {command}", help.Output, StringComparison.Ordinal);
        Assert.Contains($"bpfincr {command.Split(' ')[0]}", File.ReadAllText(Document("README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_configuration_in_the_guide_is_accepted()
    {
        var guide = File.ReadAllText(Document("docs/configuration.md"));
        var checkout = checkouts.New();
        checkout.AddFixture("monorepo");
        var example = Json().Match(guide).Groups[1].Value.Replace("fixtures/", "", StringComparison.Ordinal);
        checkout.Write("bpfincr.json", example);

        var result = checkout.Run("build", "--dry-run");

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public void Every_key_of_the_guide_is_a_key_and_there_is_no_other()
    {
        var checkout = checkouts.New();
        var rows = File.ReadLines(Document("docs/configuration.md")).Select(l => Key().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value).ToList();
        checkout.Configure("\"no such key at all\": 1");
        var top = checkout.Build().Errors;
        checkout.Configure("\"variants\": { \"a\": { \"no such key at all\": 1 } }");
        var variant = checkout.Build().Errors;

        var known = Quoted().Matches(top[top.IndexOf("it may have", StringComparison.Ordinal)..] + variant[variant.IndexOf("it may have", StringComparison.Ordinal)..]);
        Assert.Equal(known.Select(k => k.Groups[1].Value).Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    private static string Document(string path) => Path.Combine(Repository.Root, path);

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Directory.EnumerateFiles(Document("docs"), "*.md", SearchOption.AllDirectories));

    [GeneratedRegex("BPFI[0-9]{4}")]
    private static partial Regex Id();

    [GeneratedRegex(@"\]\((?!http)([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Json();

    [GeneratedRegex(@"^\| `([^`]+)` \|")]
    private static partial Regex Key();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex Quoted();
}
