using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// What has to hold for the last rustc call of a probe to be made again without cargo: the same weak key (toolchain,
/// flags, manifests, features), and every other unit of the closure compiled from what is there now.
/// </summary>
/// <param name="WeakKey">The hash of the probe's weak key then.</param>
/// <param name="Output">Where the call's capture is: <c>…/deps/NAME-HASH</c>.</param>
/// <param name="Call">The identity of the call: others may have left another one's capture there since.</param>
/// <param name="Generated">Names of the variables that the package's build script sets.</param>
/// <param name="Units">The units below the bin, with what rustc read for each.</param>
internal sealed record RecordedCompile(
    string WeakKey, string Output, string Call, ImmutableArray<string> Generated, IReadOnlyList<LedgerUnit> Units)
{
    /// <summary>The record of a probe; null when there is none.</summary>
    public static RecordedCompile? Load(Probe probe, IndexDatabase index) =>
        index.Memo(MemoName(probe)) is { } content ? Decode(Encoding.UTF8.GetString(content)) : null;

    /// <summary>Remembers this record.</summary>
    public void Save(Probe probe, IndexDatabase index) =>
        index.RememberMemo(MemoName(probe), Encoding.UTF8.GetBytes(Encode()));

    private static string MemoName(Probe probe) => $"compile {probe.Unit.TargetDirectory} {probe.Name}";

    private string Encode() => string.Concat(
    [
        $"{WeakKey}\n{Output}\n{string.Join(' ', Generated.Prepend(Call))}\n",
        .. Units.Select(u => $"\n{u.Sidecar}\n{u.Proof}\n{string.Join('\t', u.Products)}\n{Encoding.UTF8.GetString(u.Paths.Encode())}"),
    ]);

    private static RecordedCompile? Decode(string text)
    {
        var blocks = text.Split("\n\n");
        var head = blocks[0].Split('\n');
        if (head.Length != 3 || !Digest.TryParse(head[0], 0, out _))
            return null;
        var units = new List<LedgerUnit>();
        foreach (var block in blocks.Skip(1))
        {
            var parts = block.Split('\n', 4);
            if (parts.Length < 3 || PathSet.Decode(Encoding.UTF8.GetBytes(parts.Length > 3 ? parts[3] : "")) is not { } paths)
                return null;
            units.Add(new LedgerUnit(parts[0], paths, [.. parts[2].Split('\t', StringSplitOptions.RemoveEmptyEntries)], parts[1]));
        }
        string[] call = head[2].Split(' ');
        return new RecordedCompile(head[0], head[1], call[0], [.. call[1..]], units);
    }
}

/// <summary>One unit that cargo compiled: a library, a proc macro, a build script or its run.</summary>
/// <param name="Sidecar">The file that holds the proof; null when nothing vouches for the unit.</param>
/// <param name="Paths">What was read for it.</param>
/// <param name="Products">Absolute paths of what was made.</param>
/// <param name="Proof">A digest of what was read and one of what was made, when it was made.</param>
internal sealed record LedgerUnit(string? Sidecar, PathSet Paths, ImmutableArray<string> Products, string Proof)
{
    /// <summary>The moment before which everything was as it was read: what changed at it or later may not have been.</summary>
    public long Since { get; init; }
}
