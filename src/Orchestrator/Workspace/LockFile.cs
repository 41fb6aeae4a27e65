using System.Collections.Immutable;
using Tomlyn.Model;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>What two versions of a <c>Cargo.lock</c> resolve differently.</summary>
internal static class LockFile
{
    /// <summary>
    /// The names of the packages that may be others than before: those whose entry (version, source, checksum,
    /// dependencies) differs, and all that a registry or git package with another entry depends on, because it may ask
    /// for other features there. Null when it cannot be told.
    /// </summary>
    /// <param name="before">The text then; null when there was no lock file, and any version may have been used.</param>
    /// <param name="now">The text now.</param>
    public static IReadOnlySet<string>? ChangedPackages(string? before, string now)
    {
        if (Read(now) is not var (entries, others))
            return null;
        if (before is null)
            return entries.Where(e => e.HasSource).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        if (Read(before) is not var (entriesBefore, othersBefore) || others != othersBefore)
            return null;
        var same = entries.Select(e => e.Text).Intersect(entriesBefore.Select(e => e.Text)).ToHashSet(StringComparer.Ordinal);
        var different = entries.Concat(entriesBefore).Where(e => !same.Contains(e.Text)).ToList();
        var changed = different.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        var dependencies = entries.Concat(entriesBefore).ToLookup(e => e.Name, e => e.Dependencies);
        var queue = new Queue<string>(different.Where(e => e.HasSource).SelectMany(e => e.Dependencies));
        while (queue.TryDequeue(out var name))
            if (changed.Add(name))
                foreach (var further in dependencies[name].SelectMany(d => d))
                    queue.Enqueue(further);
        return changed;
    }

    // The file's own version says nothing of the packages; old ones keep checksums outside the entries.
    private static (List<Entry> Entries, string Others)? Read(string text)
    {
        if (TomlText.Parse(text) is not { } table)
            return null;
        var packages = table.TryGetValue("package", out var value) && value is TomlTableArray array ? array.Select(p => new Entry(p)).ToList() : [];
        table.Remove("package");
        table.Remove("version");
        return (packages, TomlText.Render(table));
    }

    private sealed class Entry(TomlTable package)
    {
        public string Name { get; } = package.TryGetValue("name", out var name) ? $"{name}" : "";

        public bool HasSource { get; } = package.ContainsKey("source");

        public string Text { get; } = TomlText.Render(package);

        // "name", "name version" or "name version (source)".
        public ImmutableArray<string> Dependencies { get; } = [.. TomlText.Strings(package, "dependencies").Select(d => d.Split(' ')[0])];
    }
}
