using System.Text;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Configuration;

public sealed class ConfigurationErrorTests
{
    [Theory]
    [InlineData("""{"workspace": []}""", "the configuration has no \"workspace\"", "did you mean \"workspaces\"?")]
    [InlineData("""{"default-features": true}""", "the configuration has no \"default-features\"", "did you mean \"defaultFeatures\"?")]
    [InlineData("""{"toolchain": {"rust": "x"}}""", "\"toolchain\" has no \"rust\"", "did you mean \"rustc\"?")]
    [InlineData("""{"variants": {"old": {"cpus": "v1"}}}""", "variant \"old\" has no \"cpus\"", "did you mean \"cpu\"?")]
    [InlineData("""{"probes": {"xdp": {"feature": []}}}""", "probe \"xdp\" has no \"feature\"", "did you mean \"features\"?")]
    [InlineData("""{"cache": {"share": []}}""", "\"cache\" has no \"share\"", "did you mean \"shared\"?")]
    [InlineData("""{"cache": {"shared": [{"path": "a", "modes": "read-only"}]}}""", "a shared cache has no \"modes\"", "did you mean \"mode\"?")]
    [InlineData("""{"cache": {"shared": [{"name": "ci"}]}}""", "a shared cache has no \"path\"", "name its directory")]
    [InlineData("""{"cache": {"shared": [{"path": ""}]}}""", "a shared cache has no \"path\"", "name its directory")]
    [InlineData("""{"cache": {"shared": [{"path": "a", "mode": "readonly"}]}}""", "\"mode\" cannot be \"readonly\"", "did you mean \"read-only\"?")]
    [InlineData("""{"variants": {"old": {}}, "probes": {"xdp": {"variants": ["olt"]}}}""", "\"variants\" cannot have \"olt\"", "did you mean \"old\"?")]
    [InlineData("""{"probes": {"xdp": {"variants": []}}}""", "probe \"xdp\" has no variants", "leave \"variants\" out for all of them, or say \"skip\": true")]
    [InlineData("""{"variants": {"old": {"skip": true}}}""", "variant \"old\" has no \"skip\"", "did you mean \"strip\"?")]
    public void An_unknown_key_is_answered_with_the_nearest_one(string json, string message, string hint)
    {
        var error = Configured.ErrorIn(json);

        Assert.Equal((message, hint), (error.Message, error.Hint));
    }

    [Fact]
    public void An_unknown_key_with_nothing_near_is_answered_with_all_of_them() =>
        Assert.Equal("it may have \"mode\", \"rustc\"", Configured.ErrorIn("""{"toolchain": {"somethingElse": 1}}""").Hint);

    [Theory]
    [InlineData("[]", "the configuration must be an object, not an array")]
    [InlineData("null", "the configuration must be an object, not null")]
    [InlineData("""{"workspaces": "a"}""", "\"workspaces\" must be an array of strings, not the string \"a\"")]
    [InlineData("""{"workspaces": ["a", 7]}""", "every item of \"workspaces\" must be a string, not 7")]
    [InlineData("""{"output": {}}""", "\"output\" must be a string, not an object")]
    [InlineData("""{"universe": 2}""", "\"universe\" must be a string, not 2")]
    [InlineData("""{"defaultFeatures": "no"}""", "\"defaultFeatures\" must be true or false, not the string \"no\"")]
    [InlineData("""{"toolchain": "nightly"}""", "\"toolchain\" must be an object, not the string \"nightly\"")]
    [InlineData("""{"toolchain": {"mode": 7}}""", "\"mode\" must be a string, not 7")]
    [InlineData("""{"variants": []}""", "\"variants\" must be an object, not an array")]
    [InlineData("""{"variants": {"v": null}}""", "variant \"v\" must be an object, not null")]
    [InlineData("""{"variants": {"v": {"cpu": 3}}}""", "\"cpu\" must be a string, not 3")]
    [InlineData("""{"variants": {"v": {"unroll": 1}}}""", "\"unroll\" must be true or false, not 1")]
    [InlineData("""{"variants": {"v": {"maxInstructions": "4096"}}}""", "\"maxInstructions\" must be a whole number that is not negative, not the string \"4096\"")]
    [InlineData("""{"variants": {"v": {"maxInstructions": -1}}}""", "\"maxInstructions\" must be a whole number that is not negative, not -1")]
    [InlineData("""{"variants": {"v": {"maxInstructions": 1e3}}}""", "\"maxInstructions\" must be a whole number that is not negative, not 1e3")]
    [InlineData("""{"cache": {"shared": "/mnt/ci"}}""", "\"shared\" must be an array of objects, not the string \"/mnt/ci\"")]
    [InlineData("""{"cache": {"shared": ["/mnt/ci"]}}""", "a shared cache must be an object, not the string \"/mnt/ci\"")]
    [InlineData("""{"cache": {"shared": [{"path": "a", "deadline": "5s"}]}}""", "\"deadline\" must be a number of seconds, at most a day, not the string \"5s\"")]
    [InlineData("""{"cache": {"shared": [{"path": "a", "deadline": 0}]}}""", "\"deadline\" must be a number of seconds, at most a day, not 0")]
    [InlineData("""{"cache": {"shared": [{"path": "a", "deadline": -1e300}]}}""", "\"deadline\" must be a number of seconds, at most a day, not -1e300")]
    [InlineData("""{"probes": {"p": true}}""", "probe \"p\" must be an object, not true")]
    public void A_wrong_type_says_what_is_wanted_and_what_is_there(string json, string message) =>
        Assert.Equal(message, Configured.ErrorIn(json).Message);

