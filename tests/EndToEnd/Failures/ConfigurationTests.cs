using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>A wrong <c>bpfincr.json</c> or command line: errors that point at their places, exit code 2, and nothing lost.</summary>
public sealed class ConfigurationTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void A_syntax_error_is_shown_with_its_place_in_words() => Assert.Equal(
        """
        error BPFI1002: bpfincr.json:3:14: this is not JSON: { is not expected here
          help a comma, a colon, a quotation mark or a brace is missing or too many

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"variants\" {}\n}\n"));

    [Fact]
    public void An_unknown_key_is_answered_with_the_nearest_one() => Assert.Equal(
        """
        error BPFI1002: bpfincr.json:3:3: the configuration has no "varients"
          help did you mean "variants"?

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"varients\": {}\n}\n"));

    [Fact]
    public void An_unknown_option_of_a_variant_is_answered_with_the_nearest_one() => Assert.Equal(
        """
        error BPFI1002: bpfincr.json:3:29: variant "old" has no "unrol"
          help did you mean "unroll"?

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"variants\": { \"old\": {    \"unrol\": true } }\n}\n"));

    [Fact]
    public void A_value_of_the_wrong_type_is_shown_with_the_right_one() => Assert.Equal(
        """
        error BPFI1002: bpfincr.json:3:38: "unroll" must be true or false, not the string "yes"

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"variants\": { \"old\": { \"unroll\":   \"yes\" } }\n}\n"));

    [Fact]
    public void Link_time_optimization_for_the_host_is_refused() => Assert.Equal(
        """
        error BPFI1023: bpfincr.json:3:43: "lto" needs a toolchain with a BPF target, and this one compiles for the host
          help leave it out, or install such a toolchain; bpfincr doctor shows which were found

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"toolchain\": { \"mode\": \"host\" }, \"lto\": true\n}\n"));

    [Fact]
    public void A_value_that_does_not_exist_is_answered_with_the_nearest_one() => Assert.Equal(
        """
        error BPFI1002: bpfincr.json:3:35: "panic" cannot be "exti"
          help did you mean "exit"?

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"variants\": { \"old\": { \"panic\": \"exti\" } }\n}\n"));

    [Fact]
    public void Names_that_LLVM_would_pass_over_are_all_shown_with_their_places() => Assert.Equal(
        """
        error BPFI1004: bpfincr.json:3:43: variant "old": this LLVM has no BPF cpu feature "alu23"
          help did you mean "alu32"?
        error BPFI1004: bpfincr.json:4:45: variant "old": -unrol-count=4: this LLVM has no option -unrol-count
          help did you mean -unroll-count?
        error BPFI1002: bpfincr.json:5:15: there is no probe "no-such-probe"

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"variants\": { \"old\": { \"cpuFeatures\":   \"+alu32,-alu23\",\n    \"optimizeOptions\": [\"-unroll-count=4\",  \"-unrol-count=4\"] } },\n  \"probes\": { \"no-such-probe\": {} }\n}\n"));

    [Fact]
    public void A_feature_is_switched_on_or_off() => Assert.Contains(
        "help write \"+alu32\" or \"-alu32\"",
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"variants\": { \"old\": { \"cpuFeatures\": \"alu32\" } }\n}\n"), StringComparison.Ordinal);

    [Fact]
    public void Names_are_separated_by_commas()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, {Checkout.Variants}");

        var build = checkout.Build("--variant", "legacy,modern", "pass,count").Succeeded();

        Assert.Equal(["count", "count/legacy", "count/modern", "pass", "pass/legacy", "pass/modern"], build.Steps.Select(s => s.Subject).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(
            "error BPFI1003: there is no variant nodern\n  help did you mean modern?\nerror BPFI1003: there is no variant legaci\n  help did you mean legacy?\n",
            checkout.Build("--variant=nodern,legaci").Errors);
    }

    [Fact]
    public void Line_information_without_BTF_is_impossible() => Assert.Equal(
        """
        error BPFI1002: bpfincr.json:3:42: variant "old" has "lineInfo" without "btf"
          help line information is part of BTF: set "btf" to true or remove "lineInfo"

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"variants\": { \"old\": { \"btf\": false,   \"lineInfo\": true } }\n}\n"));

    [Fact]
    public void Options_for_a_probe_that_does_not_exist_are_answered_with_the_nearest_one() => Assert.Equal(
        """
        error BPFI1002: bpfincr.json:3:15: there is no probe "drop-interface"
          help did you mean "drop_interface"?

        """,
        ErrorOf("{\n  \"workspaces\": [\"tiny\"],\n  \"probes\": { \"drop-interface\": { \"unroll\": true } }\n}\n"));

    [Theory]
    [InlineData("build", "mkfifo")]
    [InlineData("build", "mkdir")]
    [InlineData("build", "mknod", "c", "1", "5")]
    [InlineData("affected HEAD", "mkfifo")]
    [InlineData("doctor", "mkfifo")]
    [InlineData("clean", "mkfifo")]
    [InlineData("cache gc", "mkfifo")]
    public void A_configuration_that_is_no_file_is_never_opened(string command, string maker, params string[] kind)
    {
        var checkout = checkouts.New();
        File.Delete(checkout["bpfincr.json"]);
        Tool.Do(maker, [checkout["bpfincr.json"], .. kind]);

        var result = Tool.Run(Repository.Program, checkout.Directory, [.. command.Split(' '), "--cache-dir", checkout.Cache]);

        Assert.Equal(2, result.ExitCode);
        Assert.Equal($"error BPFI1001: {checkout["bpfincr.json"]} is no file that can be read\n  help a file has to be there; {{}} is enough for the Cargo workspace beside it\n", result.Errors);
    }

    [Fact]
    public void An_unknown_probe_is_answered_with_the_nearest_one()
    {
        var checkout = checkouts.New();

        var build = checkout.Build("drop-interface");

        Assert.Equal(2, build.ExitCode);
        Assert.Equal("error BPFI1003: there is no probe drop-interface\n  help did you mean drop_interface?\n", build.Errors);
    }

    [Fact]
    public void An_unknown_variant_is_answered_with_the_nearest_one()
    {
        var checkout = checkouts.New();

        var build = checkout.Build("--variant", "nodern");

        Assert.Equal(2, build.ExitCode);
        Assert.Equal("error BPFI1003: there is no variant nodern\n  help did you mean modern?\n", build.Errors);
    }

    [Theory]
    [InlineData("--jobs", "0")]
    [InlineData("--jobs", "many")]
    [InlineData("--frobnicate")]
    public void A_wrong_option_is_a_wrong_command_line(params string[] arguments)
    {
        var result = checkouts.New().Run(["build", .. arguments]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(arguments[0], result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("BPFI1003", result.Errors, StringComparison.Ordinal);
    }

    // The one error; and the checkout is as good as before once the file is.
    private string ErrorOf(string configuration)
    {
        var checkout = checkouts.New();
        var good = File.ReadAllText(checkout["bpfincr.json"]);
        checkout.Write("bpfincr.json", configuration);

        var build = checkout.Build();
        checkout.Write("bpfincr.json", good);

        Assert.Equal(2, build.ExitCode);
        Assert.Equal("", build.Output);
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
        return build.Errors;
    }
}
