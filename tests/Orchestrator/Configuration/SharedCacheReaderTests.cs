using System.Text;
using BpfIncr.Cache.Signing;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Configuration;

/// <summary>Whose results are accepted: what the file says of a directory counts however the directory is named.</summary>
public sealed class SharedCacheReaderTests : IDisposable
{
    private readonly TemporaryDirectory _checkout = new();
    private readonly string _ci, _team;

    public SharedCacheReaderTests() => (_ci, _team) = (NewKey("ci"), NewKey("team"));

    public void Dispose() => _checkout.Dispose();

    [Fact]
    public void A_signer_is_named_by_a_file_or_by_the_key_itself()
    {
        var settings = Read($$"""{"cache": {"signers": ["ci.pub", "{{_team}}", "./ci.pub"] } }""");

        Assert.Equal([_ci, _team], settings.Signers);
    }

    [Fact]
    public void A_shared_cache_has_signers_of_its_own_or_those_of_all()
    {
        var settings = Read("""
            {"cache": {
              "shared": [{"path": "/a"}, {"path": "/b", "signers": ["team.pub"]}, {"path": "/c", "signers": []}],
              "signers": ["ci.pub"]
            }}
            """);

        Assert.Equal([[_ci], [_team], []], settings.SharedCaches.Select(t => t.Signers));
    }

    [Fact]
    public void Without_any_anyone_is_accepted()
    {
        var settings = Read("""{"cache": {"shared": [{"path": "/a"}]}}""");

        Assert.Empty(settings.Signers);
        Assert.Empty(settings.SharedCaches[0].Signers);
    }

    [Theory]
    [InlineData("/b", false)]
    [InlineData("/b/:ro", true)]
    public void A_directory_that_the_command_line_names_keeps_what_the_file_says_of_it(string text, bool isReadOnly)
    {
        var settings = Read("""{"cache": {"shared": [{"path": "/a"}, {"path": "/b", "name": "nightly", "deadline": 1, "signers": ["team.pub"]}], "signers": ["ci.pub"]}}""");

        var tier = Assert.Single(new SharedCacheOption(text).Choose(settings));

        Assert.Equal(settings.SharedCaches[1] with { IsReadOnly = isReadOnly }, tier);
    }

    [Fact]
    public void A_directory_of_which_the_file_says_nothing_has_the_signers_of_all()
    {
        var settings = Read("""{"cache": {"shared": [{"path": "/b", "signers": []}], "signers": ["ci.pub"]}}""");

        Assert.Equal([_ci], Assert.Single(new SharedCacheOption("/c:ro").Choose(settings)).Signers);
    }

    [Theory]
    [InlineData("missing.pub", "Could not find file")]
    [InlineData(".", "denied")]
    [InlineData("", "denied")]
    [InlineData("text", "it is no key on the curve P-256")]
    [InlineData("MFkwEwYHKoZIzj0CAQ", "it is no key on the curve P-256")]
    public void What_is_no_signer_is_an_error(string named, string why)
    {
        _checkout.Write("text", "text");

        var error = Assert.Single(Assert.Throws<ConfigurationException>(() => Read($$"""{"cache": {"signers": ["{{named}}"] } }""")).Errors);

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal("name the file of a public key, or the key itself as bpfincr key show prints it", error.Hint);
    }

    private Settings Read(string json) => SettingsReader.Read(Encoding.UTF8.GetBytes(json), _checkout.Path);

    private string NewKey(string name)
    {
        using var key = SigningKey.Generate();
        _checkout.Write($"{name}.pub", key.ToPublicPem());
        return key.Public.Text;
    }
}
