using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Tests.Workspace;

public sealed class ManifestTextTests
{
    private const string Manifest = """
        [package]
        name = "probe"
        description = "one"

        [dependencies]
        kit = { path = "../kit", features = ["small"] }
        plain = "1"

        [target.'cfg(unix)'.build-dependencies.tool]
        version = "2"
        default-features = false

        [features]
        default = ["fast"]
        """;

    private const string Root = """
        [workspace]
        members = ["a", "b/*"]
        exclude = ["c"]
        default-members = ["a"]

        [workspace.dependencies]
        kit = { path = "kit" }
        plain = "1"
        """;

    [Fact]
    public void Requests_are_what_can_change_features() => Assert.Equal(
        ["kit <- features = [\"small\"]", "plain <- ", "tool <- default-features = false", "probe has default = [\"fast\"]"],
        ManifestText.Requests(Manifest));

    [Theory]
    [InlineData("../kit", "../../kit")]
    [InlineData("plain = \"1\"", "plain = \"2\"")]
    [InlineData("description = \"one\"", "description = \"two\" # better")]
    public void What_cannot_change_features_is_no_request(string before, string now) =>
        Assert.Equal(ManifestText.Requests(Manifest), ManifestText.Requests(Manifest.Replace(before, now, StringComparison.Ordinal)));

    [Theory]
    [InlineData("small", "big")]
    [InlineData("default-features = false", "optional = true")]
    [InlineData("[\"fast\"]", "[]")]
    [InlineData("plain = \"1\"", "plain = { version = \"1\", package = \"kit\" }")]
    [InlineData("plain = \"1\"", "plain = { workspace = true }")]
    [InlineData("plain = \"1\"\n", "")]
    public void What_can_change_features_is_a_request(string before, string now) =>
        Assert.NotEqual(ManifestText.Requests(Manifest), ManifestText.Requests(Manifest.Replace(before, now, StringComparison.Ordinal)));

    [Theory]
    [InlineData("path = \"kit\"", "path = \"other\"", "kit")]
    [InlineData("plain = \"1\"", "plain = { version = \"1\" }", "plain")]
    [InlineData("plain = \"1\"", "plain = \"1\"\nmore = \"1\"")]
    [InlineData("plain = \"1\"", "")]
    [InlineData("members = [\"a\"", "members = [\"d\", \"a\"")]
    public void A_dependency_of_the_workspace_that_stands_for_something_else_is_found(string before, string now, params string[] names) =>
        Assert.Equal(names, ManifestText.ChangedDependencies(Root, Root.Replace(before, now, StringComparison.Ordinal)));

    [Theory]
    [InlineData("members = [\"a\"", "members = [\"d\", \"a\"", "d")]
    [InlineData("\"b/*\"", "\"d/*\"", "b/*", "d/*")]
    [InlineData("exclude = [\"c\"]", "exclude = []", "!c")]
    [InlineData("default-members = [\"a\"]", "")]
    [InlineData("path = \"kit\"", "path = \"other\"")]
    public void Members_that_only_one_version_has_are_found(string before, string now, params string[] patterns) =>
        Assert.Equal(patterns, ManifestText.ChangedMembers(Root, Root.Replace(before, now, StringComparison.Ordinal)));

    [Fact]
    public void Of_what_is_no_TOML_nothing_can_be_told()
    {
        Assert.Null(ManifestText.Requests("[package"));
        Assert.Null(ManifestText.ChangedDependencies("[package", Root));
        Assert.Equal(["*"], ManifestText.ChangedMembers(Root, "[package"));
    }
}
