using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Index;

public sealed class PassStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PassStore _store;

    public PassStoreTests() => _store = new PassStore(_directory["cache"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Passes_belong_to_their_workspace_and_request()
    {
        Assert.Null(_store.Read("/w", "all"));
        _store.Write("/w", "all", [1, 2]);
        _store.Write("/w", "one", []);

        Assert.Equal([1, 2], _store.Read("/w", "all"));
        Assert.Empty(Assert.IsType<byte[]>(_store.Read("/w", "one")));
        Assert.Null(_store.Read("/v", "all"));
        _store.Write("/w", "all", [3]);
        Assert.Equal([3], _store.Read("/w", "all"));
    }

    [Fact]
    public void Forgetting_a_workspace_keeps_the_others()
    {
        _store.Forget("/w");
        _store.Write("/w", "all", [1]);
        _store.Write("/w", "one", [1]);
        _store.Write("/v", "all", [2]);

        _store.Forget("/w");

        Assert.Null(_store.Read("/w", "all"));
        Assert.Null(_store.Read("/w", "one"));
        Assert.Equal([2], _store.Read("/v", "all"));
    }

    [Fact]
    public void A_damaged_file_says_nothing()
    {
        _store.Write("/w", "all", [1, 2, 3]);
        var file = Assert.Single(Files());
        var sound = File.ReadAllBytes(file);
        for (var i = 0; i < sound.Length; i++)
        {
            byte[] damaged = [.. sound];
            damaged[i] ^= 1;
            File.WriteAllBytes(file, damaged);
            Assert.Null(_store.Read("/w", "all"));
            File.WriteAllBytes(file, sound[..i]);
            Assert.Null(_store.Read("/w", "all"));
        }
        File.WriteAllBytes(file, sound);
        Assert.Equal([1, 2, 3], _store.Read("/w", "all"));
    }

    [Fact]
    public void What_cannot_be_written_is_not_remembered_and_leaves_nothing_behind()
    {
        _store.Write("/w", "all", [1]);
        var file = Assert.Single(Files());
        File.Delete(file);
        Directory.CreateDirectory(file);

        _store.Write("/w", "all", [2]);

        Assert.Null(_store.Read("/w", "all"));
        Assert.Empty(Files());
    }

    private string[] Files() => Directory.GetFiles(_directory["cache"], "*", SearchOption.AllDirectories);
}
