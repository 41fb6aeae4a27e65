using System.Collections.Concurrent;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>Libraries that stand between a program and the C library (<c>LD_PRELOAD</c>), and tell it something else than the system does.</summary>
internal static class Interposed
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Libraries = new(StringComparer.Ordinal);

    /// <summary>The variable that puts a library in its place.</summary>
    /// <param name="name">The name of its source beside this file, without <c>.c</c>.</param>
    public static (string Name, string Value) By(string name) =>
        ("LD_PRELOAD", Libraries.GetOrAdd(name, n => new Lazy<string>(() => Compile(n))).Value);

    // Beside the tests; another process of theirs may be doing the same.
    private static string Compile(string name)
    {
        var library = Path.Combine(AppContext.BaseDirectory, $"{name}.so");
        var made = $"{library}.{Environment.ProcessId}";
        var source = Path.Combine(Repository.Root, "tests/EndToEnd/Support", $"{name}.c");
        Tool.Do("clang", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", made, source);
        File.Move(made, library, overwrite: true);
        return library;
    }
}
