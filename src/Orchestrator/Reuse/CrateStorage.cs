using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Tiers;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>What rustc printed.</summary>
/// <param name="Output">On its standard output.</param>
/// <param name="Messages">On its standard error: a JSON text on each line.</param>
internal sealed record RustcStreams(byte[] Output, byte[] Messages);

/// <summary>Keeps the outputs of a rustc call, and puts them back. Texts are kept without paths of this machine.</summary>
internal sealed class CrateStorage(RustcCommandLine call, CratePaths paths, TieredCache cache)
{
    private const string DepInfoName = "dep-info", OutputName = "stdout", MessagesName = "stderr", FilePrefix = "files/";
    private const UnixFileMode Readable = (UnixFileMode)0b110_100_100, Executable = (UnixFileMode)0b111_101_101;

    /// <summary>Stores what a call made; null when it did not make all that it should have.</summary>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public ImmutableArray<StepOutput>? Store(RustcStreams streams)
    {
        var made = Files().ToList();
        if (!made.TrueForAll(f => File.Exists(f.Path)) || !File.Exists(call.DepInfoPath))
            return null;
        List<StepOutput> outputs =
        [
            .. made.Select(f => new StepOutput(f.Name, cache.Blobs.PutFile(f.Path))),
            new(DepInfoName, cache.Blobs.Put(paths.PortableDepInfo(File.ReadAllBytes(call.DepInfoPath)))),
            new(OutputName, cache.Blobs.Put(streams.Output)),
            new(MessagesName, cache.Blobs.Put(paths.PortableMessages(streams.Messages))),
        ];
        return [.. outputs.OrderBy(o => o.Name, StringComparer.Ordinal)];
    }

    /// <summary>Puts all outputs in their places, or none; gives what rustc printed, null when an output is lost.</summary>
    /// <exception cref="IOException">A place cannot be written.</exception>
    public RustcStreams? TryRestore(StepResult result)
    {
        var outputs = result.Outputs.ToDictionary(o => o.Name, o => o.Digest, StringComparer.Ordinal);
        if (Text(DepInfoName) is not { } depInfo || Text(OutputName) is not { } output || Text(MessagesName) is not { } messages)
            return null;
        var copies = new List<(string Copy, string Path)>();
        try
        {
            foreach (var (name, path) in Files())
            {
                var copy = $"{path}.{Guid.NewGuid():n}";
                copies.Add((copy, path));
                var mode = Path.GetExtension(path) is "" or ".so" ? Executable : Readable;
                if (!outputs.TryGetValue(name, out var digest) || !cache.Obtain(digest) || !cache.Blobs.TryCopy(digest, copy, mode))
                    return null;
            }
            File.WriteAllBytes(call.DepInfoPath, paths.LocalDepInfo(depInfo));
            foreach (var (copy, path) in copies)
                File.Move(copy, path, overwrite: true);
            return new RustcStreams(output, paths.LocalMessages(messages));
        }
        finally
        {
            foreach (var (copy, _) in copies)
                File.Delete(copy);
        }

        byte[]? Text(string name) => outputs.TryGetValue(name, out var digest) ? cache.TryRead(digest) : null;
    }

    // All outputs but the dep-info.
    private IEnumerable<(string Name, string Path)> Files() => call.Outputs
        .Select(o => Path.Combine(call.OutDirectory, o))
        .Where(p => p != call.DepInfoPath)
        .Select(p => ($"{FilePrefix}{Path.GetFileName(p)}", p));
}
