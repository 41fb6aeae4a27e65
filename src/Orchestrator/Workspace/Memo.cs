using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>What an answer depends on: it holds as long as all of this is as it was.</summary>
/// <param name="Files">Files, by content; a missing one counts as missing.</param>
/// <param name="Directories">Directories, by the names in them.</param>
/// <param name="Variables">Environment variables.</param>
internal sealed record Dependencies(
    IReadOnlyList<string> Files, IReadOnlyList<string> Directories, IReadOnlyList<string> Variables)
{
    /// <summary>One digest over the present state of all of it.</summary>
    public Digest StateIn(FileTable files) => Digest.OfText(string.Join('\n',
    [
        .. Files.Select(f => $"{f} {files.DigestOf(f)?.Hash ?? "missing"}"),
        .. Directories.Select(d => $"{d} {files.ListingOf(d).Hash}"),
        .. Values(),
    ]));

    /// <summary>
    /// Whether all of it is as it was when it was looked at. Otherwise an answer that was asked for since may be about something
    /// else than the state.
    /// </summary>
    public bool AreAsSeen(FileTable files) => Files.Concat(Directories).All(files.IsAsSeen);

    /// <summary>The variables with their present values.</summary>
    public IEnumerable<string> Values() => Variables.Select(v => $"{v}={Environment.GetEnvironmentVariable(v)}");
}

/// <summary>
/// Answers that cost a process to get (which toolchain there is, what <c>cargo metadata</c> says), kept in the index
/// together with what they depend on.
/// </summary>
/// <param name="index">Where answers are kept.</param>
/// <param name="files">What is there now.</param>
/// <param name="trusted">Whether somebody has looked already, so that what is remembered still holds.</param>
internal sealed class Memo(IndexDatabase index, FileTable files, bool trusted = false)
{
    /// <summary>
    /// The answer remembered under a name when it still holds, else what <paramref name="compute"/> gives. One that depends on nothing
    /// that could be told (null) is not remembered.
    /// </summary>
    public T Get<T>(string name, JsonTypeInfo<MemoEntry<T>> type, Func<(T Value, Dependencies? Dependencies)> compute)
    {
        if (Recall(name, type) is { } entry && (trusted || entry.Dependencies.StateIn(files).Hash == entry.State))
            return entry.Value;
        var (value, dependencies) = compute();
        if (dependencies is null)
            return value;
        var fresh = new MemoEntry<T>(value, dependencies, dependencies.StateIn(files).Hash);
        if (dependencies.AreAsSeen(files))
            Remember(name, fresh, type);
        return value;
    }

    /// <summary>Remembers something of which the caller knows how long it holds.</summary>
    public void Remember<T>(string name, T value, JsonTypeInfo<T> type) => index.RememberMemo(name, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>What is remembered under a name, whether or not it still holds; null when nothing is.</summary>
    public T? Recall<T>(string name, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return index.Memo(name) is { } stored ? JsonSerializer.Deserialize(stored, type) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>An answer as the index keeps it.</summary>
/// <param name="Value">The answer.</param>
/// <param name="Dependencies">What it depends on.</param>
/// <param name="State">The state of that when the answer was given.</param>
internal sealed record MemoEntry<T>(T Value, Dependencies Dependencies, string State);

/// <summary>A workspace as it is in every clone of the same sources.</summary>
/// <param name="Workspace">The workspace, in the clone where cargo was asked.</param>
/// <param name="State">The state of what it depends on, without the place of the clone.</param>
internal sealed record ClonedWorkspace(CargoWorkspace Workspace, string State);

[JsonSerializable(typeof(ClonedWorkspace))]
[JsonSerializable(typeof(MemoEntry<List<ToolchainCandidate>>))]
[JsonSerializable(typeof(MemoEntry<CargoWorkspace>))]
[JsonSerializable(typeof(MemoEntry<string>))]
internal sealed partial class MemoJson : JsonSerializerContext;
