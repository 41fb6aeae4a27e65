using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Registry;

/// <summary>
/// Checkouts of <c>fixtures/registry</c>, with the crates of the registry beside its sources as <c>cargo vendor</c> has
/// them, built once in each toolchain mode with one cache. <c>eng/crates.sh</c> brings the crates.
/// </summary>
public sealed class RegistryCheckouts : IDisposable
{
    private const string LibraryCrates = $"{Hidden.Sources}/rust/library/vendor";
    private static readonly string Crates = Path.Combine(Repository.Root, "artifacts", "crates");

    private readonly TestDirectory _directory = new();
    private readonly Dictionary<string, (Checkout Checkout, BuildResult First)> _built = [];

    /// <summary>A checkout that has been built in a toolchain mode, and its first build.</summary>
    internal (Checkout Checkout, BuildResult First) In(string mode) =>
        _built.TryGetValue(mode, out var built) ? built : _built[mode] = Build(mode);

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private (Checkout, BuildResult) Build(string mode)
    {
        Require(Crates, "eng/crates.sh");
        // What it finds of this machine's, it finds of the one before.
        if (mode != "bpf")
            In("bpf");
        var checkout = new Checkout(_directory[$"{mode}/checkout"], _directory["cache"]);
        checkout.AddFixture("registry");
        Directory.CreateDirectory(checkout["registry/vendor"]);
        if (mode == "build-std")
        {
            // The standard library has dependencies of its own, some with features that Debian's packages do not have.
            Require(LibraryCrates, "apt-get install rust-web-src");
            Link(LibraryCrates, checkout);
        }
        Link(Crates, checkout);
        checkout.Write("registry/.cargo/config.toml", """
            [source.crates-io]
            replace-with = "vendor"
            [source.vendor]
            directory = "vendor"
            """);
        if (mode != "build-std")
        {
            checkout.Configure($"\"workspaces\": [\"registry\"], \"toolchain\": {{ \"mode\": \"{mode}\" }}");
            return (checkout, First(checkout));
        }
        // It is what is taken where nothing better is.
        checkout.Configure("\"workspaces\": [\"registry\"]");
        return (checkout, First(checkout, Hidden.BpfCore));
    }

    // Seventy crates, on a machine that may have much else to do.
    private static BuildResult First(Checkout checkout, params IReadOnlyCollection<string> hidden)
    {
        var patience = TimeSpan.FromMinutes(20);
        return new BuildResult(Hidden.Run(checkout, hidden, ["build", "--verbose", "--explain"], patience)).Succeeded();
    }

    private static void Link(string crates, Checkout checkout)
    {
        foreach (var crate in Directory.EnumerateDirectories(crates))
            if (!Directory.Exists(checkout[$"registry/vendor/{Path.GetFileName(crate)}"]))
                Directory.CreateSymbolicLink(checkout[$"registry/vendor/{Path.GetFileName(crate)}"], crate);
    }

    private static void Require(string directory, string remedy)
    {
        if (Directory.Exists(directory))
            return;
        var message = $"NOT TRIED WITH CRATES OF THE REGISTRY: {directory} is missing: {remedy}";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(message);
        TestContext.Current.SendDiagnosticMessage(message);
        Assert.Skip(message);
    }
}