    [Theory]
    [InlineData("\"kernel\": \"6.13\"", "\"kernel\" cannot be \"6.13\"", "did you mean \"6.1\"?")]
    [InlineData("\"cpu\": \"v33\"", "\"cpu\" cannot be \"v33\"", "did you mean \"v3\"?")]
    [InlineData("\"cpu\": \"V3\"", "\"cpu\" cannot be \"V3\"", "did you mean \"v3\"?")]
    [InlineData("\"panic\": \"abort\"", "\"panic\" cannot be \"abort\"", "it is one of \"exit\", \"reject\", \"keep\"")]
    [InlineData("\"cpu\": \"1\"", "\"cpu\" cannot be \"1\"", "did you mean \"v1\"?")]
    public void A_wrong_choice_is_answered_with_the_right_ones(string member, string message, string hint)
    {
        var error = Configured.ErrorIn(Configured.WithVariant(member));

        Assert.Equal((message, hint), (error.Message, error.Hint));
    }

    [Fact]
    public void A_wrong_toolchain_mode_is_answered_with_all_that_can_be_written()
    {
        Assert.Equal("did you mean \"auto\"?", Configured.ErrorIn("""{"toolchain": {"mode": "aut"}}""").Hint);
        Assert.Contains("\"auto\"", Configured.ErrorIn("""{"toolchain": {"mode": "something else"}}""").Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"btf\": false, \"lineInfo\": true", "variant \"v\" has \"lineInfo\" without \"btf\"", 35)]
    [InlineData("\"optimize\": \"O3\", \"pipeline\": \"sroa\"", "variant \"v\" has \"pipeline\" and \"optimize\"", 39)]
    public void What_cannot_be_together_is_said_at_the_second(string members, string message, int column)
    {
        var error = Configured.ErrorIn(Configured.WithVariant(members));

        Assert.Equal((message, new TextPosition(1, column)), (error.Message, error.Position));
        Assert.NotNull(error.Hint);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("größer")]
    public void A_name_that_can_be_no_directory_is_no_variant(string name) =>
        Assert.Equal($"\"{name}\" cannot name a variant", Configured.ErrorIn("{\"variants\": {\"" + name + "\": {}}}").Message);

    [Fact]
    public void No_variants_at_all_is_an_error() =>
        Assert.Equal("\"variants\" has none", Configured.ErrorIn("""{"variants": {}}""").Message);

