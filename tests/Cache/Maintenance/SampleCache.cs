using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Signing;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Maintenance;

/// <summary>A cache with results that are made up, and files whose last use is what the test says.</summary>
internal sealed class SampleCache : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SampleCache()
    {
        Blobs = new BlobStore(Root, _ => Assert.Fail("damaged blob"));
        Results = new ActionCache(Root, _ => Assert.Fail("damaged result"));
    }

    /// <summary>The versioned cache directory.</summary>
    public string Root => _directory.Path;

    /// <summary>Its blobs.</summary>
    public BlobStore Blobs { get; }

    /// <summary>Its results.</summary>
    public ActionCache Results { get; }

    /// <summary>A path in it.</summary>
    public string this[string path] => _directory[path];

    /// <summary>Adds a step's result with these texts as outputs.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="name">What tells it from other results.</param>
    /// <param name="outputs">Its outputs' contents.</param>
    public Digest Add(string stage, string name, params IEnumerable<string> outputs) =>
        Results.Add(new StepResult(
            Action(stage, name), [.. outputs.Select((text, i) => new StepOutput($"out/{i}", Put(text)))], [], TimeSpan.FromSeconds(1))).Action.Key;

    /// <summary>Adds a step's result without outputs that somebody has signed.</summary>
    public Digest AddSigned(SigningKey key, string stage, string name) =>
        Results.Add(key.Sign(new StepResult(Action(stage, name), [], [], TimeSpan.FromSeconds(1)))).Action.Key;

    /// <summary>The action of <see cref="Add"/>.</summary>
    public static StepAction Action(string stage, string name) =>
        new([stage, "--option"], [], [], new InputTree([new("in", Digest.OfText(name))]), ["out"], "");

    /// <summary>Adds a blob.</summary>
    public Digest Put(string text) => Blobs.Put(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a file that is no blob and no result.</summary>
    public string Write(string path, string text = "x") => _directory.Write(path, text);

    /// <summary>Makes everything below a path, or the file there, unused for a time.</summary>
    public void Age(string path, TimeSpan age)
    {
        foreach (var file in File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - age);
    }

    public void Dispose() => _directory.Dispose();
}
