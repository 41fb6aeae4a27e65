using System.Collections.Immutable;
using System.Globalization;
using BpfIncr.Cache.Actions;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Turns what rustc handed to its linker into the outputs of the rustc step. A library of the workspace is stored as
/// its bitcode modules, because the rest of an rlib changes with every comment; the toolchain's own libraries are
/// stored whole, with the symbol index that spares the linker from opening their hundreds of members.
/// </summary>
/// <param name="isToolchains">Whether a library is one of the toolchain's, by its path.</param>
/// <param name="tools">The caches.</param>
internal sealed class CaptureStorage(Func<string, bool> isToolchains, PassTools tools)
{
    /// <summary>Stores the blobs and gives them their names.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    /// <exception cref="MalformedInputException">A library is damaged.</exception>
    public ImmutableArray<StepOutput> Store(LinkCapture capture)
    {
        var outputs = new List<StepOutput>();
        foreach (var (content, i) in capture.Objects.Select((o, i) => (o, i)))
            outputs.Add(new StepOutput($"objects/{Number(i, capture.Objects.Length)}.bc", tools.Blobs.Put(content)));
        foreach (var (path, i) in capture.Libraries.Select((l, i) => (l, i)))
            outputs.AddRange(StoreLibrary(path, Number(i, capture.Libraries.Length, digits: 2)));
        var exports = string.Concat(capture.Exports.Order(StringComparer.Ordinal).Select(e => $"{e}\n"));
        outputs.Add(new StepOutput(ProbeChain.ExportsName, tools.Blobs.Put(System.Text.Encoding.UTF8.GetBytes(exports))));
        return [.. outputs.OrderBy(o => o.Name, StringComparer.Ordinal)];
    }

    /// <summary>Verifies the stored toolchain libraries that a capture like this one will name, while rustc is still at work.</summary>
    public void Prepare(LinkCapture earlier)
    {
        foreach (var path in earlier.Libraries.Where(isToolchains))
            if (tools.Files.DigestOf(path) is { } digest)
                tools.Blobs.Contains(digest);
    }

    // Outputs are in the order of their names, and that is the order in which they are linked.
    private static string Number(int number, int count, int digits = 1) =>
        number.ToString(CultureInfo.InvariantCulture).PadLeft(Math.Max(digits, (count - 1).ToString(CultureInfo.InvariantCulture).Length), '0');

    private IEnumerable<StepOutput> StoreLibrary(string path, string number)
    {
        // "libprobe_kit-0123456789abcdef.rlib": the name without cargo's hash is enough to recognise it.
        var name = Path.GetFileNameWithoutExtension(path);
        name = name[(name.StartsWith("lib", StringComparison.Ordinal) ? 3 : 0)..].Split('-')[0];
        if (isToolchains(path))
            return [new StepOutput($"libraries/{number}-{name}.rlib", StoreWhole(path))];
        var members = BitcodeArchive.Read(path).ToList();
        return members.Select((member, i) => new StepOutput($"libraries/{number}-{name}-{Number(i, members.Count)}.bc", tools.Blobs.Put(member.Bitcode.Span)));
    }

    // A toolchain's library is hashed once and remembered by its stamp.
    private Cache.Digests.Digest StoreWhole(string path) =>
        tools.Files.DigestOf(path) is { } digest && tools.Blobs.Contains(digest) ? digest : tools.Blobs.PutFile(path);
}
