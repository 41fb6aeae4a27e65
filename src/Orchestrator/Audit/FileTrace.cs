using System.Collections.Immutable;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>What a program did with a file.</summary>
internal enum FileUse
{
    /// <summary>It read it, or ran it.</summary>
    Read,

    /// <summary>It asked for the names in a directory.</summary>
    Listed,

    /// <summary>It looked for it in vain.</summary>
    Missed,

    /// <summary>It made it, or wrote to it.</summary>
    Made,
}

/// <summary>One use of a file.</summary>
/// <param name="Time">When, in microseconds.</param>
/// <param name="Use">What was done.</param>
/// <param name="Path">Its path as it was named.</param>
/// <param name="RealPath">Its path without links, as far as it is known.</param>
/// <param name="Program">Who did it.</param>
internal sealed record FileEvent(long Time, FileUse Use, string Path, string RealPath, TracedProgram Program);

/// <summary>A program that ran.</summary>
/// <param name="File">Its file.</param>
/// <param name="Arguments">Its command line.</param>
/// <param name="Directory">The directory that it was started in.</param>
/// <param name="Parent">Who started it; null for the first.</param>
internal sealed record TracedProgram(string File, ImmutableArray<string> Arguments, string Directory, TracedProgram? Parent);

/// <summary>Reads strace's logs: which program did what with which file.</summary>
internal sealed class FileTrace
{
    /// <summary>The beginning of the logs' names; the number of a thread follows.</summary>
    public const string LogName = "trace";

    private static readonly string[] Making = ["O_CREAT", "O_TRUNC", "O_TMPFILE", "O_WRONLY"];

    // Which argument of a call is the path, and what is done with it when it is there; null when that tells nothing.
    private static readonly Dictionary<string, (int Path, FileUse? Use)> Calls = new(StringComparer.Ordinal)
    {
        ["open"] = (0, null), ["openat"] = (1, null), ["openat2"] = (1, null), ["creat"] = (0, FileUse.Made),
        ["execve"] = (0, FileUse.Read), ["execveat"] = (1, FileUse.Read),
        ["rename"] = (1, FileUse.Made), ["renameat"] = (3, FileUse.Made), ["renameat2"] = (3, FileUse.Made),
        ["link"] = (1, FileUse.Made), ["linkat"] = (3, FileUse.Made), ["symlink"] = (1, FileUse.Made), ["symlinkat"] = (2, FileUse.Made),
        ["mkdir"] = (0, FileUse.Made), ["mkdirat"] = (1, FileUse.Made),
        ["stat"] = (0, null), ["lstat"] = (0, null), ["newfstatat"] = (1, null), ["statx"] = (1, null),
        ["access"] = (0, null), ["faccessat"] = (1, null), ["faccessat2"] = (1, null),
    };

    private readonly Dictionary<string, List<TraceLine>> _logs;
    private readonly List<FileEvent> _events = [];

    private FileTrace(string directory) => _logs = Directory.EnumerateFiles(directory, $"{LogName}.*").ToDictionary(
        f => Path.GetExtension(f)[1..], f => File.ReadLines(f).Select(TraceLine.Parse).OfType<TraceLine>().ToList(), StringComparer.Ordinal);

    /// <summary>Every use of a file in the logs of a directory.</summary>
    public static IReadOnlyList<FileEvent> Read(string directory)
    {
        var trace = new FileTrace(directory);
        var started = trace._logs.Values.SelectMany(l => l).Where(IsStart).Select(l => l.Result).ToHashSet(StringComparer.Ordinal);
        foreach (var (thread, log) in trace._logs.Where(l => !started.Contains(l.Key)))
            trace.Follow(log, null, "/");
        return trace._events;
    }

    private static bool IsStart(TraceLine line) => line.Call is "clone" or "clone3" or "fork" or "vfork";

    private void Follow(List<TraceLine> log, TracedProgram? program, string directory)
    {
        foreach (var line in log)
        {
            // Calls that name their working directory say it most reliably.
            if (line.Arguments.Length > 0 && line.Arguments[0].StartsWith("AT_FDCWD<", StringComparison.Ordinal))
                directory = TraceLine.PathOf(line.Arguments[0]) ?? directory;
            if (line is { Call: "execve", Succeeded: true } && PathIn(line, 0, directory) is { } file)
                program = new TracedProgram(file, TraceLine.ListOf(line.Arguments[1]), directory, program);
            if (program is not null)
                _events.AddRange(UsesIn(line, directory).Select(u => new FileEvent(line.Time, u.Use, u.Path, u.RealPath ?? u.Path, program)));
            if (line is { Call: "chdir", Succeeded: true })
                directory = PathIn(line, 0, directory) ?? directory;
            else if (IsStart(line) && _logs.TryGetValue(line.Result, out var child))
                Follow(child, program, directory);
        }
    }

    private static IEnumerable<(FileUse Use, string Path, string? RealPath)> UsesIn(TraceLine line, string directory)
    {
        if (line.Call is "getdents" or "getdents64")
            return line.Succeeded && TraceLine.PathOf(line.Arguments[0]) is { } listed ? [(FileUse.Listed, listed, listed)] : [];
        if (!Calls.TryGetValue(line.Call, out var call) || PathIn(line, call.Path, directory) is not { } path)
            return [];
        if (line.FoundNothing)
            return [(FileUse.Missed, path, null)];
        if (!line.Succeeded)
            return [];
        return line.Call.StartsWith("open", StringComparison.Ordinal) ? Opened(line, path, string.Join(' ', line.Arguments.Skip(call.Path + 1)))
            : call.Use is { } use ? [(use, path, null)] : [];
    }

    private static IEnumerable<(FileUse, string, string?)> Opened(TraceLine line, string path, string flags)
    {
        var real = TraceLine.PathOf(line.Result);
        if (Making.Any(f => flags.Contains(f, StringComparison.Ordinal)))
            return [(FileUse.Made, path, real)];
        // A directory is read by asking for its names, and O_PATH reads nothing.
        return flags.Contains("O_DIRECTORY", StringComparison.Ordinal) || flags.Contains("O_PATH", StringComparison.Ordinal) ? [] : [(FileUse.Read, path, real)];
    }

    // The path in an argument, from the directory in the argument before it or else from the working directory.
    private static string? PathIn(TraceLine line, int index, string directory)
    {
        if (line.Arguments.Length <= index || TraceLine.TextOf(line.Arguments[index]) is not { Length: > 0 } text)
            return null;
        return Path.GetFullPath(text, index > 0 && TraceLine.PathOf(line.Arguments[index - 1]) is { } from ? from : directory);
    }
}
