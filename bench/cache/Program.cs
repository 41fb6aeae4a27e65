using System.Globalization;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;

namespace BpfIncr.CacheBench;

/// <summary>
/// One process of a load on a cache: <c>cache-bench insert|lookup|restore CACHE FIRST COUNT [DIRECTORY]</c> works on the entries
/// from FIRST on and prints when it began and ended, in nanoseconds. An entry is a result with one blob of its own.
/// </summary>
internal static class Program
{
    private const int WarmUp = 200;
    private const int BlobSize = 4000;

    private static int Main(string[] args)
    {
        if (args is not [var what, var cache, var first, var count, .. var rest])
            return 2;
        var (from, to) = (Number(first), Number(first) + Number(count));
        Action<int> work = what switch
        {
            "insert" => Insert(cache),
            "lookup" => Lookup(cache),
            "restore" => Restore(cache, rest[0]),
            _ => throw new ArgumentException($"there is no {what}"),
        };
        // What the runtime compiles and the system has not looked at yet is no part of the load.
        for (var i = 1; i <= WarmUp; i++)
            work(what == "insert" ? -from - i : from);
        var began = Now();
        for (var i = from; i < to; i++)
            work(i);
        Console.WriteLine($"{began} {Now()}");
        return 0;
    }

    private static Action<int> Insert(string cache)
    {
        var (blobs, results) = (new BlobStore(cache), new ActionCache(cache));
        return i => results.Add(new StepResult(ActionOf(i), [new StepOutput("probe.o", blobs.Put(Content(i)))], [], TimeSpan.FromMilliseconds(1)));
    }

    // As a build does: the result, and its blob, read and checked.
    private static Action<int> Lookup(string cache)
    {
        var (blobs, results) = (new BlobStore(cache), new ActionCache(cache));
        return i =>
        {
            if (results.TryGet(ActionOf(i).Key) is not { } result || !new BlobStore(cache).Contains(result.Outputs[0].Digest))
                throw new InvalidOperationException($"entry {i} is not there");
        };
    }

    private static Action<int> Restore(string cache, string directory)
    {
        var (blobs, results) = (new BlobStore(cache), new ActionCache(cache));
        Directory.CreateDirectory(directory);
        return i =>
        {
            var path = Path.Combine(directory, $"{i}.o");
            File.Delete(path);
            if (results.TryGet(ActionOf(i).Key) is not { } result || !blobs.TryCopy(result.Outputs[0].Digest, path, (UnixFileMode)0b110_100_100))
                throw new InvalidOperationException($"entry {i} is not there");
        };
    }

    private static StepAction ActionOf(int i) => new(
        ["codegen", "--stage-version=1", "--cpu=v3", "optimized.bc", "--output=probe.o"], [], [new("llvm", "LLVM 22.1.2 0123456789ab")],
        new InputTree([new("optimized.bc", Digest.OfText(i.ToString(CultureInfo.InvariantCulture)))]), ["probe.o"], "");

    private static byte[] Content(int i)
    {
        var content = new byte[BlobSize];
        new Random(i).NextBytes(content);
        return content;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
