using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Actions.Proto;
using BpfIncr.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Digest = BpfIncr.Cache.Digests.Digest;
using Directory = BpfIncr.Cache.Actions.Proto.Directory;

namespace BpfIncr.Cache.Tests.Actions;

/// <summary>Results come from shared directories and bundles: whatever somebody has written there is a result or none, in little memory.</summary>
public sealed class HostileResultTests
{
    private const string RecordType = "type.googleapis.com/bpfincr.v1.StepRecord";
    private const long MostMemory = 1 << 20;

    [Fact]
    public void Whatever_is_in_a_result_is_a_result_or_a_miss_in_little_memory()
    {
        var mutations = new Mutations([.. Sound().Select(s => ResultFile.Encode(s)[Digest.HashLength..])]);
        var (count, sound) = (Amounts.Fuzz(20_000), 0);
        for (var i = 0; i < count; i++)
        {
            var payload = mutations.Next();
            // Every second one as somebody writes it who knows the format.
            var content = WithChecksum(i % 2 == 0 ? payload : Consistent(payload));
            var before = GC.GetAllocatedBytesForCurrentThread();

            var failure = Record.Exception(() => sound += ResultFile.Decode(content) is { } result && LookAtAll(result) ? 1 : 0);

            Assert.True(failure is null, $"input {i}: {failure}");
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < MostMemory + (200 * content.Length), $"input {i}, {content.Length} bytes, took {taken}");
        }
        Assert.InRange(sound, count / 100, count);
    }

    [Fact]
    public void A_tree_that_is_deeper_than_any_path_is_a_miss()
    {
        List<Directory> directories = [new Directory()];
        for (var depth = 0; depth < 200_000; depth++)
        {
            var above = new Directory();
            above.Directories.Add(new DirectoryNode { Name = "a", Digest = Digest.Of(directories[^1].ToByteArray()).ToProto() });
            directories.Add(above);
        }
        directories.Reverse();

        AssertMiss(directories);
    }

    [Fact]
    public void A_tree_whose_names_take_more_memory_than_the_result_is_a_miss()
    {
        var digest = Digest.OfText("").ToProto();
        var directory = new Directory();
        directory.Files.AddRange(Enumerable.Range(0, 100_000).Select(i => new FileNode { Name = $"{i}", Digest = digest }));
        List<Directory> directories = [directory];
        for (var depth = 0; depth < 15; depth++)
        {
            var above = new Directory();
            above.Directories.Add(new DirectoryNode { Name = new string('a', 250), Digest = Digest.Of(directories[^1].ToByteArray()).ToProto() });
            directories.Add(above);
        }
        directories.Reverse();

        AssertMiss(directories);
    }

    [Fact]
    public void An_output_whose_name_is_deeper_than_any_path_is_a_miss()
    {
        var message = ActionResult.Parser.ParseFrom(ResultFile.Encode(Samples.Result()).AsSpan(Digest.HashLength));
        message.OutputFiles[0].Path = string.Join('/', Enumerable.Repeat("a", 2000));

        Assert.Null(ResultFile.Decode(WithChecksum(message.ToByteArray())));
    }

    [Fact]
    public void An_action_without_properties_is_a_miss()
    {
        var payload = Changed(record =>
        {
            record.Action.Platform = null;
            return record;
        });

        Assert.Null(ResultFile.Decode(WithChecksum(Consistent(payload))));
    }

    private static void AssertMiss(List<Directory> directories)
    {
        var payload = Changed(record =>
        {
            record.Directories.Clear();
            record.Directories.AddRange(directories);
            record.Action.InputRootDigest = Digest.Of(directories[0].ToByteArray()).ToProto();
            return record;
        });
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Null(ResultFile.Decode(WithChecksum(payload)));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 << 20);
    }

    private static IEnumerable<StepResult> Sound()
    {
        yield return Samples.Result();
        var inputs = new InputTree();
        for (var i = 0; i < 20; i++)
            inputs.Add($"src/{i % 3}/{(i % 5 == 0 ? "a/b/" : "")}file{i}.rs", Digest.OfText($"{i}"));
        var action = new StepAction(["rustc", "--target=bpf", "--edition=2021"], [new("A", "1"), new("B", "")], [new("toolchain", "rustc 1")], inputs, ["*"], "universe");
        yield return new StepResult(action, [new("objects/0.bc", Digest.OfText("0")), new("exports.txt", Digest.OfText(""))], [], TimeSpan.FromSeconds(1));
        yield return StepResult.OfPathSets(new StepAction(["rustc"], [], [], new InputTree(), ["path-sets"], ""), [Digest.OfText("1"), Digest.OfText("2")], null);
    }

    // All that somebody asks of a result.
    private static bool LookAtAll(StepResult result)
    {
        var action = result.Action;
        _ = action.Ingredients().Concat(action.Properties).Concat(action.Environment).Count() + action.Variables.Count() + action.Arguments.Count;
        _ = (action.Universe, action.Key, result.Identity, result.IsPathSets, result.Elapsed, result.Completed, result.Has("x"));
        return ResultFile.Decode(ResultFile.Encode(result)) is not null;
    }

    private static byte[] Changed(Func<StepRecord, StepRecord> change)
    {
        var message = ActionResult.Parser.ParseFrom(ResultFile.Encode(Samples.Result()).AsSpan(Digest.HashLength));
        return With(message, change(StepRecord.Parser.ParseFrom(message.ExecutionMetadata.AuxiliaryMetadata[0].Value)));
    }

    private static byte[] With(ActionResult message, StepRecord record)
    {
        message.ExecutionMetadata.AuxiliaryMetadata.Clear();
        message.ExecutionMetadata.AuxiliaryMetadata.Add(new Any { TypeUrl = RecordType, Value = record.ToByteString() });
        return message.ToByteArray();
    }

    // The same with digests that hold, as far as it can be read at all.
    private static byte[] Consistent(byte[] payload)
    {
        try
        {
            var message = ActionResult.Parser.ParseFrom(payload);
            if (message.ExecutionMetadata?.AuxiliaryMetadata.FirstOrDefault() is not { } any)
                return payload;
            var record = StepRecord.Parser.ParseFrom(any.Value);
            record.Action ??= new BpfIncr.Cache.Actions.Proto.Action();
            record.Command ??= new Command();
            record.Action.CommandDigest = Digest.Of(record.Command.ToByteArray()).ToProto();
            if (record.Directories.Count > 0)
                record.Action.InputRootDigest = Linked(record.Directories).ToProto();
            return With(message, record);
        }
        catch (InvalidProtocolBufferException)
        {
            return payload;
        }
    }

    // Each directory names the ones below it, which come after it: from the last to the first, each is final when it is named.
    private static Digest Linked(IList<Directory> directories)
    {
        var parents = new Stack<DirectoryNode>();
        var places = new List<(DirectoryNode Node, Directory Child)>();
        foreach (var directory in directories)
        {
            if (parents.TryPop(out var node))
                places.Add((node, directory));
            foreach (var child in directory.Directories.Reverse())
                parents.Push(child);
        }
        foreach (var (node, child) in Enumerable.Reverse(places))
            node.Digest = Digest.Of(child.ToByteArray()).ToProto();
        return Digest.Of(directories[0].ToByteArray());
    }

    private static byte[] WithChecksum(byte[] payload) => [.. Digest.Of(payload).ToBytes(), .. payload];
}
