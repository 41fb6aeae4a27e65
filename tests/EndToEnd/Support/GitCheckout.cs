namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// A git checkout of <see cref="Crates"/> with the probes <c>a</c> (of <c>kit</c>) and <c>b</c> (of <c>mid</c> too), built
/// and committed once. Each test gets it anew in that state, at the same place.
/// </summary>
public sealed class GitCheckout : IDisposable
{
    private readonly TestDirectory _directory = new();

    /// <summary>The checkout as it was after its first commit.</summary>
    internal Checkout Restore()
    {
        var checkout = new Checkout(_directory["live/top/work"], _directory["live/cache"]);
        if (Directory.Exists(_directory["saved"]))
        {
            Directory.Delete(_directory["live"], recursive: true);
            Tool.Do("cp", "-a", _directory["saved"], _directory["live"]);
            return checkout;
        }
        Crates.WriteWorkspace(checkout);
        Crates.WriteProbe(checkout, "a", "x");
        Crates.WriteProbe(checkout, "b", "mid::between(x)", "mid = { path = \"../../mid\" }");
        checkout.Write(".gitignore", "target/\n");
        checkout.Build().Succeeded();
        Git(checkout, "init", "-q", "-b", "main");
        Commit(checkout, "first");
        Tool.Do("cp", "-a", _directory["live"], _directory["saved"]);
        return checkout;
    }

    /// <summary>A place for a further checkout, which the next <see cref="Restore"/> clears.</summary>
    internal string Beside(string name) => _directory[$"live/{name}"];

    /// <summary>Runs git in a checkout.</summary>
    internal static void Git(Checkout checkout, params IEnumerable<string> arguments)
    {
        string[] identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"];
        var result = Tool.Run("git", checkout.Directory, [.. identity, .. arguments]);
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    /// <summary>Commits all that has changed, if anything has.</summary>
    internal static void Commit(Checkout checkout, string message)
    {
        Git(checkout, "add", ".");
        Git(checkout, "commit", "-q", "--allow-empty", "-m", message);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
