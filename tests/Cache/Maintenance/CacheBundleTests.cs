using System.Formats.Tar;
using System.IO.Compression;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Cache.Signing;
using FsCheck.Xunit;

namespace BpfIncr.Cache.Tests.Maintenance;

public sealed class CacheBundleTests : IDisposable
{
    private readonly SampleCache _source = new();
    private readonly SampleCache _target = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Property(MaxTest = 40)]
    public void What_is_exported_is_what_is_imported(byte[][] outputs)
    {
        using var source = new SampleCache();
        using var target = new SampleCache();
        source.Add("codegen", "at least one");
        foreach (var (content, i) in outputs.Select((o, i) => (Convert.ToHexString(o), i)))
            source.Add("link", $"{i}", content, $"{content} and more");

        var written = Export(source, out var bundle);
        var read = Import(target, bundle);

        Assert.Equal((written.Results, written.Blobs, 0, written.Bytes), (read.Results, read.Blobs, read.Known, read.Bytes));
        Assert.Equal(Contents(source), Contents(target));
        Assert.Equal(0, CacheVerification.Run(target.Root, Signers.Anyone, default).Incomplete);
    }

    [Fact]
    public void A_signature_goes_with_its_result()
    {
        using var key = SigningKey.Generate();
        var signed = _source.AddSigned(key, "link", "1");

        Export(_source, out var bundle);
        Import(_target, bundle, new Signers([key.Public]));

        Assert.Null(new Signers([key.Public]).ObjectionTo(File.ReadAllBytes(_target.Results.PathOf(signed))));
    }

    [Fact]
    public void Where_signers_are_named_a_bundle_with_something_of_others_is_refused()
    {
        using var key = SigningKey.Generate();
        _source.AddSigned(key, "link", "1");
        var unsigned = _source.Add("link", "2", "b");
        Export(_source, out var bundle);

        var error = Assert.Throws<BundleException>(() => Import(_target, bundle, new Signers([key.Public])));

        Assert.Equal($"results/{unsigned.Hash[..2]}/{unsigned.Hash} is not signed", error.Message);
        Assert.Null(_target.Results.TryGet(unsigned));
    }

    [Fact]
    public void The_same_content_makes_the_same_bytes()
    {
        _source.Add("link", "1", "a", "b");
        Export(_source, out var first);
        _source.Age(_source.Root, TimeSpan.FromDays(3));
        _source.Put("nobody's");

        Export(_source, out var second);

        Assert.Equal(first, second);
    }

    [Fact]
    public void Only_results_that_are_asked_for_are_in_it_with_their_blobs()
    {
        var wanted = _source.Add("link", "1", "a", "shared");
        _source.Add("link", "2", "b", "shared");

        Export(_source, out var bundle, r => r.File.Name == wanted.Hash);
        Import(_target, bundle);

        Assert.Equal([wanted.Hash], Results(_target));
        Assert.Equal([Digest.OfText("a"), Digest.OfText("shared")], Inventory(_target).Blobs.Select(b => b.Digest).OrderBy(d => d.Size));
    }

    [Fact]
    public void A_second_import_changes_nothing_and_says_so()
    {
        _source.Add("link", "1", "a", "b");
        Export(_source, out var bundle);
        Import(_target, bundle);

        var again = Import(_target, bundle);

        Assert.Equal((0, 0, 3), (again.Results, again.Blobs, again.Known));
    }

    [Fact]
    public void A_result_that_is_there_stays_and_path_sets_are_added_to_those_that_are_known()
    {
        var weak = SampleCache.Action("rustc", "weak");
        _source.Add("link", "1", "theirs");
        _source.Results.Replace(StepResult.OfPathSets(weak, [_source.Put("their paths")], null));
        var key = _target.Add("link", "1", "ours");
        _target.Results.Replace(StepResult.OfPathSets(weak, [_target.Put("our paths")], null));

        Export(_source, out var bundle);
        Import(_target, bundle);

        Assert.Equal(Digest.OfText("ours"), _target.Results.TryGet(key)!.Output("out/0"));
        Assert.Equal([Digest.OfText("their paths"), Digest.OfText("our paths")], _target.Results.TryGet(weak.Key)!.Outputs.Select(o => o.Digest));
    }

    [Fact]
    public void A_damaged_blob_is_not_exported_and_counted_as_missing()
    {
        _source.Add("link", "1", "a", "b");
        var path = _source.Blobs.PathOf(Digest.OfText("a"));
        File.Delete(path);
        File.WriteAllText(path, "x");

        Assert.Equal((1, 1, 1), Export(_source, out _) is var r ? (r.Results, r.Blobs, r.Missing) : default);
        Assert.True(File.Exists(path));
    }

    // Wherever it was cut off or changed: it is an error, and what is in the cache then is in order.
    [Property(MaxTest = 100)]
    public void Of_a_bundle_that_is_cut_off_only_what_is_in_order_is_imported(uint length)
    {
        using var target = new SampleCache();
        var bundle = Bundle();

        Assert.Throws<BundleException>(() => Import(target, bundle[..(int)(length % bundle.Length)]));
        AssertInOrder(target);
    }

    [Property(MaxTest = 200)]
    public void Of_a_bundle_with_a_flipped_byte_only_what_is_in_order_is_imported(uint at, byte change)
    {
        using var target = new SampleCache();
        var bundle = Bundle();
        bundle[at % bundle.Length] ^= change == 0 ? (byte)1 : change;

        // Some bytes of the compression's header mean nothing.
        Assert.True(Record.Exception(() => Import(target, bundle)) is null or BundleException);
        AssertInOrder(target);
    }

    [Property(MaxTest = 200)]
    public void Of_an_archive_with_a_flipped_byte_only_what_is_in_order_is_imported(uint at, byte change)
    {
        using var target = new SampleCache();
        var archive = Unpacked(Bundle());
        archive[at % archive.Length] ^= change == 0 ? (byte)1 : change;

        Assert.True(Record.Exception(() => Import(target, Packed(archive))) is null or BundleException);
        AssertInOrder(target);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("blobs/../../x")]
    [InlineData("blobs/ab/../../../x")]
    [InlineData("blobs/ab/ab")]
    [InlineData("pins/release")]
    [InlineData("index.db")]
    [InlineData("blobs/00/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("blobs/FF/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("blobs/ff/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n")]
    public void No_other_name_than_that_of_a_blob_or_a_result_becomes_a_path(string name)
    {
        var bundle = Archive((name, TarEntryType.RegularFile, "content"u8.ToArray()));

        var error = Assert.Throws<BundleException>(() => Import(_target, bundle));

        Assert.Contains("neither a blob nor a result", error.Message, StringComparison.Ordinal);
        Assert.Empty(CacheFile.In(_target.Root));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Directory)]
    [InlineData(TarEntryType.Fifo)]
    public void Nothing_but_files_is_in_a_bundle(TarEntryType type)
    {
        var digest = Digest.OfText("content").Hash;

        Assert.Throws<BundleException>(() => Import(_target, Archive(($"blobs/{digest[..2]}/{digest}", type, []))));
        Assert.Empty(CacheFile.In(_target.Root));
    }

    [Fact]
    public void A_blob_under_the_name_of_another_is_damaged()
    {
        var digest = Digest.OfText("something else").Hash;

        var error = Assert.Throws<BundleException>(() => Import(_target, Archive(($"blobs/{digest[..2]}/{digest}", TarEntryType.RegularFile, "content"u8.ToArray()))));

        Assert.EndsWith("is damaged", error.Message, StringComparison.Ordinal);
        Assert.Empty(CacheFile.In(_target.Root));
    }

    [Theory]
    [InlineData(TarEntryType.RegularFile, "are free")]
    [InlineData(TarEntryType.ExtendedAttributes, "too large")]
    [InlineData(TarEntryType.LongPath, "too large")]
    public void Something_that_says_it_is_huge_is_not_believed(TarEntryType type, string error)
    {
        var digest = Digest.OfText("x").Hash;
        var archive = Unpacked(Archive(($"blobs/{digest[..2]}/{digest}", TarEntryType.RegularFile, [.. new byte[200_000]])));
        archive[156] = (byte)type;
        // A thousand terabytes for a file; for a header, what a reader might be ready to take into memory.
        System.Text.Encoding.ASCII.GetBytes(type == TarEntryType.RegularFile ? "37777777777" : "00000600000").CopyTo(archive, 124);
        if (type == TarEntryType.RegularFile)
            ((byte[])[0x80, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0]).CopyTo(archive, 124);
        SetChecksum(archive);

        var failure = Assert.ThrowsAny<Exception>(() => Import(_target, Packed(archive)));

        Assert.True(failure is BundleException or IOException, failure.ToString());
        Assert.Contains(error, failure.Message, StringComparison.Ordinal);
        Assert.Empty(CacheFile.In(_target.Root));
    }

    private static void SetChecksum(byte[] archive)
    {
        archive.AsSpan(148, 8).Fill((byte)' ');
        var sum = archive.Take(512).Sum(b => b);
        System.Text.Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(archive, 148);
    }

    private byte[] Bundle()
    {
        _source.Add("link", "1", "a", new string('b', 3000));
        _source.Add("codegen", "1", "c");
        Export(_source, out var bundle);
        return bundle;
    }

    private static void AssertInOrder(SampleCache cache)
    {
        Assert.All(CacheFile.In(cache.Root), f => Assert.True(f.Part is CachePart.Blob or CachePart.Result, f.Path));
        var verification = CacheVerification.Run(cache.Root, Signers.Anyone, TestContext.Current.CancellationToken);
        Assert.Empty(verification.Damaged);
    }

    private static ExportReport Export(SampleCache cache, out byte[] bundle, Func<StoredResult, bool>? which = null)
    {
        using var stream = new MemoryStream();
        var report = CacheBundle.Write(cache.Root, Inventory(cache).Results.Where(which ?? (_ => true)), stream, TestContext.Current.CancellationToken);
        bundle = stream.ToArray();
        return report;
    }

    private static ImportReport Import(SampleCache cache, byte[] bundle, Signers? signers = null) =>
        BundleReader.Read(cache.Root, new MemoryStream(bundle), signers ?? Signers.Anyone, TestContext.Current.CancellationToken);

    private static CacheInventory Inventory(SampleCache cache) => CacheInventory.Take(cache.Root, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Results(SampleCache cache) => Inventory(cache).Results.Select(r => r.File.Name);

    private static List<string> Contents(SampleCache cache) =>
        [.. CacheFile.In(cache.Root).Select(f => $"{Path.GetRelativePath(cache.Root, f.Path)} {Digest.OfFile(f.Path)}").Order(StringComparer.Ordinal)];

    private static byte[] Archive(params (string Name, TarEntryType Type, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
            foreach (var (name, type, content) in entries)
            {
                var entry = new UstarTarEntry(type, name);
                if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                    entry.LinkName = "/etc/passwd";
                if (type == TarEntryType.RegularFile)
                    entry.DataStream = new MemoryStream(content);
                archive.WriteEntry(entry);
            }
        return Packed(stream.ToArray());
    }

    private static byte[] Packed(byte[] archive)
    {
        using var stream = new MemoryStream();
        using (var compressed = new GZipStream(stream, CompressionLevel.Fastest))
            compressed.Write(archive);
        return stream.ToArray();
    }

    private static byte[] Unpacked(byte[] bundle)
    {
        using var content = new MemoryStream();
        using (var compressed = new GZipStream(new MemoryStream(bundle), CompressionMode.Decompress))
            compressed.CopyTo(content);
        return content.ToArray();
    }
}
