using BpfIncr.Cache.Signing;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Signing;

public sealed class SecretsTests : IDisposable
{
    private const string Variable = "BPFINCR_TEST_SECRET";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("text", "text")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_variable_can_be_taken_once(string? value, string? expected)
    {
        Environment.SetEnvironmentVariable(Variable, value);

        Assert.Equal(expected, Secrets.TakeVariable(Variable));
        Assert.Null(Secrets.TakeVariable(Variable));
        Assert.False(Environment.GetEnvironmentVariables().Contains(Variable));
    }

    [Theory]
    [InlineData(0b110_000_000, false)]
    [InlineData(0b100_000_000, false)]
    [InlineData(0b110_100_000, true)]
    [InlineData(0b110_000_100, true)]
    [InlineData(0b110_000_010, true)]
    public void A_file_is_exposed_when_others_can_do_anything_with_it(int mode, bool expected)
    {
        var path = _directory.Write("key", "key");
        File.SetUnixFileMode(path, (UnixFileMode)mode);

        Assert.Equal(expected, Secrets.IsExposed(path));
    }

    // What is somebody else's is theirs to protect: a secret that is mounted for a group, for instance.
    [Fact]
    public void A_file_of_somebody_else_is_not_exposed_by_this_user()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "NOT TESTED: only root can give a file away");
        var path = _directory.Write("key", "key");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_000);
        System.Diagnostics.Process.Start("chown", ["65534", path]).WaitForExit();

        Assert.False(Secrets.IsExposed(path));
    }
}
