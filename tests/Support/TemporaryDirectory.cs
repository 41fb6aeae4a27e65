namespace BpfIncr.Tests.Support;

/// <summary>A directory of a test's own, gone when the test is.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bpfincr-test-").FullName;

    /// <summary>An absolute path below the directory.</summary>
    public string this[string relativePath] => System.IO.Path.Combine(Path, relativePath);

    /// <summary>Writes a file, its directories too, and gives its absolute path.</summary>
    public string Write(string relativePath, string content)
    {
        var path = this[relativePath];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
