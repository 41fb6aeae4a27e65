using System.Runtime.CompilerServices;

namespace BpfIncr.Orchestrator.Tests.Architecture;

/// <summary>The sources that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file below a directory, without what builds generate; paths relative to the root.</summary>
    public static IEnumerable<string> Sources(string directory) => Directory
        .EnumerateFiles(Path.Combine(Root, directory), "*.cs", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Root, f))
        .Where(f => !f.Split('/').Intersect(["obj", "bin"]).Any())
        .Order(StringComparer.Ordinal);

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var directory = Path.GetDirectoryName(here);
        while (directory is not null && !File.Exists(Path.Combine(directory, "BpfIncr.sln")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException($"no BpfIncr.sln above {here}");
    }
}
