using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>
/// The crates that a rustc call can load: those it is given, and those which these use in turn. rustc finds the latter by
/// looking into cargo's directory, so each call leaves a note of its crates beside its outputs, <c>NAME-HASH.crate</c>:
/// the key of the action on the first line, then a crate's path on each.
/// </summary>
internal static class CrateClosure
{
    private const string Extension = ".crate";

    /// <summary>The note of a crate, by its dep-info file.</summary>
    public static string NoteOf(string depInfo) => Path.ChangeExtension(depInfo, Extension);

    /// <summary>The dep-info file of a crate, by what was made of it: <c>NAME-HASH.d</c> beside <c>libNAME-HASH.rlib</c>.</summary>
    public static string DepInfoOf(string crate)
    {
        var file = Path.GetFileNameWithoutExtension(crate);
        return Path.Combine(Path.GetDirectoryName(crate)!, $"{(file.StartsWith("lib", StringComparison.Ordinal) ? file[3..] : file)}.d");
    }

    /// <summary>Writes the note of a call. Others may be reading it: it is whole at any moment, and gone when it cannot be written.</summary>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static void Write(string note, Digest? key, IEnumerable<string> externs)
    {
        var temporary = $"{note}.{Environment.ProcessId}";
        try
        {
            NewFile.Write(temporary, Encoding.UTF8.GetBytes(string.Concat(externs.Prepend(key?.ToString() ?? "").Select(l => $"{l}\n"))));
            File.Move(temporary, note, overwrite: true);
        }
        catch
        {
            // Half of a note would leave crates out of keys, and so would that of an earlier call.
            File.Delete(note);
            throw;
        }
    }

    /// <summary>The key in a note; null when there is none.</summary>
    public static Digest? KeyIn(string note) =>
        File.Exists(note) && Digest.TryParse(File.ReadLines(note).FirstOrDefault() ?? "", out var key) ? key : null;

    /// <summary>Every crate that a call can load; null when one of them was compiled by somebody who left no note.</summary>
    /// <param name="externs">The crates that it is given.</param>
    /// <param name="isLinked">Whether it links, and so needs the code of all.</param>
    public static ImmutableSortedSet<string>? Of(IEnumerable<string> externs, bool isLinked)
    {
        var found = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        var queue = new Queue<string>(externs);
        while (queue.TryDequeue(out var named))
        {
            var path = isLinked && Path.ChangeExtension(named, ".rlib") is var whole && File.Exists(whole) ? whole : named;
            // A proc macro has all that it needs within itself.
            if (!found.Add(path) || Path.GetExtension(path) == ".so")
                continue;
            var note = NoteOf(DepInfoOf(path));
            if (!File.Exists(note))
                return null;
            foreach (var below in File.ReadLines(note).Skip(1))
                queue.Enqueue(below);
        }
        return found.ToImmutable();
    }
}
