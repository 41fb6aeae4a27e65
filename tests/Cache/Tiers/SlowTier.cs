using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;

namespace BpfIncr.Cache.Tests.Tiers;

/// <summary>A tier whose calls do not return while it is blocked, as those of a file system that hangs do not, and whose writes can fail.</summary>
internal sealed class SlowTier(ICacheTier store) : ICacheTier, IDisposable
{
    private readonly ManualResetEventSlim _open = new(true);

    public int Calls { get; private set; }

    /// <summary>What happens between the beginning and the end of storing a blob.</summary>
    public Action InWrite { get; set; } = () => { };

    public void Block() => _open.Reset();

    public void Unblock() => _open.Set();

    public byte[]? ReadResult(Digest key) => When(() => store.ReadResult(key));

    public byte[]? ReadBlob(Digest digest) => When(() => store.ReadBlob(digest));

    public bool HasBlob(Digest digest) => When(() => store.HasBlob(digest));

    public void WriteBlob(Digest digest, byte[] content) => When(() =>
    {
        InWrite();
        store.WriteBlob(digest, content);
        return true;
    });

    public byte[]? AddResult(Digest key, byte[] content) => When(() => store.AddResult(key, content));

    public void ReplaceResult(Digest key, byte[] content) => When(() =>
    {
        store.ReplaceResult(key, content);
        return true;
    });

    public void RemoveResult(Digest key) => When(() =>
    {
        store.RemoveResult(key);
        return true;
    });

    public void RemoveBlob(Digest digest) => When(() =>
    {
        store.RemoveBlob(digest);
        return true;
    });

    public void Dispose() => _open.Set();

    private T When<T>(Func<T> call)
    {
        Calls++;
        _open.Wait();
        return call();
    }
}
