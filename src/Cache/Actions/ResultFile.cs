using System.Collections.Immutable;
using BpfIncr.Cache.Actions.Proto;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Actions;

/// <summary>
/// The bytes of an action result:
/// <code>
/// 32 bytes   SHA-256 of the rest
/// the rest   ActionResult, with a StepRecord in its metadata
/// </code>
/// </summary>
internal static class ResultFile
{
    private const string RecordType = "type.googleapis.com/bpfincr.v1.StepRecord";

    /// <summary>The bytes of a result.</summary>
    public static byte[] Encode(StepResult result)
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
        var payload = message.ToByteArray();
        return [.. Digest.Of(payload).ToBytes(), .. payload];
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

    /// <summary>The result in some bytes; null unless they are whole, and the action in them is what its own digests say.</summary>
    public static StepResult? Decode(ReadOnlySpan<byte> content)
    {
        if (content.Length < Digest.HashLength)
            return null;
        var payload = content[Digest.HashLength..];
        if (!Digest.Of(payload).ToBytes().AsSpan().SequenceEqual(content[..Digest.HashLength]))
            return null;
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
        foreach (var file in message.OutputFiles)
        {
            if (!file.Digest.TryToDigest(out var digest))
                return null;
            outputs.Add(new StepOutput(file.Path, digest));
        }
        var times = message.ExecutionMetadata;
        var elapsed = times.ExecutionCompletedTimestamp is { } end && times.ExecutionStartTimestamp is { } start
            ? (end - start).ToTimeSpan()
            : TimeSpan.Zero;
        return new StepResult(action, outputs.MoveToImmutable(), [.. record.Diagnostics], elapsed)
        {
            Completed = times.ExecutionCompletedTimestamp?.ToDateTime(),
        };
    }
}
