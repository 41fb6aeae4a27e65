namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// The tiny workspace in a few states of its sources, with the objects that a build from nothing gives for each. A file has
/// the same size in all of them.
/// </summary>
public sealed class TinyStates : IDisposable
{
    /// <summary>Tests of this collection take turns.</summary>
    public const string Collection = "tiny states";

    /// <summary>How many states there are.</summary>
    internal const int Count = 3;

    private const string Library = "tiny/src/lib.rs", Probe = "tiny/src/bin/pass.rs";

    private readonly TestDirectory _directory = new();
    private readonly List<SortedDictionary<string, byte[]>> _objects = [];
    private int _made;

    public TinyStates()
    {
        for (var state = 0; state < Count; state++)
        {
            var checkout = New(NewDirectory("clean cache"));
            Set(checkout, state);
            checkout.Build().Succeeded();
            _objects.Add(checkout.Objects());
        }
        Assert.All(_objects[1..], o => Assert.NotEqual(_objects[0], o));
    }

    /// <summary>The files that differ between the states.</summary>
    internal static IReadOnlyList<string> Files { get; } = [Library, Probe];

    /// <summary>What a file has in a state.</summary>
    internal static string Text(string file, int state)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Fixtures, file));
        return file == Library
            ? text.Replace("XDP_PASS: u32 = 2", state == 1 ? "XDP_PASS: u32 = 3" : "XDP_PASS: u32 = 2", StringComparison.Ordinal)
            : text.Replace("XDP_PASS\n}", state == 2 ? "XDP_PASS + 1\n}" : "XDP_PASS + 0\n}", StringComparison.Ordinal);
    }

    /// <summary>A checkout that was never built.</summary>
    internal Checkout New(string cache)
    {
        var checkout = new Checkout(_directory[$"{++_made}/checkout"], cache);
        checkout.AddFixture("tiny");
        checkout.Configure(TinyCheckouts.Workspaces);
        Set(checkout, 0);
        return checkout;
    }

    /// <summary>A new directory.</summary>
    internal string NewDirectory(string name) => Directory.CreateDirectory(_directory[$"{++_made}/{name}"]).FullName;

    /// <summary>Writes the sources of a state, as far as they are not there.</summary>
    internal static void Set(Checkout checkout, int state)
    {
        foreach (var file in Files)
            if (File.ReadAllText(checkout[file]) != Text(file, state))
                checkout.Write(file, Text(file, state));
    }

    /// <summary>Fails the test unless the objects of a checkout are those that a build of the state from nothing gives.</summary>
    internal void AssertObjects(Checkout checkout, int state, string story)
    {
        var objects = checkout.Objects();
        Assert.True(_objects[state].Keys.SequenceEqual(objects.Keys), $"{story}\nthere are {string.Join(' ', objects.Keys)}");
        foreach (var (path, content) in _objects[state])
            Assert.True(content.AsSpan().SequenceEqual(objects[path]), $"{story}\n{path} is not what a clean build of state {state} gives");
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}

/// <summary>Shares one <see cref="TinyStates"/> among the classes that name it.</summary>
[CollectionDefinition(TinyStates.Collection)]
public sealed class TinyStatesSharing : ICollectionFixture<TinyStates>;
