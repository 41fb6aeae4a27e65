using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Tiers;

/// <summary>What comes through a pipe may be anything, when the process at the other end is not what one thinks or has gone mad.</summary>
public sealed class HostileMessageTests : IDisposable
{
    private const long MostMemory = 1 << 20;

    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Whatever_comes_through_a_pipe_is_a_message_or_the_end_of_it_in_little_memory()
    {
        var mutations = new Mutations([Question(TierCall.WriteBlob, new byte[100]), Question(TierCall.ReadResult, []), Answer(TierAnswer.Content, new byte[300]), Answer(TierAnswer.Nothing, [])]);
        for (var i = 0; i < Amounts.Fuzz(20_000); i++)
        {
            var input = mutations.Next();
            var before = GC.GetAllocatedBytesForCurrentThread();

            var failures = new[] { Record.Exception(() => TierMessage.ReadAnswer(new MemoryStream(input))), Record.Exception(() => ReadQuestions(input)) };

            Assert.All(failures, f => Assert.True(f is null or IOException, $"input {i}: {f}"));
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < MostMemory + (100 * input.Length), $"input {i}, {input.Length} bytes, took {taken}");
        }
    }

    [Fact]
    public void Whatever_is_asked_nothing_is_written_but_blobs_and_results()
    {
        Directory.CreateDirectory(_root["a/b/tier"]);
        var calls = Enum.GetValues<TierCall>().SelectMany(c => Question(c, "content"u8.ToArray())).ToArray();
        var mutations = new Mutations([calls, Question(TierCall.AddResult, new byte[100])]);
        for (var i = 0; i < Amounts.Fuzz(1000) / 10; i++)
        {
            using var questions = new MemoryStream(mutations.Next());

            var failure = Record.Exception(() => TierServer.Run(new DirectoryTier(_root["a/b/tier"]), questions, new MemoryStream()));

            Assert.True(failure is null or IOException, $"input {i}: {failure}");
        }
        Assert.All(
            Directory.EnumerateFiles(_root.Path, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_root.Path, f)),
            f => Assert.Matches("^a/b/tier/v1/((blobs|results)/[0-9a-f]{2}/[0-9a-f]{64}|quarantine/[0-9a-f]{64}\\.[0-9a-f]{32})$", f));
    }

    private static void ReadQuestions(byte[] input)
    {
        using var stream = new MemoryStream(input);
        while (TierMessage.ReadQuestion(stream) is not null)
        {
        }
    }

    private static byte[] Question(TierCall call, byte[] content)
    {
        using var stream = new MemoryStream();
        TierMessage.WriteQuestion(stream, call, Digest.Of(content), content);
        return stream.ToArray();
    }

    private static byte[] Answer(TierAnswer answer, byte[] content)
    {
        using var stream = new MemoryStream();
        TierMessage.WriteAnswer(stream, answer, content);
        return stream.ToArray();
    }
}
