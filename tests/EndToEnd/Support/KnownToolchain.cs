namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// What an index knows of a machine's toolchain: which one is used, and the digests of its files. To find that out is most of a small
/// build from nothing, as libLLVM and rustc are hundreds of megabytes, and the tests make such builds by the hundred. So it is found out
/// once, as <c>bpfincr init</c> does it, and caches begin with it. Nothing of any workspace is in it.
/// </summary>
internal static class KnownToolchain
{
    private static readonly Lazy<byte[]> Index = new(FindOut);

    /// <summary>Begins a cache, unless there is one.</summary>
    public static void AddTo(string cache)
    {
        var root = Path.Combine(cache, "v1");
        if (File.Exists(cache) || Directory.Exists(root))
            return;
        Directory.CreateDirectory(root);
        File.WriteAllBytes(Path.Combine(root, "index.db"), Index.Value);
    }

    private static byte[] FindOut()
    {
        using var directory = new TestDirectory();
        Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, "tiny"), directory["tiny"]);
        Tool.Do(Repository.Program, "init", directory["tiny"], "--cache-dir", directory["cache"]);
        return File.ReadAllBytes(directory["cache/v1/index.db"]);
    }
}
