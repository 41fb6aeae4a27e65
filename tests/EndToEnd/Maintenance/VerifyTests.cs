using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Maintenance;

public sealed class VerifyTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void A_sound_cache_is_said_to_be_sound()
    {
        var result = checkouts.New().Run("cache", "verify");

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.EndsWith("all sound\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_is_named_taken_away_and_made_again_by_a_build()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        var cache = Path.Combine(checkout.Cache, "v1");
        string[] damaged = [.. Damage(cache, "blobs"), .. Damage(cache, "results")];

        var result = checkout.Run("cache", "verify", "--json");

        Assert.Equal(1, result.ExitCode);
        var named = JsonDocument.Parse(result.Output).RootElement.GetProperty("damaged").EnumerateArray().Select(d => d.GetString());
        Assert.Equal(damaged.Order(StringComparer.Ordinal), named);
        Assert.Equal(0, checkout.Run("cache", "verify").ExitCode);
        Directory.Delete(checkout["target"], recursive: true);
        Assert.Equal("", checkout.Build().Succeeded().Errors);
        Assert.Equal(before, checkout.Objects());
    }

    [Fact]
    public void An_index_with_a_damaged_page_is_replaced()
    {
        var checkout = checkouts.NewWithOwnCache();
        using (var index = File.OpenWrite(Path.Combine(checkout.Cache, "v1/index.db")))
        {
            index.Position = index.Length - 4096;
            index.Write(new byte[] { 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f });
        }

        var result = checkout.Run("cache", "verify");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("warning BPFI1052: the cache's index was replaced: it is damaged", result.Errors, StringComparison.Ordinal);
        Assert.Equal("", checkout.Build().Succeeded().Errors);
        Assert.Equal(0, checkout.Run("cache", "verify").ExitCode);
    }

    // The first file and the last, so that none of them is the only one of its kind.
    private static IEnumerable<string> Damage(string cache, string part)
    {
        var files = Directory.EnumerateFiles(Path.Combine(cache, part), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        foreach (var file in (string[])[files[0], files[^1]])
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.AppendAllText(file, "!");
            yield return Path.GetRelativePath(cache, file);
        }
    }
}
