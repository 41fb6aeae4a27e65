using System.Security.Cryptography;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>A cache that somebody or something damaged costs time, never a wrong object and never a failed build.</summary>
public sealed class DamagedCacheTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void A_truncated_object_is_made_again_with_one_warning() =>
        AssertMadeAgain(blob => blob.SetLength(100));

    [Fact]
    public void An_object_with_a_flipped_bit_is_made_again_with_one_warning() => AssertMadeAgain(blob =>
    {
        blob.Position = 200;
        var value = blob.ReadByte();
        blob.Position = 200;
        blob.WriteByte((byte)(value ^ 1));
    });

    [Fact]
    public void A_missing_object_is_made_again()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        File.Delete(BlobOf(checkout, "pass"));
        File.Delete(checkout.ObjectOf("pass"));

        var build = checkout.Build().Succeeded();

        Assert.Equal(["codegen pass/modern"], build.Steps.Where(s => s.Ran).Select(s => s.Step));
        Assert.Equal(before, checkout.Objects());
    }

    [Theory]
    [InlineData("")]
    [FurtherData("what another version may have left")]
    public void What_cargo_takes_for_fresh_and_is_not_ours_is_compiled_again(string product)
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        Directory.Delete(checkout.Cache, recursive: true);
        checkout.Build().Succeeded();
        Directory.Delete(checkout.Cache, recursive: true);
        var products = Directory.EnumerateFiles(checkout["target/bpf/cargo"], "pass*", SearchOption.AllDirectories).Where(f => !Path.HasExtension(f)).ToList();
        Assert.NotEmpty(products);
        foreach (var file in products)
            File.WriteAllText(file, product);

        var build = checkout.Build().Succeeded();

        Assert.Contains("rustc pass", build.Steps.Where(s => s.Ran).Select(s => s.Step));
        Assert.Equal(before, checkout.Objects());
    }

    [Fact]
    public void Blobs_that_are_all_damaged_are_all_made_again_in_one_build()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        foreach (var blob in Directory.EnumerateFiles(Path.Combine(checkout.Cache, "v1/blobs"), "*", SearchOption.AllDirectories))
            Damage(blob, b => b.SetLength(b.Length / 2));
        File.Delete(checkout.ObjectOf("pass"));

        checkout.Build().Succeeded();

        Assert.Equal(before, checkout.Objects());
    }

    [Fact]
    public void Results_that_are_all_damaged_are_all_made_again()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        foreach (var result in Directory.EnumerateFiles(Path.Combine(checkout.Cache, "v1/results"), "*", SearchOption.AllDirectories))
            Damage(result, b => b.SetLength(b.Length / 2));

        var build = checkout.Build().Succeeded();

        Assert.All(build.Steps, s => Assert.Equal("Unchanged/Executed", s.Outcome));
        Assert.Equal(before, checkout.Objects());
    }

    [Fact]
    public void A_deleted_index_loses_nothing()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        File.Delete(IndexOf(checkout));

        var build = checkout.Build().Succeeded();

        Assert.Equal("", build.Errors);
        Assert.All(build.Steps, s => Assert.Equal("New/ActionCache", s.Outcome));
        Assert.Equal(before, checkout.Objects());
    }

    [Fact]
    public void A_garbage_index_is_replaced_with_one_warning()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        File.WriteAllText(IndexOf(checkout), "this is no database, however long one looks at it");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            warning BPFI1052: the cache's index was replaced: it is damaged
              help nothing is lost; everything is looked at once more

            """, build.Errors);
        Assert.All(build.Steps, s => Assert.Equal("New/ActionCache", s.Outcome));
        Assert.Equal(before, checkout.Objects());
        Assert.Equal("", checkout.Build().Errors);
    }

    [Fact]
    public void An_index_cut_in_half_loses_nothing()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        Damage(IndexOf(checkout), b => b.SetLength(b.Length / 2));

        var build = checkout.Build().Succeeded();

        Assert.All(build.Steps, s => Assert.False(s.Ran, s.ToString()));
        Assert.Equal(before, checkout.Objects());
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    private void AssertMadeAgain(Action<FileStream> damage)
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        var blob = BlobOf(checkout, "pass");
        Damage(blob, damage);
        File.Delete(checkout.ObjectOf("pass"));

        var build = checkout.Build().Succeeded();

        var digest = Path.GetFileName(blob);
        Assert.Equal($"warning BPFI1051: the cache's blob {digest[..12]} was damaged; it is made again\n", build.Errors);
        Assert.Equal(["codegen pass/modern"], build.Steps.Where(s => s.Ran).Select(s => s.Step));
        Assert.Equal(before, checkout.Objects());
        Assert.True(File.Exists(Path.Combine(checkout.Cache, "v1/quarantine", digest)));
        Assert.Equal("", checkout.Build().Succeeded().Errors);
    }

    private static string IndexOf(Checkout checkout) => Path.Combine(checkout.Cache, "v1/index.db");

    private static string BlobOf(Checkout checkout, string probe)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(checkout.ObjectOf(probe))));
        return Path.Combine(checkout.Cache, "v1/blobs", digest[..2], digest);
    }

    // Blobs are read-only files.
    private static void Damage(string path, Action<FileStream> damage)
    {
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        damage(stream);
    }
}
