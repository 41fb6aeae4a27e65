using BpfIncr.Orchestrator.Workspace;
using FsCheck.Xunit;

namespace BpfIncr.Orchestrator.Tests.Workspace;

public sealed class FirstResolverTests
{
    [Theory]
    [InlineData("[package]\nname = \"a\"\n")]
    [InlineData("[package]\nedition = \"2015\"\n[workspace]\n")]
    [InlineData("[package]\nedition = \"2018\"\n")]
    [InlineData("[package]\nedition.workspace = true\n[workspace.package]\nedition = \"2018\"\n")]
    [InlineData("[package]\nedition = \"2021\"\nresolver = \"1\"\n")]
    [InlineData("[package]\nedition = \"2024\"\n[workspace]\nresolver = \"1\"\n")]
    public void An_old_edition_or_a_manifest_that_says_so_has_it(string manifest) => Assert.True(FirstResolver.Resolves(manifest));

    [Theory]
    [InlineData("[package]\nedition = \"2021\"\n")]
    [InlineData("[package]\nedition = \"2024\"\n[workspace]\n")]
    [InlineData("[package]\nedition = { workspace = true }\n[workspace.package]\nedition = \"2021\"\n")]
    [InlineData("[package]\nedition = \"2018\"\nresolver = \"2\"\n")]
    [InlineData("[package]\nname = \"a\"\n[workspace]\nresolver = \"3\"\n")]
    [InlineData("[package")]
    public void Others_do_not(string manifest) => Assert.False(FirstResolver.Resolves(manifest));

    [Property]
    public void No_text_is_an_exception(string? manifest) => FirstResolver.Resolves(manifest ?? "");
}
