using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Signing;
using BpfIncr.Cache.Tests.Actions;
using BpfIncr.Cache.Tiers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Tiers;

/// <summary>A tier of which only signed results are accepted: whoever else writes to it costs misses, and never decides what a step gives.</summary>
public sealed class SignedTierTests : IDisposable
{
    private static readonly Digest Output = Digest.OfText("output");
    private static readonly Digest Key = Samples.Action().Key;

    private readonly TemporaryDirectory _shared = new();
    private readonly SigningKey _ci = SigningKey.Generate();
    private readonly SigningKey _stranger = SigningKey.Generate();

    public void Dispose()
    {
        _shared.Dispose();
        _ci.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task What_a_signer_wrote_is_found_and_keeps_its_signature()
    {
        using var ci = Trusting(_ci);
        using var reader = Trusting();
        await ci.RunAsync();

        var found = reader.Cache.TryGet(Key);

        Assert.NotNull(found?.Tier);
        Assert.Equal("output"u8.ToArray(), reader.Cache.TryRead(Output));
        Assert.Equal(await ReadAsync(ResultInShared), await ReadAsync(reader.Results.PathOf(Key)));
        Assert.Empty(ci.Troubles.Concat(reader.Troubles));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_nobody_or_a_stranger_signed_is_missing_with_one_warning(bool isSigned)
    {
        using var other = Lax(isSigned ? _stranger : null);
        await other.RunAsync();
        await other.RunAsync("more", "more");
        using var reader = Trusting();
        var before = Machine.FilesIn(_shared.Path);

        Assert.Null(reader.Cache.TryGet(Key));
        Assert.Null(reader.Cache.TryGet(Samples.Action("more").Key));
        Assert.Empty(reader.Cache.All(Key));

        var why = isSigned ? $"is signed by {_stranger.Public.Id}, who is none of them" : "is not signed";
        Assert.Equal([(TierTroubleKind.Untrusted, $"result {Key.Short} {why}")], reader.Troubles.Select(t => (t.Kind, t.Detail)));
        Assert.Equal(before, Machine.FilesIn(_shared.Path));
        Assert.Empty(reader.Files());
    }

    [Fact]
    public async Task The_next_pass_warns_again()
    {
        using var other = Lax();
        await other.RunAsync();
        using var reader = Trusting();

        for (var pass = 0; pass < 2; pass++)
        {
            reader.Tiers[0].Rearm();
            Assert.Null(reader.Cache.TryGet(Key));
        }

        Assert.Equal(2, reader.Troubles.Count);
    }

    [Theory]
    [InlineData("unsigned")]
    [InlineData("stranger's")]
    [InlineData("other output")]
    [InlineData("damaged")]
    public async Task A_signer_puts_its_own_result_in_the_place_of_one_that_is_not_accepted(string what)
    {
        using (var other = Lax(what == "stranger's" ? _stranger : null))
            await other.RunAsync(what == "other output" ? "hostile" : "output");
        if (what == "damaged")
            Overwrite((await ReadAsync(ResultInShared))[..^1]);
        using var ci = Trusting(_ci);
        using var reader = Trusting();

        Assert.Null(ci.Cache.TryGet(Key));
        await ci.RunAsync();

        Assert.Equal("output"u8.ToArray(), reader.Cache.TryRead(reader.Cache.TryGet(Key)!.Value.Result.Output("a.bc")));
        Assert.Empty(reader.Troubles);
        // What is not accepted is not compared either.
        Assert.DoesNotContain(ci.Troubles, t => t.Kind == TierTroubleKind.NonDeterministic);
    }

    [Fact]
    public async Task What_is_damaged_is_called_damaged_and_put_out_of_the_way()
    {
        using (var ci = Trusting(_ci))
            await ci.RunAsync();
        Overwrite((await ReadAsync(ResultInShared))[..^1]);
        using var reader = Trusting();

        Assert.Null(reader.Cache.TryGet(Key));

        Assert.Equal((TierTroubleKind.Damaged, $"result {Key.Short}"), reader.Troubles.Select(t => (t.Kind, t.Detail)).Single());
        Assert.False(File.Exists(ResultInShared));
    }

    [Fact]
    public async Task A_signed_result_that_is_there_first_stays_and_another_one_is_reported()
    {
        using var first = Trusting(_ci);
        using var second = Trusting(_ci);
        await first.RunAsync("one");
        var before = await ReadAsync(ResultInShared);

        await second.RunAsync("other");

        Assert.Equal(before, await ReadAsync(ResultInShared));
        Assert.Equal(TierTroubleKind.NonDeterministic, Assert.Single(second.Troubles).Kind);
    }

    [Fact]
    public async Task A_hostile_writer_who_keeps_the_signature_and_the_checksum_right_gets_nowhere()
    {
        using (var ci = Trusting(_ci))
            await ci.RunAsync();
        var signed = await ReadAsync(ResultInShared);
        var payload = ResultFile.Content(ResultFile.Encode(Samples.Result("hostile"))).ToArray();
        byte[] content = [.. payload, .. signed[^75..]];
        Overwrite([.. Digest.Of(content).ToBytes(), .. content]);
        using var reader = Trusting();

        Assert.Null(reader.Cache.TryGet(Key));

        Assert.Equal($"result {Key.Short} is not what {_ci.Public.Id} has signed", Assert.Single(reader.Troubles).Detail);
    }

    [Fact]
    public async Task A_signed_result_under_the_key_of_another_action_is_damaged()
    {
        using (var ci = Trusting(_ci))
            await ci.RunAsync("of another", "another");
        Directory.CreateDirectory(Path.GetDirectoryName(ResultInShared)!);
        File.Copy(Machine.ResultIn(_shared.Path, Samples.Action("another").Key), ResultInShared);
        using var reader = Trusting();

        Assert.Null(reader.Cache.TryGet(Key));

        Assert.Equal(TierTroubleKind.Damaged, Assert.Single(reader.Troubles).Kind);
    }

    [Fact]
    public async Task Whoever_cannot_sign_writes_nothing()
    {
        using var nobody = Trusting();
        using var stranger = Trusting(_stranger);

        await nobody.RunAsync();
        await stranger.RunAsync();
        await AppendAsync(nobody, "one");
        await AppendAsync(stranger, "two");

        Assert.DoesNotContain(Machine.FilesIn(_shared.Path), f => f.Contains("results", StringComparison.Ordinal));
        Assert.Empty(nobody.Troubles.Concat(stranger.Troubles));
    }

    [Fact]
    public async Task What_comes_from_elsewhere_is_passed_on_as_it_is_signed_and_not_otherwise()
    {
        using var elsewhere = new TemporaryDirectory();
        using (var other = new Machine([TierSettings.At(elsewhere.Path, isReadOnly: false)], Open, signingKey: _ci))
            await other.RunAsync("signed", "signed");
        using (var other = new Machine([TierSettings.At(elsewhere.Path, isReadOnly: false)], Open))
            await other.RunAsync("unsigned", "unsigned");
        using var between = new Machine([Strict, TierSettings.At(elsewhere.Path, isReadOnly: true)], Open, signingKey: _ci);

        Assert.NotNull(between.Cache.TryGet(Samples.Action("signed").Key));
        Assert.NotNull(between.Cache.TryGet(Samples.Action("unsigned").Key));
        await between.Cache.FlushAsync();

        Assert.True(File.Exists(Machine.ResultIn(_shared.Path, Samples.Action("signed").Key)));
        Assert.False(File.Exists(Machine.ResultIn(_shared.Path, Samples.Action("unsigned").Key)));
        Assert.Empty(between.Troubles);
    }

    [Fact]
    public async Task What_another_process_made_here_without_the_key_is_signed_when_it_is_shared()
    {
        using var ci = Trusting(_ci);
        using var reader = Trusting();
        ci.Blobs.Put("output"u8);
        ci.Blobs.Put("second"u8);
        ci.Results.Add(Samples.Result());

        ci.Cache.Share(Key);
        await ci.Cache.FlushAsync();

        Assert.NotNull(reader.Cache.TryGet(Key));
    }

    [Theory]
    [InlineData("output", true)]
    [InlineData("other output", false)]
    public async Task What_lay_here_without_a_signature_is_signed_only_if_it_was_made_again(string made, bool isShared)
    {
        using var ci = Trusting(_ci);
        ci.Results.Add(Samples.Result());

        await ci.RunAsync(made);

        Assert.Equal(isShared, File.Exists(ResultInShared));
    }

    [Fact]
    public async Task What_is_not_final_is_signed_anew_with_what_signers_wrote_and_without_the_rest()
    {
        using var ci = Trusting(_ci);
        using var hostile = Lax();
        await AppendAsync(ci, "one");
        await AppendAsync(ci, "two");
        Assert.Equal(["one", "two"], Names());
        await AppendAsync(hostile, "hostile");
        Assert.Empty(Names());

        await AppendAsync(ci, "three");

        Assert.Equal(["three"], Names());

        IEnumerable<string> Names()
        {
            using var reader = Trusting();
            return [.. reader.Cache.All(Key).SelectMany(r => r.Outputs).Select(o => o.Name)];
        }
    }

    [Fact]
    public void Settings_with_the_same_signers_are_equal()
    {
        Assert.Equal(Strict, Strict with { Signers = [.. Strict.Signers] });
        Assert.NotEqual(Strict, Strict with { Signers = [] });
    }

    private string ResultInShared => Machine.ResultIn(_shared.Path, Key);

    private TierSettings Strict => TierSettings.At(_shared.Path, isReadOnly: false) with { Deadline = Machine.Deadline, Signers = [_ci.Public.Text] };

    private Machine Trusting(SigningKey? key = null) => new([Strict], Open, signingKey: key);

    private Machine Lax(SigningKey? key = null) => new([Strict with { Signers = [] }], Open, signingKey: key);

    private static ICacheTier Open(TierSettings settings) => new DirectoryTier(settings.Path);

    private static Task<byte[]> ReadAsync(string path) => File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);

    private void Overwrite(byte[] content)
    {
        File.Delete(ResultInShared);
        File.WriteAllBytes(ResultInShared, content);
    }

    private static async Task AppendAsync(Machine machine, string name)
    {
        var digest = machine.Blobs.Put(System.Text.Encoding.UTF8.GetBytes(name));
        machine.Cache.Update(Key, digest, there => there?.Outputs.Any(o => o.Name == name) == true
            ? null
            : new StepResult(Samples.Action(), [.. there?.Outputs ?? [], new(name, digest)], [], default));
        await machine.Cache.FlushAsync();
    }
}
