using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Engine;

/// <summary>What an earlier run, another machine or another process has written may be anything: it is read or it is not.</summary>
public sealed class HostileRecordsTests
{
    [Fact]
    public void Whatever_is_in_a_record_of_a_pass_is_no_exception() => Try(
        PassRecord.Of(2, "state", ["PATH"], [new("/bpfincr-test/nothing", new PassEntry(FileStamp.Missing, default, false, true, false))]).Content.ToArray(),
        content => PassRecord.Read(content)?.Compare(_ => "state"));

    [Fact]
    public void Whatever_is_in_a_path_set_is_no_exception() => Try(
        new PathSet(["src/main.rs", "../kit/a b.rs"], ["data", "hidden/"], ["TAG"]).Encode(),
        content => PathSet.Decode(content)?.Files.Concat(PathSet.Decode(content)!.Trees).Select(f => Path.GetFullPath(f, "/w")).Count());

    [Fact]
    public void Whatever_is_said_of_a_pass_is_no_exception() => Try(
        new LastPass(DateTimeOffset.UnixEpoch, PassState.Failed, ["xdp"], ["modern"]).Encode(), content => LastPass.Decode(content)?.Wanted(new StepId(Stage.Link, "a")));

    [Fact]
    public void Whatever_is_said_of_a_step_is_no_exception() => Try(
        new StepOutcome(DateTimeOffset.UnixEpoch, StepState.Done, Change.Modified, Source.Executed, 1.5, Digest.OfText("x").Hash, [Reason.ReadsUnknown(Digest.OfText("x"))], ["an error"]).Encode(),
        content => StepOutcome.Decode(content) is { } outcome ? outcome.Reasons.Length + outcome.Errors.Length : null);

    private static void Try(byte[] sound, Func<byte[], object?> read)
    {
        var mutations = new Mutations([sound]);
        for (var i = 0; i < Amounts.Fuzz(3000); i++)
        {
            var input = mutations.Next();
            var failure = Record.Exception(() => read(input));
            Assert.True(failure is null, $"input {i}, {Convert.ToBase64String(input)}: {failure}");
        }
    }
}
