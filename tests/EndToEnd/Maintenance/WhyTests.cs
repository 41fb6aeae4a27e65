using System.Security.Cryptography;
using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Maintenance;

public sealed class WhyTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void An_object_leads_back_to_its_sources_wherever_it_lies()
    {
        var checkout = checkouts.New();
        File.Copy(checkout.ObjectOf("pass"), checkout["elsewhere"]);

        var why = checkout.Run("cache", "why", checkout["elsewhere"], "--json");

        Assert.True(why.ExitCode == 0, why.ToString());
        var json = JsonDocument.Parse(why.Output).RootElement;
        Assert.Equal(HashOf(checkout["elsewhere"]), json.GetProperty("sha256").GetString());
        var steps = json.GetProperty("steps").EnumerateArray().ToList();
        Assert.Equal(["codegen", "optimize", "patch", "link", "rustc"], steps.Select(s => s.GetProperty("stage").GetString()));
        Assert.Contains("--cpu=v3", steps[0].GetProperty("arguments").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal(HashOf(checkout["tiny/src/bin/pass.rs"]), steps[^1].GetProperty("inputs").GetProperty("src/bin/pass.rs").GetString());
        Assert.Equal(HashOf(checkout["tiny/src/lib.rs"]), steps[^1].GetProperty("inputs").GetProperty("src/lib.rs").GetString());
        Assert.Contains("rustc", steps[^1].GetProperty("properties").GetProperty("toolchain").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void In_words_it_names_files_options_and_tools()
    {
        var checkout = checkouts.New();

        var why = checkout.Run("cache", "why", checkout.ObjectOf("count"));

        Assert.Contains($"    src/bin/count.rs: {HashOf(checkout["tiny/src/bin/count.rs"])[..12]}\n", why.Output, StringComparison.Ordinal);
        Assert.Contains("    --cpu: v3\n", why.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not in the cache any more", why.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_ours_is_said_to_be_so()
    {
        var checkout = checkouts.New();
        File.Copy(checkout.ObjectOf("pass"), checkout["changed.o"]);
        File.AppendAllText(checkout["changed.o"], "!");

        var (program, changed, nothing) = (Why(checkout, Repository.Program), Why(checkout, checkout["changed.o"]), Why(checkout, checkout["nothing.o"]));

        Assert.Equal((1, 1, 2), (program.ExitCode, changed.ExitCode, nothing.ExitCode));
        Assert.Contains("error BPFI1061: no result in the cache gave", program.Errors, StringComparison.Ordinal);
        Assert.Contains("error BPFI1061: no result in the cache gave", changed.Errors, StringComparison.Ordinal);
        Assert.Contains("error BPFI1062:", nothing.Errors, StringComparison.Ordinal);
    }

    private static ToolResult Why(Checkout checkout, string path) => checkout.Run("cache", "why", path);

    private static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
