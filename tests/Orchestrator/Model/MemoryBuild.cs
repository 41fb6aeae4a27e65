using BpfIncr.Cache.Actions.Proto;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>Whether the cache has a result.</summary>
internal enum Knowledge
{
    /// <summary>No: the step has to run.</summary>
    Unknown,

    /// <summary>It may have, or may have lost it: the step may run.</summary>
    Maybe,

    /// <summary>Yes: the step must not run.</summary>
    Known,
}

/// <summary>A build that remembers everything in a dictionary, from the whole text of what a step reads to what is known of its result. It predicts what has to run.</summary>
internal sealed class MemoryBuild
{
    private readonly Dictionary<string, (Knowledge Knowledge, HashSet<string> Blobs)> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);

    public Knowledge this[ModelStep step] => _known.TryGetValue(step.Key, out var known) ? known.Knowledge : Knowledge.Unknown;

    /// <summary>A build was done with a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="ran">Whether it ran. If not, nobody may have needed its outputs, and that one is lost or damaged shows when somebody does.</param>
    public void Learn(ModelStep step, bool ran) => Set(step, !ran && LacksOutput(step) ? Knowledge.Maybe : Knowledge.Known);

    /// <summary>The cache may have it, unless it has it for certain.</summary>
    public void Suspect(ModelStep step)
    {
        if (this[step] != Knowledge.Known)
            Set(step, Knowledge.Maybe);
    }

    /// <summary>A file of the cache is about to be lost or damaged: whatever needs it may run again.</summary>
    /// <param name="file">A blob, or a result.</param>
    public void Lose(string file)
    {
        _touched.Add(file);
        var blobs = file.Contains("/blobs/", StringComparison.Ordinal) ? [Path.GetFileName(file)] : OutputsOf(file);
        // What leads from the weak key of a compilation to its result is no output of any step.
        var isStep = _known.Values.Any(k => k.Blobs.Overlaps(blobs));
        foreach (var (key, known) in _known)
            if (known.Blobs.Overlaps(blobs) || (!isStep && known.Blobs.Count > 1))
                _known[key] = known with { Knowledge = Knowledge.Maybe };
    }

    private void Set(ModelStep step, Knowledge knowledge)
    {
        if (step.Outputs is not null)
            _known[step.Key] = (knowledge, BlobsOf(step));
    }

    private bool LacksOutput(ModelStep step) =>
        step.Outputs is not null && BlobsOf(step) is var blobs
        && _touched.Any(f => blobs.Contains(Path.GetFileName(f)) && !(File.Exists(f) && Digest.OfFile(f).Hash == Path.GetFileName(f)));

    private static HashSet<string> BlobsOf(ModelStep step) => [.. step.Outputs!.Select(o => Digest.Of(FakeStages.Bytes(o)).Hash)];

    private static HashSet<string> OutputsOf(string result)
    {
        try
        {
            return [.. ActionResult.Parser.ParseFrom(File.ReadAllBytes(result)[Digest.HashLength..]).OutputFiles.Select(o => o.Digest.Hash)];
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return [];
        }
    }
}
