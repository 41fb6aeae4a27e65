using BpfIncr.Orchestrator.Workspace;
using FsCheck.Xunit;

namespace BpfIncr.Orchestrator.Tests.Workspace;

public sealed class RootManifestTests
{
    private const string Manifest = """
        [workspace]
        resolver = "2"
        # The probes.
        members = [
            "kit", # shared
            "probes/*",
        ]
        default-members = ["kit"]
        exclude = ["old"]

        [workspace.package]
        edition = "2021"

        [workspace.dependencies]
        kit = { path = "kit" }

        [workspace.dependencies.macros]
        path = "macros"

        [profile.release]
        opt-level = 3
        """;

    [Theory]
    [InlineData("\"probes/*\"", "\"probes/*\", \"more/*\"")]
    [InlineData("    \"probes/*\",", "    \"probes/*\",\n    \"another\",")]
    [InlineData("default-members = [\"kit\"]", "default-members = [\"kit\", \"probes/a\"]")]
    [InlineData("exclude = [\"old\"]", "exclude = []")]
    [InlineData("kit = { path = \"kit\" }", "kit = { path = \"kit\" }\nother = \"1\"")]
    [InlineData("path = \"macros\"", "path = \"macros2\"")]
    public void A_new_member_or_dependency_changes_nothing(string before, string now) =>
        Assert.Equal(RootManifest.WithoutMembership(Manifest), RootManifest.WithoutMembership(Changed(before, now)));

    [Theory]
    [InlineData("opt-level = 3", "opt-level = 2")]
    [InlineData("resolver = \"2\"", "resolver = \"1\"")]
    [InlineData("edition = \"2021\"", "edition = \"2024\"")]
    [InlineData("[profile.release]", "[patch.crates-io]\nkit = { path = \"x\" }\n\n[profile.release]")]
    [InlineData("[profile.release]", "[workspace.lints.rust]\nunused = \"deny\"\n\n[profile.release]")]
    public void Whatever_can_change_how_a_member_is_compiled_stays(string before, string now) =>
        Assert.NotEqual(RootManifest.WithoutMembership(Manifest), RootManifest.WithoutMembership(Changed(before, now)));

    [Fact]
    public void A_manifest_without_a_workspace_stays_as_it_is()
    {
        const string Package = "[package]\nname = \"a\"\n\n[dependencies]\nkit = \"1\"\n";

        Assert.Equal(Package, RootManifest.WithoutMembership(Package));
    }

    [Theory]
    [InlineData("[workspace\nmembers")]
    [InlineData("[workspace]\nmembers = \"\\")]
    public void What_is_no_TOML_stays_as_it_is(string text) => Assert.Equal(text, RootManifest.WithoutMembership(text));

    [Property]
    public void No_text_is_an_exception(string? text) => Assert.NotNull(RootManifest.WithoutMembership(text ?? ""));

    private static string Changed(string before, string now)
    {
        Assert.Contains(before, Manifest, StringComparison.Ordinal);
        return Manifest.Replace(before, now, StringComparison.Ordinal);
    }
}
