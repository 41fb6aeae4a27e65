namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// A checkout of <see cref="Crates"/> with the probes <c>alpha</c> and <c>beta</c> in one variant, built; and the oracle:
/// after an edit, exactly these steps run, and the objects are those that a build from nothing gives.
/// </summary>
internal sealed class CrateCheckout : IDisposable
{
    private static readonly string[] Parts = ["Cargo.toml", "Cargo.lock", "bpfincr.json", "kit", "mid", "probes"];

    private readonly TestDirectory _directory = new();

    public CrateCheckout()
    {
        Checkout = new Checkout(_directory["top/checkout"], _directory["cache"]);
        Crates.WriteWorkspace(Checkout);
        Checkout.Configure("");
        Crates.WriteProbe(Checkout, "alpha", "kit::shared(x)");
        Crates.WriteProbe(Checkout, "beta", "mid::between(x)", "mid = { path = \"../../mid\" }");
        Checkout.Build().Succeeded();
    }

    /// <summary>The rerun list after an edit that makes every probe's rustc run and changes all that follows.</summary>
    public const string Everything =
        """
        alpha: rustc Modified/Executed, link Modified/Executed
        alpha/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
        beta: rustc Modified/Executed, link Modified/Executed
        beta/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
        """;

    /// <summary>The same, for one probe.</summary>
    public static string Only(string probe) =>
        $"{probe}: rustc Modified/Executed, link Modified/Executed\n{probe}/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed";

    /// <summary>The checkout.</summary>
    public Checkout Checkout { get; }

    /// <summary>A path beside the checkout, as a relative path in it would find it.</summary>
    public string Beside(string name) => _directory[$"top/{name}"];

    /// <summary>Cargo compares times of files; what is written within one of its ticks would be a question of luck.</summary>
    public static void Settle() => Thread.Sleep(1100);

    /// <summary>Builds; exactly these steps run, and what is there is what a build from nothing gives.</summary>
    /// <param name="reruns">The rerun list.</param>
    /// <param name="environment">Variables of both builds.</param>
    /// <param name="further">Files and directories at the top of the checkout that the build needs besides the usual ones.</param>
    public void AssertRerun(string reruns, IReadOnlyCollection<(string, string)>? environment = null, params string[] further)
    {
        Assert.Equal(reruns, Checkout.BuildWith(environment ?? []).Succeeded().Reruns);
        AssertClean(environment, further);
        Assert.Equal("", Checkout.BuildWith(environment ?? []).Succeeded().Reruns);
    }

    /// <summary>What is there is what a build from nothing gives.</summary>
    public void AssertClean(IReadOnlyCollection<(string, string)>? environment = null, params string[] further)
    {
        var clean = new Checkout(_directory["top/clean"], _directory["clean-cache"]);
        Directory.CreateDirectory(clean.Directory);
        foreach (var part in Parts.Concat(further))
            Tool.Do("cp", "-a", Checkout[part], clean.Directory);
        clean.BuildWith(environment ?? []).Succeeded();
        var (expected, actual) = (clean.Objects(), Checkout.Objects());
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (path, content) in expected)
            Assert.True(content.AsSpan().SequenceEqual(actual[path]), $"{path} is not what a clean build gives");
        // Directory.Delete cannot delete a file whose name is no text.
        Tool.Do("rm", "-r", clean.Directory, clean.Cache);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
