namespace BpfIncr.Stages.Rustc;

/// <summary>
/// Small shell scripts that cargo and rustc start in the place of a tool. They lie below cargo's target directory, and are
/// written only when they are not there as they should be: cargo asks rustc anew about itself when one has changed.
/// </summary>
public static class ToolScript
{
    /// <summary>The directory below cargo's target directory that holds them.</summary>
    public const string DirectoryName = "bpfincr-tools";

    /// <summary>Writes a script and gives its path.</summary>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static string Write(string targetDirectory, string name, string text)
    {
        var path = Path.Combine(targetDirectory, DirectoryName, name);
        var script = $"#!/bin/sh\n{text}\n";
        if (!File.Exists(path) || File.ReadAllText(path) != script)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = $"{path}.{Guid.NewGuid():n}";
            File.WriteAllText(temporary, script);
            File.SetUnixFileMode(temporary, (UnixFileMode)0b111_101_101);
            File.Move(temporary, path, overwrite: true);
        }
        return path;
    }

    /// <summary>Words of a command line, for the shell.</summary>
    public static string Quote(IEnumerable<string> words) =>
        string.Join(' ', words.Select(w => $"'{w.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
}
