using System.IO.Compression;
using System.Text;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Cache.Signing;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Maintenance;

/// <summary>Bundles come from anywhere: whatever is in one, nothing is written but blobs and results that are what their names say.</summary>
public sealed class HostileBundleTests : IDisposable
{
    private const int Block = 512;
    private const long MostMemory = 8 << 20;

    private readonly TemporaryDirectory _directory = new();
    private readonly SampleCache _source = new();

    public void Dispose()
    {
        _source.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Whatever_is_in_a_bundle_it_is_imported_or_refused_in_little_memory_and_the_cache_is_sound()
    {
        var mutations = new Mutations([Archive()]);
        var target = _directory["a/b/cache"];
        for (var i = 0; i < Amounts.Fuzz(20_000) / 40; i++)
        {
            var bundle = Packed(WithChecksums(mutations.Next()));
            var before = GC.GetAllocatedBytesForCurrentThread();

            var failure = Record.Exception(() => BundleReader.Read(target, new MemoryStream(bundle), Signers.Anyone, TestContext.Current.CancellationToken));

            Assert.True(failure is null or BundleException or IOException, $"input {i}: {failure}");
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < MostMemory + (200 * bundle.Length), $"input {i}, {bundle.Length} bytes, took {taken}");
        }
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_directory["a/b"]));
        Assert.All(CacheFile.In(target), f => Assert.True(f.Part is CachePart.Blob or CachePart.Result, f.Path));
        Assert.Empty(CacheVerification.Run(target, Signers.Anyone, TestContext.Current.CancellationToken).Damaged);
    }

    [Fact]
    public void A_blob_that_unpacks_to_a_thousand_times_its_size_takes_no_more_memory_than_another()
    {
        var key = _source.Add("link", "1", new string('0', 16 << 20));
        var bundle = Exported();
        Assert.InRange(bundle.Length, 0, 1 << 17);
        var before = GC.GetAllocatedBytesForCurrentThread();

        BundleReader.Read(_directory["cache"], new MemoryStream(bundle), Signers.Anyone, TestContext.Current.CancellationToken);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostMemory);
        Assert.True(File.Exists(_directory[$"cache/results/{key.Hash[..2]}/{key.Hash}"]));
    }

    private byte[] Archive()
    {
        _source.Add("link", "1", "a", new string('b', 700));
        _source.Add("codegen", "1", "c", "");
        using var content = new MemoryStream();
        using (var compressed = new GZipStream(new MemoryStream(Exported()), CompressionMode.Decompress))
            compressed.CopyTo(content);
        return content.ToArray();
    }

    private byte[] Exported()
    {
        using var bundle = new MemoryStream();
        CacheBundle.Write(_source.Root, CacheInventory.Take(_source.Root, TestContext.Current.CancellationToken).Results, bundle, TestContext.Current.CancellationToken);
        return bundle.ToArray();
    }

    // Whatever looks like a header gets the sum that one has.
    private static byte[] WithChecksums(byte[] archive)
    {
        for (var at = 0; at + Block <= archive.Length; at += Block)
        {
            var header = archive.AsSpan(at, Block);
            if (!header[257..].StartsWith("ustar"u8))
                continue;
            header.Slice(148, 8).Fill((byte)' ');
            var sum = 0;
            foreach (var value in header)
                sum += value;
            Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(header[148..]);
        }
        return archive;
    }

    private static byte[] Packed(byte[] archive)
    {
        using var stream = new MemoryStream();
        using (var compressed = new GZipStream(stream, CompressionLevel.Fastest))
            compressed.Write(archive);
        return stream.ToArray();
    }
}
