using System.Collections.Immutable;
using BpfIncr.Cache.Actions.Proto;
using BpfIncr.Cache.Signing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Actions;

/// <summary>
/// The bytes of an action result:
/// <code>
/// 32 bytes   SHA-256 of the rest
/// payload    ActionResult, with a StepRecord in its metadata
/// 75 bytes   when it is signed: ResultSignature
/// </code>
/// </summary>
internal static class ResultFile
{
    private const string RecordType = "type.googleapis.com/bpfincr.v1.StepRecord";

    /// <summary>The bytes of a result; those that were signed, when they were.</summary>
    public static byte[] Encode(StepResult result) => result.SignedFile ?? WithChecksum(PayloadOf(result));

    /// <summary>A result that is signed by a key, and from now on always the same bytes.</summary>
    public static StepResult Sign(StepResult result, SigningKey key)
    {
        var payload = PayloadOf(result);
        return result with { SignedFile = WithChecksum([.. payload, .. ResultSignature.Of(payload, key)]) };
    }

    /// <summary>What is behind the checksum, whether that is right or not.</summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file) => file.Length < Digest.HashLength ? [] : file[Digest.HashLength..];

    /// <summary>Whether some bytes are what somebody wrote as a result, whatever it says.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> file) =>
        file.Length >= Digest.HashLength && Digest.Of(Content(file)).ToBytes().AsSpan().SequenceEqual(file[..Digest.HashLength]);

    private static byte[] WithChecksum(byte[] content) => [.. Digest.Of(content).ToBytes(), .. content];

    private static byte[] PayloadOf(StepResult result)
    {
        var record = new StepRecord();
        result.Action.CopyTo(record);
        record.Diagnostics.AddRange(result.Diagnostics);
        var completed = result.Completed ?? DateTime.UtcNow;
        var message = new ActionResult
        {
            ExecutionMetadata = new ExecutedActionMetadata
            {
                ExecutionStartTimestamp = Timestamp.FromDateTime(completed - result.Elapsed),
                ExecutionCompletedTimestamp = Timestamp.FromDateTime(completed),
            },
        };
        message.ExecutionMetadata.AuxiliaryMetadata.Add(new Any { TypeUrl = RecordType, Value = record.ToByteString() });
        message.OutputFiles.AddRange(result.Outputs
            .Select(o => new OutputFile { Path = o.Name, Digest = o.Digest.ToProto() }));
        return message.ToByteArray();
    }

    /// <summary>The result in a file; null when there is none that is sound.</summary>
    public static StepResult? TryRead(string path)
    {
        try
        {
            return Decode(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The result in some bytes; null unless they are whole, and the action in them is what its own digests say. Whether they are signed by
    /// anybody who matters is another question.
    /// </summary>
    public static StepResult? Decode(ReadOnlySpan<byte> file)
    {
        if (!IsWhole(file))
            return null;
        // Nobody is kept from giving a result an end that looks like a signature.
        var content = Content(file);
        return ResultSignature.TrySplit(content, out var payload, out _, out _) && Parse(payload) is { } signed
            ? signed with { SignedFile = file.ToArray() }
            : Parse(content);
    }

    private static StepResult? Parse(ReadOnlySpan<byte> payload)
    {
        try
        {
            var message = ActionResult.Parser.ParseFrom(payload);
            var any = message.ExecutionMetadata?.AuxiliaryMetadata.FirstOrDefault(a => a.TypeUrl == RecordType);
            if (any is null)
                return null;
            var record = StepRecord.Parser.ParseFrom(any.Value);
            return StepAction.From(record) is { } action ? ToResult(action, message, record) : null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException)
        {
            return null;
        }
    }

    private static StepResult? ToResult(StepAction action, ActionResult message, StepRecord record)
    {
        var outputs = ImmutableArray.CreateBuilder<StepOutput>(message.OutputFiles.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in message.OutputFiles)
        {
            if (!file.Digest.TryToDigest(out var digest) || !InputTree.IsPlausible(file.Path) || !names.Add(file.Path))
                return null;
            outputs.Add(new StepOutput(file.Path, digest));
        }
        var times = message.ExecutionMetadata;
        // Between two dates there is always a span; between two of the API's timestamps there need not be one.
        var (started, completed) = (times.ExecutionStartTimestamp?.ToDateTime(), times.ExecutionCompletedTimestamp?.ToDateTime());
        return new StepResult(action, outputs.MoveToImmutable(), [.. record.Diagnostics], completed - started ?? TimeSpan.Zero) { Completed = completed };
    }
}
