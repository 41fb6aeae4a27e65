using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Cache.Signing;

namespace BpfIncr.Cache.Tests.Maintenance;

public sealed class CacheVerificationTests : IDisposable
{
    private readonly SampleCache _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void A_sound_cache_is_read_whole_and_left_as_it_is()
    {
        _cache.Add("link", "1", "linked");
        _cache.Add("codegen", "1", "object", "");
        var before = Names();

        var verification = Verify();

        Assert.Equal((3, 2, 0), (verification.Blobs, verification.Results, verification.Incomplete));
        Assert.Empty(verification.Damaged);
        Assert.Equal(before, Names());
        Assert.Equal(verification.Bytes, before.Sum(f => new FileInfo(_cache[f]).Length));
    }

    [Fact]
    public void Whatever_is_damaged_is_named_and_moved_to_quarantine()
    {
        var (blob, result) = (_cache.Put("content"), _cache.Add("link", "1", "linked"));
        var misplaced = Path.Combine(Path.GetDirectoryName(_cache.Results.PathOf(result))!, $"{result.Hash[..2]}{new string('0', 62)}");
        File.Copy(_cache.Results.PathOf(result), misplaced);
        Damage(_cache.Blobs.PathOf(blob));

        var verification = Verify();

        Assert.Equal(
            ((string[])[_cache.Blobs.PathOf(blob), misplaced]).Select(p => Path.GetRelativePath(_cache.Root, p)).Order(StringComparer.Ordinal), verification.Damaged);
        Assert.True(File.Exists(_cache[$"quarantine/{blob.Hash}"]));
        Assert.True(File.Exists(_cache[$"quarantine/{Path.GetFileName(misplaced)}"]));
        Assert.False(File.Exists(misplaced));
        Assert.Empty(Verify().Damaged);
    }

    [Fact]
    public void A_truncated_blob_an_empty_result_and_a_longer_blob_are_damaged()
    {
        var (shorter, longer) = (_cache.Put("content"), _cache.Put("other"));
        Damage(_cache.Blobs.PathOf(shorter), "con");
        Damage(_cache.Blobs.PathOf(longer), "others");
        Damage(_cache.Results.PathOf(_cache.Add("link", "1")), "");

        Assert.Equal(3, Verify().Damaged.Length);
    }

    [Fact]
    public void A_result_without_its_blobs_is_sound_and_counted()
    {
        var key = _cache.Add("link", "1", "linked");
        File.Delete(_cache.Blobs.PathOf(_cache.Put("linked")));

        Assert.Equal(1, Verify().Incomplete);
        Assert.NotNull(new ActionCache(_cache.Root).TryGet(key));
    }

    [Fact]
    public void What_no_signer_has_signed_is_named_and_moved_to_quarantine_where_that_is_asked_for()
    {
        using var ci = SigningKey.Generate();
        using var other = SigningKey.Generate();
        var signed = _cache.AddSigned(ci, "link", "1");
        Digest[] rest = [_cache.Add("link", "2"), _cache.AddSigned(other, "link", "3")];
        Assert.Empty(Verify().Untrusted);

        var verification = Verify(new Signers([ci.Public]));

        Assert.Empty(verification.Damaged);
        Assert.Equal(rest.Select(k => $"results/{k.Hash[..2]}/{k.Hash}").Order(StringComparer.Ordinal), verification.Untrusted);
        Assert.NotNull(new ActionCache(_cache.Root).TryGet(signed));
        Assert.All(rest, k => Assert.Null(new ActionCache(_cache.Root).TryGet(k)));
        Assert.All(rest, k => Assert.True(File.Exists(_cache[$"quarantine/{k.Hash}"])));
    }

    [Fact]
    public void It_is_no_use_of_what_it_looks_at()
    {
        var result = _cache.Results.PathOf(_cache.Add("link", "1", "linked"));
        _cache.Age(_cache.Root, TimeSpan.FromDays(3));

        Verify();

        Assert.InRange((DateTime.UtcNow - File.GetLastWriteTimeUtc(result)).TotalDays, 3, 3.1);
    }

    private CacheVerification Verify(Signers? signers = null) => CacheVerification.Run(_cache.Root, signers ?? Signers.Anyone, TestContext.Current.CancellationToken);

    private List<string> Names() => [.. CacheFile.In(_cache.Root).Select(f => Path.GetRelativePath(_cache.Root, f.Path)).Order(StringComparer.Ordinal)];

    private static void Damage(string path, string content = "damaged")
    {
        File.Delete(path);
        File.WriteAllText(path, content);
    }
}
