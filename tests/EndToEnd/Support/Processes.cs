using System.Diagnostics;
using System.Globalization;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>Other processes, as the system shows them.</summary>
internal static class Processes
{
    /// <summary>The processes that one has started and that have not ended.</summary>
    public static IReadOnlyList<int> ChildrenOf(int process) =>
        [.. All().Where(p => StatusOf(p) is [_, var parent, ..] && parent == process.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The processes that one has started, those that these have started, and so on.</summary>
    public static IReadOnlyList<int> DescendantsOf(int process) =>
        [.. ChildrenOf(process).SelectMany(c => DescendantsOf(c).Prepend(c))];

    /// <summary>The names of the processes with a variable. Children inherit the environment, whatever they are called and wherever they run.</summary>
    public static IReadOnlyList<string> With(string variable, string value) =>
        [.. All().Where(p => Read(p, "environ").Split('\0').Contains($"{variable}={value}")).Select(NameOf)];

    /// <summary>Waits until there is no process with a variable any more.</summary>
    public static void WaitForAll(string variable, string value)
    {
        for (var clock = Stopwatch.StartNew(); With(variable, value).Count > 0 && clock.Elapsed < TimeSpan.FromMinutes(2);)
            Thread.Sleep(50);
        Assert.Empty(With(variable, value));
    }

    /// <summary>The name of a process; empty when it has ended.</summary>
    public static string NameOf(int process) => Read(process, "comm").Trim();

    private static IEnumerable<int> All() => Process.GetProcesses().Select(p => p.Id);

    // The fields behind the name: state, parent, …
    private static string[] StatusOf(int process) => Read(process, "stat") is { Length: > 0 } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : [];

    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to somebody else.
            return "";
        }
    }
}
