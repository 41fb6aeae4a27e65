using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Tiers;

public sealed class TierServerTests : IDisposable
{
    private static readonly byte[] Content = [.. "content"u8];
    private static readonly Digest Name = Digest.Of(Content);

    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Every_call_is_answered_as_the_tier_answers()
    {
        var answers = Ask(
            (TierCall.HasBlob, []), (TierCall.ReadBlob, []), (TierCall.WriteBlob, Content), (TierCall.HasBlob, []), (TierCall.ReadBlob, []),
            (TierCall.RemoveBlob, []), (TierCall.HasBlob, []),
            (TierCall.AddResult, Content), (TierCall.AddResult, [1]), (TierCall.ReplaceResult, [2]), (TierCall.ReadResult, []),
            (TierCall.RemoveResult, []), (TierCall.ReadResult, []));

        Assert.Equal(
            [
                "Nothing", "Nothing", "Nothing", "Content", "Content content", "Nothing", "Nothing",
                "Nothing", "Content content", "Nothing", "Content \u0002", "Nothing", "Nothing",
            ], answers);
    }

    [Fact]
    public void What_fails_is_said_in_words_and_the_next_call_is_served()
    {
        Directory.Delete(_root.Path);

        var answers = Ask((TierCall.ReadBlob, []), (TierCall.WriteBlob, Content), ((TierCall)99, []));
        Directory.CreateDirectory(_root.Path);

        Assert.Equal(["Failed there is no such directory", "Failed there is no such directory", "Failed there is no call 99"], answers);
    }

    [Fact]
    public void A_question_that_breaks_off_is_not_answered()
    {
        using var questions = new MemoryStream();
        TierMessage.WriteQuestion(questions, TierCall.WriteBlob, Name, Content);
        questions.SetLength(questions.Length - 1);
        questions.Position = 0;
        using var answers = new MemoryStream();

        Assert.Throws<EndOfStreamException>(() => TierServer.Run(new DirectoryTier(_root.Path), questions, answers));

        Assert.Equal(0, answers.Length);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root.Path));
    }

    private List<string> Ask(params IReadOnlyList<(TierCall Call, byte[] Content)> calls)
    {
        using var questions = new MemoryStream();
        foreach (var (call, content) in calls)
            TierMessage.WriteQuestion(questions, call, Name, content);
        questions.Position = 0;
        using var answers = new MemoryStream();
        TierServer.Run(new DirectoryTier(_root.Path), questions, answers);
        answers.Position = 0;
        return [.. calls.Select(_ => TierMessage.ReadAnswer(answers)).Select(a => $"{a.Answer} {System.Text.Encoding.UTF8.GetString(a.Content)}".Trim(' '))];
    }
}