    [Theory]
    [InlineData("{\n  \"universe\": 1\n}", 2, 15)]
    [InlineData("{\n  \"univers\": \"1\"\n}", 2, 3)]
    [InlineData("{\r\n\t\"universe\": \"1\",\r\n\t\"universe\": \"2\"}", 3, 2)]
    [InlineData("{\"env\": [\n\n   \"A\",\n 5]}", 4, 2)]
    [InlineData("{ /* größer */ \"universe\": 1}", 1, 28)]
    [InlineData("{\"universe\": \"größer\", \"env\": 1}", 1, 31)]
    [InlineData("// one\n// two\n7", 3, 1)]
    public void The_position_is_that_of_the_value_or_of_the_unknown_name(string json, int line, int column) =>
        Assert.Equal(new TextPosition(line, column), Configured.ErrorIn(json).Position);

    [Theory]
    [InlineData("{\n  \"universe\": }", 2, 15)]
    [InlineData("{\"universe\": \"größer\" x", 1, 23)]
    [InlineData("", 1, 1)]
    [InlineData("{} {}", 1, 4)]
    public void What_is_not_JSON_is_said_where_it_stops_being_JSON(string json, int line, int column)
    {
        var error = Configured.ErrorIn(json);

        Assert.StartsWith("this is not JSON: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(new TextPosition(line, column), error.Position);
    }

    [Theory]
    [InlineData("", "the file ends too early")]
    [InlineData("{\"universe\": \"x\"", "the file ends too early")]
    [InlineData("{\"universe\": \"x\n\"}", "a line ends where it must not")]
    [InlineData("{\"universe\" \"x\"}", "\" is not expected here")]
    [InlineData("{\"universe\": größer}", "g is not expected here")]
    [InlineData("{} }", "} is not expected here")]
    public void What_is_not_JSON_is_said_in_words_about_the_file(string json, string message) =>
        Assert.Equal($"this is not JSON: {message}", Configured.ErrorIn(json).Message);

    [Fact]
    public void All_that_is_wrong_is_said_at_once_in_the_order_of_the_file()
    {
        var errors = Configured.ErrorsIn("""
            {
              "variants": { "old": { "cpu": "v9", "unroll": 1, "pip": 2 }, "a b": [] },
              "probes": { "xdp": { "features": "all" } },
              "workspaces": ["a", 7],
              "univers": ""
            }
            """);

        Assert.Equal(
            [
                "2: \"cpu\" cannot be \"v9\"", "2: \"unroll\" must be true or false, not 1", "2: variant \"old\" has no \"pip\"",
                "2: \"a b\" cannot name a variant", "2: variant \"a b\" must be an object, not an array",
                "3: \"features\" must be an array of strings, not the string \"all\"", "4: every item of \"workspaces\" must be a string, not 7",
                "5: the configuration has no \"univers\"",
            ],
            errors.Select(e => $"{e.Position.Line}: {e.Message}"));
    }

    [Fact]
    public void Text_in_another_encoding_is_an_error_of_the_file() =>
        Assert.Throws<ConfigurationException>(() => SettingsReader.Read(Encoding.Latin1.GetBytes("{\"universe\": \"größer\"}"), "/checkout"));

    [Theory]
    [InlineData("""{"universe": "\ud800"}""")]
    [InlineData("""{"\udc00": 1}""")]
    [InlineData("""{"output": "a\u0000b"}""")]
    [InlineData("""{"workspaces": ["\u0000"]}""")]
    public void Text_that_can_be_no_name_is_an_error_of_the_file(string json) => Configured.ErrorIn(json);

    [Fact]
    public void A_diagnostic_names_file_line_and_column()
    {
        using var directory = new TemporaryDirectory();
        var (settings, errors) = SettingsReader.Read(directory.Write("bpfincr.json", "{\n  \"univers\": \"1\"\n}"));

        Assert.Null(settings);
        Assert.Equal("bpfincr.json:2:3: the configuration has no \"univers\"", errors.Single().Message);
        Assert.Equal("did you mean \"universe\"?", errors.Single().Hint);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_diagnostic()
    {
        using var directory = new TemporaryDirectory();

        Assert.Equal("BPFI1001", SettingsReader.Read(directory["nothing.json"]).Errors.Single().Id);
        Assert.Equal("BPFI1001", SettingsReader.Read(directory.Path).Errors.Single().Id);
    }
}
