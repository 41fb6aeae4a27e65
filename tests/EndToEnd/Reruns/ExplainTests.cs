using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary><c>explain</c>: what each step of a probe was, why it last ran, and what a build would do now.</summary>
public sealed class ExplainTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const string Source = "tiny/src/bin/pass.rs";

    [Fact]
    public void Names_for_each_step_of_the_last_pass_what_differed()
    {
        var checkout = checkouts.New();
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + 1\n");
        checkout.Build().Succeeded();

        var text = Explain(checkout, "pass");

        Assert.StartsWith("the last pass began on ", text, StringComparison.Ordinal);
        Assert.Matches(@"rustc +pass +Modified/Executed .*\n    src/bin/pass\.rs: [0-9a-f]{12} -> [0-9a-f]{12}\n", text);
        Assert.Matches(@"link +pass +Modified/Executed .*\n    objects/0\.bc: [0-9a-f]{12} -> [0-9a-f]{12}\n", text);
        Assert.Matches(@"codegen +pass/modern +Modified/Executed .*\n    optimized\.bc: ", text);
        Assert.EndsWith("\na build now:\nnothing would run\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_was_only_repeated_keeps_when_and_why_it_last_ran()
    {
        var checkout = checkouts.New();
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + 2\n");
        checkout.Build().Succeeded();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"variants\": {{ \"modern\": {{ \"cpu\": \"v1\" }} }}");
        checkout.Build().Succeeded();
        checkout.Build().Succeeded();

        var text = Explain(checkout, "pass");

        Assert.Matches(@"rustc +pass +Cached/Memory\n    last changed on .*: Modified/Executed .*\n        src/bin/pass\.rs: ", text);
        Assert.Matches(@"codegen +pass/modern +Cached/Memory\n    last changed on .*: \w+/Executed .*\n(?:        .*\n)*?        --cpu: \w+ -> v1\n", text);
    }

    [Fact]
    public void A_step_that_was_taken_from_the_cache_also_says_when_it_last_ran()
    {
        var checkout = checkouts.New();
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + 3\n");
        checkout.Build().Succeeded();
        checkout.Replace(Source, "    XDP_PASS + 3\n", "    XDP_PASS\n");
        checkout.Build().Succeeded();

        Assert.Matches(
            @"rustc +pass +Modified/ActionCache\n    src/bin/pass\.rs: .*\n    last ran on .*: Modified/Executed .*\n        src/bin/pass\.rs: ",
            Explain(checkout, "pass"));
    }

    [Fact]
    public void A_failed_step_and_those_behind_it_are_explained_too()
    {
        var checkout = checkouts.New();
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + \"text\"\n");
        Assert.Equal(1, checkout.Build().ExitCode);

        var text = Explain(checkout, "pass");

        Assert.Contains(" and could not build everything\n", text, StringComparison.Ordinal);
        Assert.Matches(@"rustc +pass +FAILED .*\n    src/bin/pass\.rs: .*\n    error BPFI2010: ", text);
        Assert.Matches(@"link +pass +skipped\n", text);
        Assert.Matches(@"a build now:\nrustc +pass +would run\n    src/bin/pass\.rs: ", text);
    }

    [Fact]
    public void What_changed_since_is_compared_with_the_present()
    {
        var checkout = checkouts.New();
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + 4\n");

        Assert.Matches(@"a build now:\nrustc +pass +would run\n    src/bin/pass\.rs: .*\nlink +pass +would run if its input changes\n", Explain(checkout, "pass"));
    }

    [Fact]
    public void Other_probes_are_said_not_to_have_been_asked_for()
    {
        var checkout = checkouts.New();
        checkout.Build("count").Succeeded();

        Assert.Matches(@"rustc +pass +not asked for\n    last changed on ", Explain(checkout, "pass"));
    }

    [Fact]
    public void A_probe_that_was_never_built_is_said_to_be_and_what_a_build_would_do()
    {
        var checkout = checkouts.New();
        var elsewhere = new Checkout(checkout.Directory, $"{checkout.Cache}-unused");

        var text = Explain(elsewhere, "pass");

        Assert.StartsWith("pass was never built here\n\na build now:\nrustc ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pas", "there is no probe pas", "did you mean pass?")]
    [InlineData("pass --variant=modem", "there is no variant modem", "did you mean modern?")]
    public void What_is_not_there_is_answered_with_the_nearest_name(string arguments, string message, string hint)
    {
        var result = checkouts.New().Run(["explain", .. arguments.Split(' ')]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"BPFI1003: {message}\n  help {hint}\n", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_JSON_has_what_its_page_says()
    {
        var checkout = checkouts.New();
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + 5\n");
        checkout.Build().Succeeded();
        checkout.Replace(Source, "    XDP_PASS + 5\n", "    XDP_PASS + 6\n");

        var json = Explain(checkout, "pass", "--variant=modern", "--json");
        var root = JsonDocument.Parse(json).RootElement;

        Assert.Equal("Succeeded", root.GetProperty("lastPass").GetProperty("state").GetString());
        var rustc = root.GetProperty("steps")[0];
        Assert.Equal(("rustc", "Changed"), (rustc.GetProperty("stage").GetString(), rustc.GetProperty("lastPass").GetString()));
        Assert.Equal(root.GetProperty("lastPass").GetProperty("began").GetString(), rustc.GetProperty("lastChange").GetProperty("pass").GetString());
        var reason = rustc.GetProperty("lastChange").GetProperty("reasons")[0];
        Assert.Equal(("Ingredient", "src/bin/pass.rs"), (reason.GetProperty("kind").GetString(), reason.GetProperty("name").GetString()));
        Assert.Contains($"{reason.GetProperty("before").GetString()} -> {reason.GetProperty("now").GetString()}\"", json, StringComparison.Ordinal);
        Assert.Equal("Runs", root.GetProperty("next")[0].GetProperty("forecast").GetString());
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/json.md"));
        Assert.All(Names(root), name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Explaining_changes_nothing_and_a_build_with_nothing_to_do_keeps_what_it_explains()
    {
        var checkout = checkouts.New();
        var first = Explain(checkout, "pass");
        checkout.Run("build");

        Assert.Equal(first, Explain(checkout, "pass"));
    }

    private static string Explain(Checkout checkout, params IEnumerable<string> arguments)
    {
        var result = checkout.Run(["explain", .. arguments]);
        Assert.True(result is { ExitCode: 0, Errors: "" }, result.ToString());
        return result.Output;
    }

    private static IEnumerable<string> Names(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Names(p.Value).Prepend(p.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Names),
        _ => [],
    };
}
