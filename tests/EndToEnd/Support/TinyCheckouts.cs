namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>Checkouts of the tiny workspace, each built once and in good order, for tests that then break something.</summary>
public sealed class TinyCheckouts : IDisposable
{
    /// <summary>The members of <c>bpfincr.json</c> that name the workspace.</summary>
    internal const string Workspaces = "\"workspaces\": [\"tiny\"]";

    private readonly TestDirectory _directory = new();
    private int _made;

    /// <summary>A built checkout. It shares its cache with the others of the class.</summary>
    internal Checkout New() => Make(_directory["cache"]);

    /// <summary>A built checkout with a cache of its own, to be damaged.</summary>
    internal Checkout NewWithOwnCache()
    {
        New();
        var cache = _directory[$"cache-{_made}"];
        Tool.Do("cp", "-a", _directory["cache"], cache);
        return Make(cache);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private Checkout Make(string cache)
    {
        var checkout = new Checkout(_directory[$"{++_made}"], cache);
        checkout.AddFixture("tiny");
        checkout.Configure(Workspaces);
        checkout.Build().Succeeded();
        return checkout;
    }
}
