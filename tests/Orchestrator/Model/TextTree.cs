using System.Text.RegularExpressions;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>A directory of text files, with what editors, tools and git do to them.</summary>
/// <param name="root">The directory.</param>
internal sealed class TextTree(string root)
{
    private readonly List<SortedDictionary<string, string>> _history = [];

    /// <summary>Notes the present state, to come back to.</summary>
    public void Remember() => _history.Add(new(
        Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith($"{root}/target/", StringComparison.Ordinal))
            .ToDictionary(f => Path.GetRelativePath(root, f), File.ReadAllText), StringComparer.Ordinal));

    public string At(string path) => Path.Combine(root, path);

    /// <summary>One of all files, by its path in the tree.</summary>
    public string AnyFile(int number)
    {
        var files = Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith($"{root}/target/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        return Path.GetRelativePath(root, files[number % files.Count]);
    }

    /// <summary>Writes a file, unless it belongs to the probe that stands for none.</summary>
    public void Write(string path, string content)
    {
        if (path.StartsWith("probes/none", StringComparison.Ordinal))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), content);
    }

    public string Read(string path) => File.Exists(At(path)) ? File.ReadAllText(At(path)) : "";

    public void Remove(string path)
    {
        if (Directory.Exists(At(path)))
            Directory.Delete(At(path), recursive: true);
        else
            File.Delete(At(path));
    }

    /// <summary>Replaces the line that begins so, or adds one.</summary>
    public void Line(string path, string start, Func<string, string> now)
    {
        var lines = Read(path).Split('\n').ToList();
        var at = lines.FindIndex(l => l.StartsWith(start, StringComparison.Ordinal));
        if (at >= 0)
            lines[at] = now(lines[at]);
        else
            lines.Insert(lines.Count - 1, now(start));
        Write(path, string.Join('\n', lines));
    }

    /// <inheritdoc cref="Line(string, string, Func{string, string})"/>
    public void Line(string path, string start, string now) => Line(path, start, _ => now);

    /// <summary>Takes a line out or puts it in, in place of another one about the same dependency.</summary>
    public void Toggle(string path, string line)
    {
        var lines = Read(path).Split('\n').ToList();
        if (!lines.Remove(line))
        {
            if (line.Split(' ') is ["dependency", var name, ..])
                lines.RemoveAll(l => l.Split(' ') is ["dependency", var other, ..] && other == name);
            lines.Insert(lines.Count - 1, line);
        }
        Write(path, string.Join('\n', lines));
    }

    /// <summary>Gives a file another time, and leaves what is in it.</summary>
    public void Touch(string path, int number)
    {
        if (File.Exists(At(path)))
            File.SetLastWriteTimeUtc(At(path), number % 3 == 0 ? DateTime.UtcNow.AddDays(-number - 1) : DateTime.UtcNow.AddSeconds(number % 3));
    }

    /// <summary>As an unpacked archive or a restored backup does: other content of the same size under the same time.</summary>
    public void EditUnderItsTime(string name, int number)
    {
        var path = At(name);
        if (!File.Exists(path))
            return;
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, Regex.Replace(File.ReadAllText(path), @"(?<=^(fn|inline) \w+ )\d", $"{number % 10}", RegexOptions.Multiline));
        File.SetLastWriteTimeUtc(path, time);
    }

    /// <summary>Goes back to a state that was noted.</summary>
    public void Restore(int number)
    {
        var state = _history[number % _history.Count];
        foreach (var file in Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith($"{root}/target/", StringComparison.Ordinal)))
            if (!state.ContainsKey(Path.GetRelativePath(root, file)))
                File.Delete(file);
        foreach (var (path, content) in state)
            if (Read(path) != content || !File.Exists(At(path)))
                Write(path, content);
        // As git does: a directory without files is none.
        foreach (var directory in Directory.GetDirectories(root, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length))
            if (!directory.StartsWith($"{root}/target", StringComparison.Ordinal) && !Directory.EnumerateFileSystemEntries(directory).Any() && Path.GetFileName(directory) != "probes")
                Directory.Delete(directory);
    }
}
